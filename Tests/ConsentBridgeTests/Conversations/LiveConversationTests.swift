import BridgeCore
import CurlHTTPClient
import Foundation
import HTTPTypes
import JSON
import Sandbox
import Testing

@testable import Bridge
@testable import consent_bridge

/// The same conversations through `serve`, between the two sandbox platforms, over real sockets.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct LiveConversationTests {
    /// Those whose times the real clock can keep, and in which nothing goes wrong on the way.
    private static let conversations = Conversation.all.filter { conversation in
        let times = conversation.steps.compactMap { $0["at"]?.number?.double }
        let verbs = conversation.steps.flatMap { $0.object?.members.map(\.name) ?? [] }
        // What is sent as it stands may name times of its own.
        let namesTimes = conversation.steps.contains { $0.serializedText().contains("2026-11-") }
        return !conversation.isAnsweredByHand && !namesTimes && !others.contains(conversation.file)
            && times.allSatisfy { abs($0) <= 10 }
            && Set(verbs).isSubset(of: [
                "at", "didomi", "actito", "actito announced", "profile", "send",
            ])
    }

    /// Stories of other people than the model's, or of numbers and names that the sandbox gives
    /// itself.
    private static let others: Set = [
        "bounds.json5", "subject-key.json5", "profile-known-by-number.json5",
        "empty-announcement.json5",
    ]

    @Test(arguments: conversations)
    func `a conversation ends the same through serve`(conversation: Conversation) async throws {
        let start = Timestamp.now() - .seconds(10)
        let memory = try ConversationRun(conversation, start: start)
        let expected = try memory.play()
        #expect(expected == [])
        var options = Rig.Options()
        options.attributes = ["tier", "level"]
        options.text = { didomi, actito, storage in
            var root = try ConversationRun.configurationFile(
                conversation,
                didomi: didomi,
                actito: actito
            )
            root["server"] = ["port": 0]
            root["log"] = ["level": "error"]
            root["storage"] = ["url": .string(storage)]
            return JSONValue.object(root).serializedText()
        }
        try await Rig.run(options) { rig in
            rig.sandbox.setFault(SandboxFault(kind: .webhooksOff), on: .didomi)
            rig.sandbox.setFault(SandboxFault(kind: .webhooksOff), on: .actito)
            try await Self.play(memory.happenings, on: rig)
            let wanted = memory.bridge.requests
                .map { ConversationRun.text(of: $0.send.request, to: $0.platform.rawValue) }
                .sorted()
            try await rig.wait(until: { Self.calls(on: rig) == wanted })
            rig.terminate()
            #expect(Self.calls(on: rig) == wanted)
            Self.compare(rig.sandbox.state(of: .actito), with: memory.platforms.profile)
        }
    }

    private static func play(
        _ happenings: [ConversationRun.Happening],
        on rig: Rig
    ) async throws {
        // The person has a profile unless the conversation says otherwise.
        if case .profile(nil)? = happenings.first {} else { try set("SmsAlerts", true, on: rig) }
        for happening in happenings {
            switch happening {
            case .profile(let profile):
                for member in profile?.members ?? [] {
                    try set(member.name, member.value, on: rig)
                }
            case .choice(let fields):
                for member in fields.members {
                    try rig.sandbox.act(
                        on: .didomi,
                        key: ConversationRun.key,
                        field: member.name,
                        value: member.value.bool
                    )
                }
            case .webhook(let body, let platform, let event):
                let path =
                    "/webhooks/\(platform.rawValue)/default"
                    + (platform == .actito ? event.map { "/\($0)" } ?? "" : "")
                let answer = try await rig.request("POST", path, body.serializedText())
                #expect(answer.status == 200)
                try await rig.quiet()
            }
        }
    }

    private static func set(_ name: String, _ value: JSONValue, on rig: Rig) throws {
        guard let value = value.truth else { return }
        let isAttribute = name == "marketingConsent"
        try rig.sandbox.act(
            on: .actito,
            key: ConversationRun.key,
            field: "\(isAttribute ? "attribute" : "subscription"):\(name)",
            value: value
        )
    }

    /// What the bridge asked of both platforms, without log-ins.
    private static func calls(on rig: Rig) -> [String] {
        [SandboxPlatform.actito, .didomi].flatMap { platform in
            rig.calls(to: platform).compactMap { call -> String? in
                guard let path = call["path"]?.string, let method = call["method"]?.string,
                    path.contains("/profiles/")
                        || path.contains("/profiles")
                            && method == "PUT"
                        || path.contains("/consents/")
                else { return nil }
                let request = PlatformRequest(
                    method: HTTPRequest.Method(rawValue: method) ?? .get,
                    url: path,
                    body: (call["body"] ?? .null).serialized()
                )
                return ConversationRun.text(of: request, to: platform.rawValue)
            }
        }.sorted()
    }

    /// Every value that the model's profile holds stands in the sandbox's.
    private static func compare(_ state: JSONValue, with profile: JSONObject?) {
        let person = state["people"]?[ConversationRun.key]
        guard let profile else {
            #expect(person == nil)
            return
        }
        for member in profile.members where member.name != "firstName" {
            let value =
                person?["fields"]?["subscription:\(member.name)"]
                ?? person?["attributes"]?[member.name]
            #expect(value == (member.value.truth.map(JSONValue.bool) ?? member.value))
        }
    }
}

extension Rig {
    /// Waits for a condition.
    func wait(until isReached: () -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < deadline {
            if isReached() { return }
            _ = try await request("GET", "/health/live", "", hasSecret: false)
        }
    }

    /// Waits until nothing waits for a decision or a call.
    func quiet() async throws {
        let deadline = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < deadline {
            let text = try await send("GET", adminURL + "/metrics", "", [:]).body
            let backlogs = String(decoding: text, as: UTF8.self).split(separator: "\n")
                .filter { $0.hasPrefix("consent_bridge_backlog{") }
            if !backlogs.isEmpty, backlogs.allSatisfy({ $0.hasSuffix(" 0") }) { return }
        }
    }
}

extension JSONValue {
    /// The yes or no that one of Actito's ways to write it means; nil: none.
    fileprivate var truth: Bool? {
        switch self {
        case true, "true", 1, "1": true
        case false, "false", 0, "0", "N": false
        default: self["subscribe"]?.bool
        }
    }
}
