import Bridge
import CurlHTTPClient
import Foundation
import HTTPTypes
import JSON
import Sandbox
import Synchronization
import Testing

/// The acts of a run that must leave no trace of anybody.
final class LeakRun {
    private let rig: Rig
    /// What the bridge answered to requests that it refused.
    private(set) var answers: [String] = []
    /// What was sent to it by hand.
    private(set) var sent: [String] = []
    /// Tokens that the bridge gave out, and how those of the platforms begin.
    private(set) var tokens = ["eyJhbGciOi", "AAAA", "%2B"]

    init(rig: Rig) {
        self.rig = rig
    }

    /// People choose on both platforms, in each direction.
    func choose() async throws {
        let claire = LeakSample.claire
        let members = LeakSample.metadata.map { JSONObject.Member(name: $0.0, value: $0.1) }
        try rig.sandbox.act(
            on: .didomi,
            key: claire,
            field: "channel:email",
            value: true,
            metadata: JSONObject(uniqueMembers: members)
        )
        sent += LeakSample.metadata.compactMap(\.1.string)
        try await subscribed(claire, true)
        try rig.sandbox.act(on: .actito, key: claire, field: Rig.newsletter, value: false)
        try await consented(claire, false)
        // Profile and consent events are read before it counts.
        try rig.sandbox.act(on: .actito, key: LeakSample.omar, field: Rig.newsletter, value: true)
        try await consented(LeakSample.omar, true)
        let nobody = #"{"data": {"profileId": "987654321098", "Newsletter": "false"}}"#
        try await taken("/webhooks/actito", nobody)
        let event = """
            {"type": "event.created", "parameters": {"entity": {"id": "event-of-claire",
             "organization_id": "acme-media", "created_at": "2026-01-02T03:04:05.000Z",
             "user": {"id": "didomi-user-of-claire", "organization_user_id": "\(claire)"},
             "consents": {"channels": [{"id": "email", "enabled": false}]}}}}
            """
        try await taken("/webhooks/didomi", event)
        try await taken("/webhooks/didomi", event)
    }

    func chooseAgain() async throws {
        try rig.sandbox.act(on: .actito, key: LeakSample.omar, field: Rig.newsletter, value: false)
        try await consented(LeakSample.omar, false)
    }

    private func subscribed(_ key: String, _ value: Bool) async throws {
        _ = try await rig.person(key, at: .actito) { $0["fields"]?[Rig.newsletter] == .bool(value) }
    }

    private func consented(_ key: String, _ value: Bool) async throws {
        _ = try await rig.person(key, at: .didomi) {
            $0["fields"]?["channel:email"] == .bool(value)
        }
    }

    static let statuses = [400, 401, 403, 404, 409, 422, 429, 500, 503]

    /// Both platforms refuse with answers that repeat what they were sent, or do not answer.
    func failPlatforms() async throws {
        for status in Self.statuses {
            let key = LeakSample.unlucky(status)
            for platform in SandboxPlatform.allCases {
                rig.sandbox.setFault(SandboxFault(kind: .echo, status: status), on: platform)
            }
            try rig.sandbox.act(on: .actito, key: key, field: Rig.newsletter, value: false)
            try await failed("didomi", with: status)
            try rig.sandbox.act(on: .didomi, key: key, field: "channel:email", value: true)
            try await failed("actito", with: status)
            for platform in SandboxPlatform.allCases { rig.sandbox.clearFaults(on: platform) }
        }
        let silent = LeakSample.unlucky(0)
        rig.sandbox.setFault(SandboxFault(kind: .dropAnswer, count: 1), on: .didomi)
        try rig.sandbox.act(on: .actito, key: silent, field: Rig.newsletter, value: false)
        try await consented(silent, false)
    }

    private func failed(_ platform: String, with status: Int) async throws {
        try await rig.log("\(status) of \(platform)") { log in
            log.split(separator: "\n").contains { line in
                (line.contains(#""http_status":\#(status),"#)
                    && line.contains(#""platform":"\#(platform)""#))
                    || (line.contains(" http_status=\(status) ")
                        && line.contains(" platform=\(platform) "))
            }
        }
    }

    /// Webhooks that the bridge does not take, or cannot use, with people in every part.
    func refuse() async throws {
        let claire = LeakSample.claire
        let escaped = "claire.dupontel%40example.com"
        for body in [
            #"{"data": {"emailAddress": "\#(claire)" "Newsletter": false}}"#, "\"\(claire)\"",
            "{\"\(claire)\": \"\(claire)\", \"\(claire)\": 1}", claire, "",
            String(repeating: "[\"\(claire)\",", count: 70), "{\"a\": \"\(claire)\u{0}\"}",
        ] {
            try await refused("/webhooks/didomi", body)
            try await refused("/webhooks/actito", body)
        }
        let withdrawal = #"{"data": {"emailAddress": "\#(claire)", "Newsletter": "false"}}"#
        try await refused("/webhooks/actito/\(escaped)", withdrawal)
        try await refused("/webhooks/\(escaped)", withdrawal)
        try await refused("/\(escaped)?\(escaped)", withdrawal)
        try await refused("/webhooks/actito", withdrawal, secret: LeakSample.wrongSesame)
        try await refused("/webhooks/didomi", withdrawal, method: "PUT")
        try await refused("/webhooks/didomi", withdrawal, [(.contentEncoding, claire)])
        try await refused(
            "/webhooks/didomi",
            withdrawal,
            [(.authorization, "Bearer \(LeakSample.wrongSesame)"), (.traceparent, claire)],
            secret: claire
        )
        // Taken, with a person in the place of a type, an id and a trace.
        try await taken("/webhooks/actito/default/\(escaped)", withdrawal)
        try await taken("/webhooks/actito?event=\(escaped)", withdrawal)
        try await taken("/webhooks/didomi", #"{"type": "\#(claire)", "id": "\#(claire)"}"#)
        try await taken("/webhooks/actito", #"{"eventType": "\#(claire)", "data": "\#(claire)"}"#)
        try sendRaw("GET /\(String(repeating: claire, count: 3_000)) HTTP/1.1")
        try sendRaw("GET / HTTP/1.1\r\nHost: x\r\nX-\(claire): \(LeakSample.wrongSesame)")
    }

    private func taken(_ path: String, _ body: String) async throws {
        sent.append(body)
        let answer = try await rig.request("POST", path, body)
        #expect(answer.status == 200)
    }

    private func refused(
        _ path: String,
        _ body: String,
        _ headers: [(HTTPField.Name, String)] = [],
        secret: String = "open-sesame",
        method: String = "POST"
    ) async throws {
        var fields: HTTPFields = [:]
        fields[try #require(HTTPField.Name("X-Webhook-Secret"))] = secret
        fields[.requestID] = LeakSample.claire
        for (name, value) in headers { fields[name] = value }
        sent.append(body)
        let answer = try await rig.request(method, path, body, fields)
        #expect(answer.status >= 400, "\(path)")
        answers.append(answer.shown)
    }

    /// Sends a head that no HTTP client would.
    private func sendRaw(_ head: String) throws {
        let port = try #require(rig.url.split(separator: ":").last)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-c", "exec 3<>/dev/tcp/127.0.0.1/\(port); cat >&3; cat <&3"]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        input.fileHandleForWriting.write(Data("\(head)\r\n\r\n".utf8))
        try input.fileHandleForWriting.close()
        let answer = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect(!answer.isEmpty)
        answers.append(String(decoding: answer, as: UTF8.self))
    }

    func askForTokens() async throws {
        let form = "grant_type=client_credentials&client_id=didomi&client_secret="
        let right = try await rig.request(
            "POST",
            "/oauth/token",
            form + LeakSample.clientSecret,
            [:]
        )
        let token = try #require(try JSONValue(parsing: right.body)["access_token"]?.string)
        tokens.append(token)
        let bearer: HTTPFields = [.authorization: "Bearer \(token)"]
        #expect(try await rig.request("POST", "/webhooks/didomi", "{}", bearer).status == 200)
        for (body, authorization) in [
            (form + LeakSample.wrongClientSecret, ""), (LeakSample.clientSecret, ""),
            (#"{"client_id": "didomi", "client_secret": "\#(LeakSample.clientSecret)", "#, ""),
            ("grant_type=\(LeakSample.clientSecret)&x=\(LeakSample.claire)", ""),
            (
                "",
                "Basic \(Data("didomi:\(LeakSample.wrongClientSecret)".utf8).base64EncodedString())"
            ),
        ] {
            let headers: HTTPFields = [.authorization: authorization]
            let answer = try await rig.request("POST", "/oauth/token", body, headers)
            #expect(answer.status >= 400)
            answers.append(answer.shown)
        }
    }

    /// Operators ask for people, and what they may not, or cannot, do.
    func operate() async throws {
        let escaped = "claire.dupontel%40example.com"
        let search = #"{"key": "\#(LeakSample.claire)"}"#
        let known = try await ask("POST", "/subjects/search", search, as: LeakSample.adminToken)
        #expect(known == 200)
        #expect(try await ask("GET", "/subjects/\(escaped)", as: LeakSample.viewerToken) == 200)
        let reason = #"{"reason": "\#(LeakSample.claire) asked for it"}"#
        for token in [LeakSample.wrongToken, LeakSample.viewerToken, LeakSample.adminToken] {
            for (method, path, body) in [
                ("DELETE", "/subjects/\(escaped)", ""), ("GET", "/\(escaped)", ""),
                ("POST", "/deliveries/999999/discard", reason),
                ("POST", "/deliveries/\(escaped)/discard", reason),
                ("POST", "/deliveries/1/discard", #"{"\#(LeakSample.claire)": 1}"#),
                ("POST", "/subjects/link", #"{"old": "\#(LeakSample.claire)", "new": 5}"#),
                ("POST", "/subjects/search", #"{"key": "\#(LeakSample.claire)", "#),
                ("GET", "/deliveries?state=\(escaped)&\(escaped)=\(escaped)", ""),
                ("GET", "/inbox?cursor=\(escaped)", ""),
                ("POST", "/preview", #"{"from": "\#(LeakSample.claire)", "payload": 1}"#),
            ] {
                #expect(try await ask(method, path, body, as: token) >= 400, "\(method) \(path)")
            }
        }
    }

    private func ask(
        _ method: String,
        _ path: String,
        _ body: String = "",
        as token: String
    ) async throws -> Int {
        let headers: HTTPFields = [.authorization: "Bearer \(token)"]
        let answer = try await rig.request(method, "/api/v1\(path)", body, headers)
        if answer.status >= 400 { answers.append(answer.shown) }
        return answer.status
    }

    /// Configurations with a secret at a wrong place.
    func reloadWrongly() async throws {
        let good = try String(contentsOf: rig.configurationFile, encoding: .utf8)
        let secret = LeakSample.typedWrongly
        let wrong = [
            (#""authentication": {"#, #""authentication": {"key": "\#(secret)", "#),
            (#""private_api_key": ""#, #""private_api_key:" "\#(secret)"#),
            (#""api_secret": "#, #""api_secret": ["\#(secret)"], "x": "#),
            (#""level": "trace""#, #""level": "\#(secret)""#),
            (#""values": ["older-sesame","#, #""values": ["\#(secret)" "older-sesame","#),
        ]
        for (number, (part, change)) in wrong.enumerated() {
            try rig.reload { _ in good.replacingOccurrences(of: part, with: change) }
            try await rig.log("the bridge goes on as before", times: number + 1)
        }
        try rig.reload { _ in good }
        try await rig.log("configuration reloaded")
    }

    /// What can be read of the bridge.
    func pages() async throws -> [String] {
        var pages: [String] = []
        for path in ["/metrics", "/health", "/health/live"] {
            pages.append(try await rig.request("GET", path, "", hasSecret: false).shown)
        }
        return pages
    }

    /// What a trap prints; the signal comes from outside, so the process would go on afterwards.
    func crash() async throws {
        rig.send(SIGTRAP)
        try await rig.log("the end of a backtrace") { $0.contains("Backtrace took") }
        rig.kill()
    }

    /// The search is worth something only if there was something to write.
    func expectEverythingHappened(in log: String) {
        for part in [
            "webhook received", "delivery attempted", "session prepared", "entry decided",
            "attributes left out", "libmicrohttpd reports", "configuration reloaded", "duplicate",
            "refused", "other", "Backtrace took",
        ] {
            #expect(log.contains(part), "\(part) is not in the log")
        }
        #expect(!log.contains("Registers:"))
    }
}

extension ClientResponse {
    /// Head and body as text.
    fileprivate var shown: String {
        headers.map { "\($0.name): \($0.value)" }.joined(separator: "\n")
            + String(decoding: body, as: UTF8.self)
    }
}
