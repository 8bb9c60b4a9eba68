import BridgeCore
import Foundation
import HTTPTypes
import JSON
import Storage

@testable import Bridge
@testable import consent_bridge

/// Plays a conversation: steps in, and at the end what it has come to.
final class ConversationRun {
    struct Wrong: Error, CustomStringConvertible {
        let description: String
    }

    /// Something that reached the bridge or a platform from outside, in its order.
    enum Happening {
        case webhook(JSONValue, from: PlatformName, event: String?)
        case profile(JSONObject?)
        case choice(JSONObject)
    }

    /// The moment of `at: 0`; payloads that are sent as they are name times after the usual one.
    let start: Timestamp
    static let usualStart = Timestamp(milliseconds: 1_795_000_000_000)
    static let key = "ann@example.com"

    let conversation: Conversation
    let bridge: ConversationBridge
    var platforms = ModelPlatforms(key: key)
    /// Entries of the webhooks in their order; nil: a repetition.
    private var entries: [InboxID?] = []
    var happenings: [Happening] = []
    /// What operators' wishes came to, in their order.
    var results: [OperationResult] = []
    /// Writes whose answer was lost before they took effect, oldest first.
    private var late: [ConversationBridge.Call] = []

    init(_ conversation: Conversation, start: Timestamp = usualStart) throws {
        self.conversation = conversation
        self.start = start
        bridge = try ConversationBridge(
            try Self.configuration(conversation),
            at: start - .seconds(3_600)
        )
        platforms.profile = JSONObject()
        if !conversation.isAnsweredByHand {
            bridge.answer = { [unowned self] call in .reply(platforms.answer(call.send.request)) }
        }
    }

    /// The differences from what was expected, each named; empty: none.
    func play() throws -> [String] {
        for (index, step) in conversation.steps.enumerated() {
            do {
                try bridge.advance(to: moment(step["at"]) ?? bridge.now)
                try take(step)
                try checkConservation()
            } catch let wrong as Wrong {
                return ["step \(index + 1): \(wrong)"]
            }
        }
        return try conversation.then.members.compactMap { expected in
            let found = try self.found(expected.name, expected.value)
            return found == expected.value
                ? nil
                : "\(expected.name): \(found.serializedText()), "
                    + "not \(expected.value.serializedText())"
        }
    }

    /// Rule S12: at every moment.
    private func checkConservation() throws {
        let ledger = try bridge.store.ledger()
        guard ledger.inboxDifference == 0, ledger.deliveriesDifference == 0 else {
            throw Wrong(description: "the sums differ: \(ledger)")
        }
    }

    func moment(_ value: JSONValue?) -> Timestamp? {
        value?.number?.double.map { start + .seconds($0) }
    }

    func receive(_ body: JSONValue, from platform: PlatformName, event: String? = nil) throws {
        happenings.append(.webhook(body, from: platform, event: event))
        entries.append(try bridge.receive(body, from: platform, event: event))
    }

    /// Answers the oldest call to a platform as a step says it.
    func answer(_ platform: PlatformName, with how: JSONValue?) throws {
        let isAnswered = try bridge.finish(platform) { call in
            switch how {
            case nil, true: return .reply(platforms.answer(call.send.request))
            case "lost after its effect":
                _ = platforms.answer(call.send.request)
                return .failed(mayHaveArrived: true)
            case "lost":
                late.append(call)
                return .failed(mayHaveArrived: true)
            case "unreachable": return .failed(mayHaveArrived: false)
            default:
                let status = how?.number?.integer.map { Int($0) } ?? 0
                return .reply(PlatformReply(status: status))
            }
        }
        if !isAnswered { throw Wrong(description: "no call to \(platform.rawValue) is on its way") }
    }

    /// A write whose answer was lost takes effect only now.
    func takeEffectLate() throws {
        guard !late.isEmpty else { throw Wrong(description: "no write has been lost") }
        _ = platforms.answer(late.removeFirst().send.request)
    }

    private func found(_ what: String, _ expected: JSONValue) throws -> JSONValue {
        switch what {
        case "outcomes": .array(try entries.map { .string(try outcome(of: $0)) })
        case "calls": .array(bridge.requests.map { .string(Self.text(of: $0)) })
        case "waiting": .array(bridge.inFlight.map { .string(Self.text(of: $0)) })
        case "deliveries": .array(try deliveries())
        case "actito":
            platforms.profile.map { .object(members(like: expected, of: { $0 }, $0)) } ?? .null
        case "didomi":
            .object(
                members(like: expected, of: { $0 }, JSONObject()) {
                    self.platforms.didomiValue(of: $0)
                }
            )
        case "register": try register(expected)
        case "operator": .array(results.map { .string($0.words) })
        default: throw Wrong(description: "\"\(what)\" is nothing that can be expected")
        }
    }

    /// The members that an expectation names; null for one that is not there.
    private func members(
        like expected: JSONValue,
        of: (String) -> String,
        _ object: JSONObject,
        _ value: ((String) -> JSONValue?)? = nil
    ) -> JSONObject {
        JSONObject(
            uniqueMembers: (expected.object?.members ?? []).map { member in
                .init(name: member.name, value: value?(member.name) ?? object[member.name] ?? .null)
            }
        )
    }
}

extension ConversationRun {
    /// One text for each change of an entry: `applied`, `ignored/stale`, `pending`.
    private func outcome(of entry: InboxID?) throws -> String {
        guard let entry else { return "ignored/duplicate" }
        return try bridge.store.changes(of: entry).map { change in
            guard let outcome = change.outcome else { return "pending" }
            return ([outcome.label] + [outcome.reason].compactMap(\.self)).joined(separator: "/")
        }.joined(separator: ", ")
    }

    private func register(_ expected: JSONValue) throws -> JSONValue {
        let key = SnapshotKey(
            integration: IntegrationName("default"),
            subject: .key(SubjectKey(Self.key))
        )
        let fields = try bridge.store.snapshots(of: [key])[key]?.fields ?? [:]
        return .object(
            JSONObject(
                uniqueMembers: (expected.object?.members ?? []).map { member in
                    let choice = Field(name: member.name).flatMap { fields[$0]?.register?.choice }
                    return .init(
                        name: member.name,
                        value: choice.map { .string($0.rawValue) } ?? .null
                    )
                }
            )
        )
    }

    /// `grant delivered`, in the order of their making.
    private func deliveries() throws -> [JSONValue] {
        var found: [JSONValue] = []
        var number: Int64 = 1
        while let delivery = try bridge.store.delivery(DeliveryID(number)) {
            found.append(.string("\(delivery.kind.rawValue) \(delivery.state.label)"))
            number += 1
        }
        return found
    }

    /// A request in words: `actito Newsletter=true`, `didomi channel:email=false`, `actito read`.
    private static func text(of call: ConversationBridge.Call) -> String {
        text(of: call.send.request, to: call.platform.rawValue)
    }

    static func text(of request: PlatformRequest, to platform: String) -> String {
        let body = try? JSONValue(parsing: request.body)
        switch request.method {
        case .get where request.url.contains("/consents/users"): return "\(platform) users"
        case .get where request.url.contains("/consents/events/"): return "\(platform) event"
        case .get where request.url.contains("/consents/events"): return "\(platform) events"
        case .get: return "\(platform) read"
        default: break
        }
        var parts: [String] = []
        for list in ["attributes", "subscriptions"] {
            for member in body?[list]?.object?.members ?? [] where member.name != "emailAddress" {
                parts.append("\(member.name)=\(member.value.serializedText())")
            }
        }
        for (list, kind) in [("channels", "channel"), ("purposes", "purpose")] {
            for choice in body?["consents"]?[list]?.array ?? [] {
                let value = choice["enabled"]?.serializedText() ?? "?"
                parts.append("\(kind):\(choice["id"]?.string ?? "")=\(value)")
            }
        }
        let verb = request.method == .put ? "creates " : ""
        let user = body?["user"]?["id"]?.string.map { " for \($0)" } ?? ""
        let number = request.url.split(separator: "/").last.flatMap { Int($0) }
        let profile = platform == "actito" ? number.map { " at \($0)" } ?? "" : ""
        return "\(platform) \(verb)\(parts.sorted().joined(separator: " "))\(user)\(profile)"
    }

    private static func configuration(_ conversation: Conversation) throws -> Configuration {
        let file = FileManager.default.temporaryDirectory
            .appending(path: "conversation-\(UUID().uuidString).json5")
        defer { try? FileManager.default.removeItem(at: file) }
        let root = try configurationFile(
            conversation,
            didomi: "https://didomi.example.com",
            actito: "https://actito.example.com"
        )
        try Data(JSONValue.object(root).serialized()).write(to: file)
        return try loadConfiguration(path: file.path, environment: [:])
    }

    /// The configuration of a conversation, with the platforms at these addresses.
    static func configurationFile(
        _ conversation: Conversation,
        didomi: String,
        actito: String
    ) throws -> JSONObject {
        var integration =
            try JSONDocument(
                parsing: """
                    {
                      type_id: "actito", authentication: { private_api_key: "k" },
                      properties: { entity_id: "meadow", table_name: "Readers", table_id: "16",
                        user_unique_key: "emailAddress", api_url: "\(actito)" },
                      mappings: [
                        { id: "Newsletter", value: "consents_channels_email_enabled" },
                        { id: "Offers", value: "consents_purposes_offers_enabled" },
                      ],
                      didomi: { api_url: "\(didomi)/v1", organization_id: "meadow",
                        api_key: "a", api_secret: "b" },
                    }
                    """,
                dialect: .json5
            ).root.value.object ?? JSONObject()
        for member in conversation.bridge.members {
            integration[member.name] = member.value.isNull ? nil : member.value
        }
        var root = conversation.root
        root["integrations"] = [.object(integration)]
        return root
    }
}
