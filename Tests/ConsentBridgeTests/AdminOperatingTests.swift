import Foundation
import GRDB
import HTTPTypes
import JSON
import Sandbox
import Testing

/// What operators change through the admin API of `serve`, and what it refuses.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct AdminOperatingTests {
    private static let person = "ann@example.com"

    @Test func `a dead grant that is retried arrives, and who did it is kept`() async throws {
        var options = Rig.Options()
        options.server = Rig.tokens
        try await Rig.run(options) { rig in
            let id = try await rig.makeDeadGrant(Self.person, token: "operator-token")
            rig.breakActito(nil)
            let name = try #require(HTTPField.Name("X-Consent-Bridge-User"))
            let retry = try await rig.api(
                "POST",
                "/v1/deliveries/\(id)/retry",
                nil,
                token: "operator-token",
                [name: "jo"]
            )
            #expect(retry.status == 202 && retry.body == ["retried": 1])
            let delivered = try await rig.delivery(id, "delivered", token: "operator-token")
            #expect(delivered["requests"]?.array?.map { $0["status"] } == [400, 200])
            _ = try await rig.person(Self.person, at: .actito) {
                $0["fields"]?[Rig.newsletter] == true
            }
            let again = try await rig.api(
                "POST",
                "/v1/deliveries/\(id)/retry",
                token: "operator-token"
            )
            #expect(again.status == 409)
            #expect(again.problem?.contains("delivered") == true)
            let actions = try await rig.items("/v1/actions", token: "operator-token")
            #expect(actions.count == 1)
            #expect(actions[0]["actor"] == "operator (jo)" && actions[0]["action"] == "retry")
            #expect(actions[0]["delivery"]?.string == id)
            #expect(actions[0]["subject"]?.string == Self.person)
            try await rig.isConserved("operator-token")
        }
    }

    @Test func `a discarded delivery is not tried again, with the reason kept`() async throws {
        try await Rig.run { rig in
            let id = try await rig.makeDeadGrant(Self.person)
            rig.breakActito(nil)
            let calls = rig.calls(to: .actito).count
            let discard = try await rig.api(
                "POST",
                "/v1/deliveries/\(id)/discard",
                ["reason": "a test of ours"]
            )
            #expect(discard.status == 200 && discard.body == ["discarded": 1])
            #expect(try await rig.api("GET", "/v1/deliveries/\(id)").body["state"] == "discarded")
            for action in ["retry", "discard"] {
                let path = "/v1/deliveries/\(id)/\(action)"
                let again = try await rig.api("POST", path, ["reason": "again"])
                #expect(again.status == 409, "\(action)")
            }
            let retried = try await rig.api("POST", "/v1/deliveries/retry")
            #expect(retried.body == ["retried": 0])
            let actions = try await rig.items("/v1/actions")
            #expect(actions.map { $0["action"] } == ["discard"])
            #expect(actions[0]["reason"] == "a test of ours" && actions[0]["actor"] == "loopback")
            #expect(rig.calls(to: .actito).count == calls)
            // Her next choice is delivered.
            try await rig.choose(false, Self.person)
            _ = try await rig.person(Self.person, at: .actito) {
                $0["fields"]?[Rig.newsletter] == false
            }
            try await rig.isConserved()
        }
    }

    @Test func `everything that matches is retried, and nothing else`() async throws {
        var options = Rig.Options()
        options.delivery = #""max_attempts": 1,"#
        try await Rig.run(options) { rig in
            _ = try await rig.makeDeadGrant("ann@example.com")
            // A withdrawal that is overdue, and a grant that failed too often.
            try rig.makeProfile("bo@example.com")
            try await rig.choose(false, "bo@example.com")
            try await rig.items("/v1/deliveries?state=overdue", count: 1)
            rig.breakActito(503)
            try rig.makeProfile("cy@example.com")
            try await rig.choose(true, "cy@example.com")
            // Overdue ones stand among the dead.
            try await rig.items("/v1/deliveries?state=dead", count: 3)
            rig.breakActito(nil)
            func retried(_ filter: JSONValue) async throws -> JSONValue? {
                try await rig.api("POST", "/v1/deliveries/retry", filter).body["retried"]
            }
            #expect(try await retried(["platform": "didomi"]) == 0)
            #expect(try await retried(["reason": "conflict"]) == 0)
            #expect(try await retried(["since": "2100-01-01T00:00:00Z"]) == 0)
            #expect(try await retried(["subject": "nobody"]) == 0)
            #expect(try await retried(["reason": "attempts_exhausted", "since": "1h"]) == 1)
            _ = try await rig.person("cy@example.com", at: .actito) {
                $0["fields"]?[Rig.newsletter] == true
            }
            #expect(try await rig.items("/v1/deliveries?state=dead").count == 2)
            #expect(try await retried([:]) == 2)
            for (name, isOn) in [("ann", true), ("bo", false)] {
                _ = try await rig.person("\(name)@example.com", at: .actito) {
                    $0["fields"]?[Rig.newsletter] == .bool(isOn)
                }
            }
            try await rig.items("/v1/deliveries?state=dead", count: 0)
            try await rig.isConserved()
        }
    }

    @Test func `keys are joined, and a webhook of the old key counts for the new one`()
        async throws
    {
        try await Rig.run { rig in
            rig.silencePlatforms()
            try rig.makeProfile("new@example.com")
            try await rig.choose(false, "old@example.com")
            try await rig.items("/v1/deliveries?state=skipped", count: 1)
            let keys: JSONValue = ["old": "old@example.com", "new": "new@example.com"]
            let link = try await rig.api("POST", "/v1/subjects/link", keys)
            #expect(link.status == 200 && link.body == ["linked": 1], "\(link.text)")
            #expect(try await rig.api("POST", "/v1/subjects/link", keys).status == 409)
            _ = try await rig.person("new@example.com", at: .actito) {
                $0["fields"]?[Rig.newsletter] == false
            }
            try await rig.choose(true, "old@example.com")
            try await rig.idle()
            // Asked for by either key it is one story, from its beginning.
            let report = try #require(try await rig.items("/v1/subjects/new%40example.com").first)
            #expect(report["joined_keys"] == ["old@example.com"])
            #expect(
                report["history"]?.array?.map { $0["value"] } == ["denied", "denied", "granted"]
            )
            let states = Set(report["deliveries"]?.array?.compactMap { $0["state"]?.string } ?? [])
            #expect(states.isSuperset(of: ["skipped", "delivered"]))
            let sought = try await rig.items("/v1/subjects/old%40example.com")
            #expect(sought == [report])
            try await rig.isConserved()
        }
    }

    // MARK: Refusals

    private static let long = String(repeating: "x", count: 400)

    private static let wrong: [(method: String, path: String, body: String, status: Int)] = [
        ("GET", "/v1/inbox?limit=0", "", 400), ("GET", "/v1/inbox?limit=501", "", 400),
        ("GET", "/v1/inbox?limit=1.5", "", 400), ("GET", "/v1/inbox?limit=%2B5", "", 400),
        ("GET", "/v1/inbox?limit=05", "", 400), ("GET", "/v1/inbox?limit=", "", 400),
        ("GET", "/v1/inbox?cursor=x", "", 400), ("GET", "/v1/inbox?cursor=-1", "", 400),
        ("GET", "/v1/inbox?cursor=99999999999999999999", "", 400),
        ("GET", "/v1/inbox?state=delivered", "", 400), ("GET", "/v1/inbox?page=2", "", 400),
        ("GET", "/v1/inbox?state=waiting&state=applied", "", 400),
        ("GET", "/v1/deliveries?state=lost", "", 400),
        ("GET", "/v1/deliveries?since=yesterday", "", 400),
        ("GET", "/v1/deliveries?platform=mars", "", 400), ("GET", "/v1/inbox/1?x=1", "", 400),
        ("GET", "/v1/deliveries?since=%2B5m", "", 400),
        ("POST", "/v1/subjects/search", "", 400), ("POST", "/v1/subjects/search", "{}", 400),
        ("POST", "/v1/subjects/search", #"{"key": 5}"#, 400),
        ("POST", "/v1/subjects/search", #"{"key": "a", "x": 1}"#, 400),
        ("POST", "/v1/deliveries/1/discard", "", 400),
        ("POST", "/v1/deliveries/1/discard", "{}", 400),
        ("POST", "/v1/deliveries/1/discard", #"{"reason": " \n\t "}"#, 400),
        ("POST", "/v1/deliveries/1/discard", #"{"reason": "\#(long)\#(long)\#(long)"}"#, 400),
        ("POST", "/v1/deliveries/1/discard", #"{"reason": "a""#, 400),
        ("POST", "/v1/deliveries/retry", "[]", 400),
        ("POST", "/v1/deliveries/retry", #"{"state": "gone"}"#, 400),
        ("POST", "/v1/deliveries/retry", #"{"limit": "5"}"#, 400),
        ("POST", "/v1/subjects/link", #"{"old": "a"}"#, 400),
        ("POST", "/v1/subjects/link", #"{"old": "a", "new": " "}"#, 400),
        ("POST", "/v1/subjects/link", #"{"old": "a", "new": "b", "integration": "c"}"#, 404),
        ("POST", "/v1/subjects/link", #"{"old": "a", "new": "\#(long)"}"#, 400),
        ("POST", "/v1/subjects/link", #"{"old": "a", "new": "b", "x": null}"#, 400),
        ("POST", "/v1/preview", #"{"from": "mars", "payload": {}}"#, 400),
        ("POST", "/v1/preview", #"{"from": "didomi", "payload": "x"}"#, 400),
        ("POST", "/v1/preview", #"{"from": "didomi", "payload": {}, "integration": "c"}"#, 404),
        ("GET", "/v1/inbox/7", "", 404), ("GET", "/v1/inbox/07", "", 404),
        ("GET", "/v1/inbox/x", "", 404), ("GET", "/v1/deliveries/0", "", 404),
        ("GET", "/v1/deliveries/99999999999999999999", "", 404),
        ("POST", "/v1/deliveries/7/retry", "", 404), ("GET", "/v1/nothing", "", 404),
        ("GET", "/v1", "", 404), ("GET", "/v2/status", "", 404), ("GET", "/v1/status/", "", 404),
        ("POST", "/v1/subjects/link", #"{"old": "a", "new": "b"}"#, 404),
        ("POST", "/v1/status", "", 405), ("DELETE", "/v1/inbox", "", 405),
        ("GET", "/v1/deliveries/retry", "", 405), ("PUT", "/v1/deliveries/1/retry", "", 405),
        ("GET", "/v1/subjects/search", "", 405), ("HEAD", "/v1/status", "", 405),
        ("POST", "/openapi.json", "", 405),
    ]

    @Test func `what cannot be done is a problem that says why`() async throws {
        try await Rig.run { rig in
            for (method, path, body, status) in Self.wrong {
                let answer = try await rig.api(method, path, text: body)
                #expect(answer.status == status, "\(method) \(path) \(body): \(answer.text)")
                if method != "HEAD" { #expect(answer.problem?.isEmpty == false, "\(path)") }
                if status == 405 {
                    let allowed = answer.headers[.allow]
                    #expect(["GET", "POST"].contains(allowed), "\(path)")
                    #expect(allowed != method)
                }
            }
            #expect(try await rig.api("GET", "/v1/status").body["conservation_difference"] == 0)
            #expect(try await rig.items("/v1/actions").isEmpty)
        }
    }

    @Test func `a storage that cannot be read is said to be, and the bridge goes on`()
        async throws
    {
        try await Rig.run { rig in
            #expect(try await rig.items("/v1/actions").isEmpty)
            var configuration = Configuration()
            configuration.busyMode = .timeout(10)
            let other = try DatabaseQueue(path: rig.databaseFile, configuration: configuration)
            try await other.write {
                try $0.execute(sql: "ALTER TABLE operator_actions RENAME TO x")
            }
            let broken = try await rig.api("GET", "/v1/actions")
            #expect(broken.status == 503 && broken.problem != nil)
            #expect(broken.headers[.retryAfter] != nil)
            #expect(!broken.text.contains("operator_actions"))
            #expect(try await rig.api("GET", "/v1/status").status == 200)
            try await other.write {
                try $0.execute(sql: "ALTER TABLE x RENAME TO operator_actions")
            }
            try other.close()
            #expect(try await rig.items("/v1/actions").isEmpty)
        }
    }
}

extension Rig {
    /// Nothing was lost or counted twice (rule S12).
    func isConserved(_ token: String? = nil) async throws {
        let status = try await api("GET", "/v1/status", token: token).body
        #expect(status["conservation_difference"] == 0)
    }
}
