import CurlHTTPClient
import Foundation
import JSON
import Sandbox
import Testing

/// `status`, `deliveries` and `subject` as processes, beside a running bridge.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct OperatingCommandTests {
    /// Runs a command against the bridge of a rig.
    private static func run(
        _ rig: Rig,
        _ arguments: String...,
        token: String = "operator-token"
    ) throws -> Program.Ending {
        try Program.run(
            arguments,
            environment: [
                "CONSENT_BRIDGE_URL": rig.url, "CONSENT_BRIDGE_TOKEN": token, "USER": "jo",
            ]
        )
    }

    private static func withRig(_ test: (Rig) async throws -> Void) async throws {
        var options = Rig.Options()
        options.server = Rig.tokens
        try await Rig.run(options) { rig in
            rig.silencePlatforms()
            try await test(rig)
        }
    }

    @Test func `status ends with 0, 1 or 69, as all is well, not well, or silent`() async throws {
        try await Self.withRig { rig in
            let well = try Self.run(rig, "status")
            #expect(well.status == 0, "\(well.errors)")
            #expect(well.output.hasPrefix("Health pass, up "))
            #expect(well.errors.isEmpty)
            rig.breakActito(403)
            try await rig.choose(false, "ann@example.com")
            var ending = try Self.run(rig, "status")
            while ending.status == 0 { ending = try Self.run(rig, "status") }
            #expect(ending.status == 1)
            #expect(ending.output.hasPrefix("Health warn"))
            #expect(ending.output.contains("actito    open (configuration)"))
            #expect(ending.output.contains("`check --online`"))
            let refused = try Self.run(rig, "status", token: "wrong")
            #expect(refused.status == 1 && refused.output.isEmpty)
            #expect(refused.errors.contains("CONSENT_BRIDGE_TOKEN"))
            rig.terminate()
            let silent = try Self.run(rig, "status")
            #expect(silent.status == 69 && silent.output.isEmpty)
            #expect(silent.errors.contains("no bridge answers at \(rig.url)"))
        }
    }

    @Test func `deliveries are listed, shown, retried and discarded`() async throws {
        try await Self.withRig { rig in
            let id = try await rig.makeDeadGrant("ann@example.com", token: "operator-token")
            let list = try Self.run(rig, "deliveries", "list", "--state", "dead")
            #expect(list.status == 0)
            let lines = list.output.split(separator: "\n")
            #expect(lines.count == 2)
            #expect(lines[1].contains("dead: refused") && lines[1].hasSuffix("ann@example.com"))
            #expect(
                try Self.run(rig, "deliveries", "list").output.split(separator: "\n").count == 3
            )
            let none = try Self.run(rig, "deliveries", "list", "--platform", "didomi")
            #expect(none.status == 0 && none.output == "No delivery matches.\n")
            let show = try Self.run(rig, "deliveries", "show", id)
            #expect(show.status == 0)
            #expect(show.output.contains("400, refused") && show.output.contains("PATCH http"))
            #expect(show.output.contains(#"{"subscriptions":{"Newsletter":true}}"#))

            rig.breakActito(nil)
            let retry = try Self.run(rig, "deliveries", "retry", id)
            #expect(retry.status == 0 && retry.output == "1 retried\n", "\(retry.errors)")
            _ = try await rig.delivery(id, "delivered", token: "operator-token")
            // What can be done is done, and the rest is named.
            rig.breakActito(400)
            try await rig.choose(false, "ann@example.com")
            let overdue = try await rig.items(
                "/v1/deliveries?state=overdue",
                count: 1,
                token: "operator-token"
            )
            let next = try #require(overdue[0]["id"]?.string)
            let discard = try Self.run(
                rig,
                "deliveries",
                "discard",
                id,
                next,
                "777",
                "--reason",
                "a test"
            )
            #expect(discard.status == 1 && discard.output == "1 discarded\n")
            #expect(discard.errors.contains("delivery \(id): The delivery is delivered"))
            #expect(discard.errors.contains("delivery 777: There is no such delivery."))
            _ = try await rig.delivery(next, "discarded", token: "operator-token")
            let actions = try await rig.items("/v1/actions", token: "operator-token")
            #expect(actions.map { $0["actor"] } == ["operator (jo)", "operator (jo)"])
            #expect(actions.map { $0["reason"] } == ["a test", .null])
        }
    }

    @Test func `a person's story is shown, exported and joined`() async throws {
        try await Self.withRig { rig in
            try rig.makeProfile("ann@example.com")
            try await rig.choose(true, "ann@example.com", metadata: ["language": "FR"])
            try await rig.idle("operator-token")
            let show = try Self.run(rig, "subject", "show", " ann@example.com ")
            #expect(show.status == 0, "\(show.errors)")
            #expect(show.output.hasPrefix("ann@example.com, integration default"))
            #expect(show.output.contains("didomi told: channel:email granted"))
            #expect(show.output.contains("sent: grant to actito, delivery 1, on entry 1"))
            #expect(show.output.contains("answer 200, accepted"))
            let nobody = try Self.run(rig, "subject", "show", "nobody@example.com")
            #expect(nobody.status == 1 && nobody.errors == "Nobody with that key is known.\n")

            let link = try Self.run(rig, "subject", "link", "ann@example.com", "an@example.com")
            #expect(link.status == 0 && link.output == "linked\n", "\(link.errors)")
            let again = try Self.run(rig, "subject", "link", "ann@example.com", "an@example.com")
            #expect(again.status == 1 && again.errors.contains("same person already"))
            let joined = try Self.run(rig, "subject", "show", "ann@example.com")
            #expect(joined.output.hasPrefix("an@example.com, integration default"))
            #expect(joined.output.contains("joined with ann@example.com"))
            #expect(joined.output.contains("didomi told: channel:email granted"))

            // Whatever key is given, and however it is written, everything is there.
            let export = try Self.run(rig, "subject", "export", " ann@example.com")
            #expect(export.status == 0)
            let exported = try JSONValue(parsing: Array(export.output.utf8))
            #expect(exported["items"]?.array?.count == 1)
            let inbox = try #require(exported["inbox"]?.array)
            #expect(inbox.count == 1)
            let user = inbox[0]["payload"]?["parameters"]?["entity"]?["user"]
            #expect(user?["organization_user_id"] == "ann@example.com")
            #expect(user?["metadata"] == ["language": "FR"])
        }
    }

    @Test func `an export says nothing of the other people in a bulk webhook`() async throws {
        try await Self.withRig { rig in
            let body: JSONValue = .array(
                ["ann", "bo"].map { name in
                    [
                        "eventType": "UPDATED_SUBSCRIPTION",
                        "data": [
                            "emailAddress": .string("\(name)@example.com"), "Newsletter": false,
                        ],
                    ]
                }
            )
            let path = "/webhooks/actito/default"
            #expect(try await rig.request("POST", path, body.serializedText()).status == 200)
            try await rig.idle("operator-token")
            let export = try Self.run(rig, "subject", "export", "ann@example.com")
            #expect(export.output.contains("ann@example.com"))
            #expect(!export.output.contains("bo@example.com"))
        }
    }

    @Test func `with --json each command prints what the API answers`() async throws {
        try await Self.withRig { rig in
            let id = try await rig.makeDeadGrant("ann@example.com", token: "operator-token")
            func json(_ arguments: [String]) throws -> JSONValue {
                let ending = try Program.run(
                    arguments + ["--json", "--url", rig.url],
                    environment: ["CONSENT_BRIDGE_TOKEN": "operator-token"]
                )
                #expect(ending.errors.isEmpty)
                return try JSONValue(parsing: Array(ending.output.utf8))
            }
            func api(_ path: String, _ body: JSONValue? = nil) async throws -> JSONValue {
                try await rig.api(body == nil ? "GET" : "POST", path, body, token: "operator-token")
                    .body
            }
            let list = try json(["deliveries", "list", "--limit", "1"])
            #expect(try await list == api("/v1/deliveries?limit=1"))
            #expect(list["next"] != .null)
            #expect(
                try await json(["deliveries", "list", "--state", "dead", "--since", "1h"])
                    == api("/v1/deliveries?state=dead&since=1h")
            )
            #expect(try await json(["deliveries", "show", id]) == api("/v1/deliveries/\(id)"))
            #expect(
                try await json(["subject", "show", "ann@example.com"])
                    == api("/v1/subjects/search", ["key": "ann@example.com"])
            )
            var status = try #require(try json(["status"]).object)
            var expected = try #require(try await api("/v1/status").object)
            status["uptime_seconds"] = nil
            expected["uptime_seconds"] = nil
            #expect(status == expected)
            #expect(
                try json(["deliveries", "discard", id, "--reason", "a test"]) == ["discarded": 1]
            )
            #expect(try json(["deliveries", "retry", "--all"]) == ["retried": 0])
        }
    }

    @Test func `the configuration names the address and the token`() async throws {
        try await Self.withRig { rig in
            let file = try rig.configurationWithPort()
            let named = try Program.run(["status", "--config", file])
            #expect(named.status == 0, "\(named.errors)")
            let inherited = try Program.run(
                ["deliveries", "list"],
                environment: ["CONSENT_BRIDGE_CONFIG": file]
            )
            #expect(inherited.status == 0, "\(inherited.errors)")
            let missing = try Program.run(["status", "--config", "/nowhere.json5"])
            #expect(missing.status == 78)
        }
    }
}

extension Rig {
    /// The configuration with the port that the bridge has, in a file beside it.
    func configurationWithPort() throws -> String {
        let port = url.split(separator: ":").last ?? ""
        let text = try String(contentsOf: configurationFile, encoding: .utf8)
        let file = configurationFile.deletingLastPathComponent().appending(path: "here.json5")
        try text.replacing(#""port": 0"#, with: #""port": \#(port)"#)
            .write(to: file, atomically: true, encoding: .utf8)
        return file.path
    }
}
