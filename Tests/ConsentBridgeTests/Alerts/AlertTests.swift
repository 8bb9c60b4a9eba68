import Bridge
import BridgeCore
import CurlHTTPClient
import Foundation
import JSON
import Sandbox
import Testing

/// Alerts to `alerts.webhook_url`, and the rules that say the same to a Prometheus.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct AlertTests {
    @Test
    func `what begins and what ends is posted once each, again if it was not taken`()
        async throws
    {
        let receiver = try AlertReceiver(answering: [503])
        var options = Rig.Options()
        options.top = """
            "alerts": {"webhook_url": "\(receiver.url)", "withdrawal_after_seconds": 1},
            """
        options.delivery =
            #""breaker": {"failures": 2, "probe_seconds": 2}, "max_delay_seconds": 2"#
        try await Rig.run(options) { rig in
            rig.sandbox.setFault(SandboxFault(kind: .status, status: 503), on: .actito)
            for number in 1...3 {
                let answer = try await rig.withdrawAtDidomi("ann\(number)@example.com", number)
                #expect(answer.status == 200)
            }
            let begun = await receiver.next(3)
            // The first was refused, so it comes twice.
            #expect(begun.map { $0["status"] } == ["firing", "firing", "firing"])
            #expect(begun[0] == begun[1])
            for message in begun {
                #expect(message["about"] == "actito")
                #expect(message["severity"] == "critical")
                #expect(message["action"]?.string?.isEmpty == false)
                #expect(!message.serializedText().contains("example.com"))
            }
            try await rig.log("alerts cannot be posted")
            rig.sandbox.clearFaults(on: .actito)
            let ended = await receiver.next(2)
            #expect(ended.map { $0["status"] } == ["resolved", "resolved"])
            // Each ends in its own look, and with the time at which it began.
            func alerts(_ messages: some Sequence<JSONValue>) -> Set<[JSONValue?]> {
                Set(messages.map { [$0["alert"], $0["since"]] })
            }
            #expect(alerts(ended) == alerts(begun))
            #expect(Set(ended.map { $0["alert"] }) == ["withdrawal_late", "breaker_open"])
        }
        await receiver.stop()
    }

    @Test
    func `a receiver that never answers holds up neither webhooks nor the end`() async throws {
        var options = Rig.Options()
        // Connects, and then nobody reads.
        let silent = try SilentServer()
        options.top = """
            "alerts": {"webhook_url": "\(silent.url)"}, "brake": {"max_people": 1},
            """
        try await Rig.run(options) { rig in
            for key in ["di@example.com", "ed@example.com"] {
                try rig.sandbox.act(on: .actito, key: key, field: Rig.newsletter, value: true)
            }
            await silent.connected()
            #expect(try await rig.withdrawAtDidomi("fay@example.com", 9).status == 200)
            #expect(rig.terminate() == 0)
        }
        silent.stop()
    }

    @Test
    func `the rules for Prometheus say the same as the bridge`() throws {
        let rules = try Promtool.rules().components(separatedBy: "- alert: ").dropFirst()
        for kind in AlertKind.allCases {
            let words = kind.rawValue.split(separator: "_").map(\.capitalized)
            let name = "ConsentBridge" + words.joined()
            let rule = try #require(rules.first { $0.hasPrefix(name + "\n") }, "\(name)")
            let action = kind.action.replacingOccurrences(of: "'", with: "''")
            let patience = Int(kind.patience.seconds)
            let lines = [
                "severity: \(kind.severity.rawValue)\n", "action: '\(action)'\n",
                "runbook: '\(kind.runbook)'\n",
            ]
            for line in lines { #expect(rule.contains(line), "\(name): \(line)") }
            switch patience {
            case 0: #expect(!rule.contains("for: "), "\(name)")
            case ..<60: #expect(rule.contains("for: \(patience)s\n"), "\(name)")
            default: #expect(rule.contains("for: \(patience / 60)m\n"), "\(name)")
            }
        }
        let page = try String(
            contentsOf: ConfigurationCase.root.appending(path: "docs/operating.md"),
            encoding: .utf8
        )
        let sections = page.split(separator: "\n").filter { $0.hasPrefix("## ") }.map(Self.anchor)
        for rule in rules {
            let start = try #require(rule.range(of: "docs/operating.md#")?.upperBound)
            let section = String(rule[start...].prefix { $0 != "'" })
            #expect(sections.contains(section), "\(section)")
        }
        // A bridge that is down cannot tell.
        #expect(rules.count == AlertKind.allCases.count + 1)
    }

    /// What a heading's link is called where Markdown is shown.
    private static func anchor(_ heading: Substring) -> String {
        heading.dropFirst(3).lowercased().filter { $0.isLetter || $0.isNumber || " -".contains($0) }
            .replacingOccurrences(of: " ", with: "-")
    }
}

extension Rig {
    /// Sends a webhook of Didomi about somebody's withdrawal.
    func withdrawAtDidomi(_ key: String, _ number: Int) async throws -> ClientResponse {
        let body = """
            {"type": "event.created", "regulation": "gdpr", "parameters": {"entity": {
              "id": "event-\(number)", "created_at": "2026-11-24T00:00:00Z", "status": "confirmed",
              "user": {"id": "user-\(number)", "organization_user_id": "\(key)"},
              "consents": {"channels": [{"id": "email", "enabled": false}]}}}}
            """
        return try await request("POST", "/webhooks/didomi", body)
    }
}
