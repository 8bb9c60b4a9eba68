import Bridge
import CurlHTTPClient
import HTTPTypes
import JSON
import Sandbox
import Testing

/// From a webhook to the request that comes of it, by what both are found by.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct FollowTests {
    private static let trace = "0af7651916cd43dd8448eb211c80319c"
    private static let traceparent = "00-\(trace)-b7ad6b7169203331-01"

    private static var options: Rig.Options {
        var options = Rig.Options()
        options.log = #"{"level": "debug"}"#
        return options
    }

    /// Sends a withdrawal at Actito with these headers; the answer's request id.
    private static func withdraw(
        _ key: String,
        _ rig: Rig,
        _ headers: [(String, String)] = [],
        from subscription: String = "Newsletter"
    ) async throws -> String {
        try await tell("false", key, rig, headers, of: subscription)
    }

    private static func tell(
        _ value: String,
        _ key: String,
        _ rig: Rig,
        _ headers: [(String, String)],
        of subscription: String = "Newsletter"
    ) async throws -> String {
        let body = """
            {"eventType": "UPDATED_SUBSCRIPTION", "fields": ["\(subscription)"],
             "data": {"emailAddress": "\(key)", "\(subscription)": "\(value)"}}
            """
        var fields: HTTPFields = [:]
        for (name, value) in [("X-Webhook-Secret", "open-sesame")] + headers {
            fields.append(HTTPField(name: try #require(HTTPField.Name(name)), value: value))
        }
        let answer = try await rig.request("POST", "/webhooks/actito", body, fields)
        #expect(answer.status == 200)
        return try #require(answer.headers[.requestID])
    }

    /// The first consent event that Didomi got for a person.
    private static func write(to key: String, _ rig: Rig) async throws -> JSONValue {
        _ = try await rig.person(key, at: .didomi) { $0["fields"]?["channel:email"] == false }
        return try #require(
            rig.writes(to: .didomi).last {
                $0["body"]?["user"]?["organization_user_id"]?.string == key
            }
        )
    }

    @Test
    func `a sender's request id and trace go with the platform's request`() async throws {
        try await Rig.run(Self.options) { rig in
            let id = try await Self.withdraw(
                "ann@example.com",
                rig,
                [("X-Request-Id", "shop-4711"), ("traceparent", Self.traceparent)]
            )
            #expect(id == "shop-4711")
            let write = try await Self.write(to: "ann@example.com", rig)
            #expect(write["request_id"] == "shop-4711")
            let sent = try #require(write["traceparent"]?.string)
            #expect(sent.hasPrefix("00-\(Self.trace)-") && sent.hasSuffix("-01"))
            #expect(sent != Self.traceparent)
            let line = try await rig.line("delivery attempted") { $0["request_id"] == "shop-4711" }
            #expect(line["trace_id"]?.string == Self.trace)
            #expect(line["http_status"] == 200 && line["kind"] == "withdrawal")
            let decided = try await rig.line("entry decided") { $0["request_id"] == "shop-4711" }
            #expect(decided["outcomes"] == ["applied"])
            #expect(line["entries"] == [decided["entry"] ?? .null])
        }
    }

    @Test
    func `reads that a webhook makes necessary, and what they lead to, have its id and trace`()
        async throws
    {
        try await Rig.run(Self.options) { rig in
            let key = "ann@example.com"
            rig.sandbox.setFault(SandboxFault(kind: .webhooksOff), on: .actito)
            try rig.sandbox.act(on: .actito, key: key, field: Rig.newsletter, value: true)
            let headers = [("X-Request-Id", "shop-4711"), ("traceparent", Self.traceparent)]
            _ = try await Self.tell("true", key, rig, headers)
            _ = try await rig.person(key, at: .didomi) { $0["fields"]?["channel:email"] == true }
            let calls = (rig.calls(to: .actito) + rig.calls(to: .didomi))
                .filter { $0["request_id"] == "shop-4711" }
            // The profile, the consent events, and the event that is made.
            #expect(calls.map { $0["method"] } == ["GET", "GET", "POST"])
            #expect(calls.allSatisfy { $0["traceparent"]?.string?.contains(Self.trace) == true })
            #expect(Set(calls.map { $0["traceparent"] }).count == 3)
        }
    }

    @Test
    func `without them, or with others than sane ones, a request id is made`() async throws {
        try await Rig.run(Self.options) { rig in
            var ids = [try await Self.withdraw("ann@example.com", rig)]
            for (index, id) in ["ben@example.com", "a b", "a,b", String(repeating: "x", count: 65)]
                .enumerated()
            {
                ids.append(
                    try await Self.withdraw(
                        "person-\(index)@example.com",
                        rig,
                        [("X-Request-Id", id), ("traceparent", Self.traceparent + "-")]
                    )
                )
                #expect(ids.last != id)
            }
            ids.append(
                try await Self.withdraw(
                    "twice@example.com",
                    rig,
                    [("X-Request-Id", "one"), ("X-Request-Id", "two")]
                )
            )
            #expect(Set(ids).count == 6 && !ids.contains("one") && !ids.contains("two"))
            let write = try await Self.write(to: "ann@example.com", rig)
            #expect(write["request_id"]?.string == ids[0])
            let other = try await Self.write(to: "person-0@example.com", rig)
            #expect(other["request_id"]?.string == ids[1])
            #expect(other["traceparent"] == .null)
            // A request for a token comes of no webhook and has an id of its own.
            let session = rig.calls(to: .didomi).first { $0["path"] == "/v1/sessions" }
            let own = try #require(session?["request_id"]?.string)
            #expect(!ids.contains(own))
            _ = try await rig.line("session prepared") { $0["request_id"]?.string == own }
        }
    }

    @Test
    func `each webhook has one line, whatever became of it`() async throws {
        try await Rig.run(Self.options) { rig in
            let body =
                #"{"id": "once", "eventType": "UPDATED", "data": {"emailAddress": "a@example.com"}}"#
            let id = try #require(HTTPField.Name("X-Request-Id"))
            let secret = try #require(HTTPField.Name("X-Webhook-Secret"))
            let cases: [(name: String, path: String, body: String, HTTPFields)] = [
                ("taken", "/webhooks/actito", body, [secret: "open-sesame"]),
                ("again", "/webhooks/actito/default", body, [secret: "open-sesame"]),
                ("stranger", "/webhooks/actito", body, [secret: "open"]),
                ("nowhere", "/webhooks/didomi/other", body, [secret: "open-sesame"]),
                ("broken", "/webhooks/didomi", "{", [secret: "open-sesame"]),
                ("scalar", "/webhooks/didomi", "5", [secret: "open-sesame"]),
            ]
            for (name, path, body, headers) in cases {
                var headers = headers
                headers[id] = name
                let answer = try await rig.request("POST", path, body, headers)
                #expect(answer.headers[id] == name)
            }
            let expected: [(String, status: String, http: Int64, integrations: JSONValue)] = [
                ("taken", "accepted", 200, ["default"]), ("again", "duplicate", 200, ["default"]),
                ("stranger", "refused", 401, []), ("nowhere", "refused", 404, []),
                ("broken", "refused", 400, ["default"]), ("scalar", "refused", 422, ["default"]),
            ]
            for (name, status, http, integrations) in expected {
                let line = try await rig.line("webhook received") {
                    $0["request_id"]?.string == name
                }
                #expect(line["status"]?.string == status, "\(name)")
                #expect(line["http_status"]?.number?.integer == http, "\(name)")
                #expect(line["integrations"] == integrations, "\(name)")
                #expect((line["entry"] == nil) == (status == "refused"), "\(name)")
                #expect(line["level"] == (status == "refused" ? "warning" : "info"), "\(name)")
            }
            let taken = try await rig.line("webhook received") { $0["request_id"] == "taken" }
            #expect(taken["type"] == "UPDATED" && taken["platform"] == "actito")
            #expect(taken["bytes"]?.number?.integer == Int64(body.utf8.count))
            #expect(taken["milliseconds"]?.number?.integer != nil)
            #expect(try rig.lines("webhook received").count == cases.count)
        }
    }

    @Test
    func `an id outlives a kill, and of several webhooks the newest one's is sent`() async throws {
        var options = Self.options
        options.mappings += #", {"id": "SmsAlerts", "value": "consents_channels_sms_enabled"}"#
        try await Rig.run(options) { rig in
            rig.sandbox.setFault(SandboxFault(kind: .status, status: 503), on: .didomi)
            let key = "ann@example.com"
            for (id, subscription) in [("first", "Newsletter"), ("second", "SmsAlerts")] {
                let headers = [("X-Request-Id", id), ("traceparent", Self.traceparent)]
                _ = try await Self.withdraw(key, rig, headers, from: subscription)
            }
            // Decided, so that both are evidence of the one write.
            _ = try await rig.line("entry decided") { $0["request_id"] == "second" }
            rig.kill()
            rig.sandbox.clearFaults(on: .didomi)
            try await rig.restart()
            let write = try await Self.write(to: key, rig)
            #expect(write["body"]?["consents"]?["channels"]?.array?.count == 2)
            #expect(write["request_id"] == "second")
            #expect(write["traceparent"]?.string?.contains(Self.trace) == true)
        }
    }

    @Test
    func `above info no line of a webhook is written`() async throws {
        try await Rig.run { rig in
            _ = try await Self.withdraw("ann@example.com", rig)
            _ = try await Self.write(to: "ann@example.com", rig)
            #expect(rig.terminate() == 0)
            #expect(try rig.logText().isEmpty)
        }
    }
}
