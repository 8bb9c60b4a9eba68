import BridgeCore
import Foundation
import JSON
import Sandbox
import Testing

/// The commands on the storage alone, and what they do on a terminal.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct OperatingOfflineTests {
    /// A bridge that is stopped, with its storage, and the configuration's file.
    private static func withStoppedRig(
        _ test: (Rig, String) async throws -> Void
    ) async throws {
        try await Rig.run { rig in
            rig.silencePlatforms()
            let file = try rig.configurationWithPort()
            #expect(rig.terminate() == 0)
            try await test(rig, file)
        }
    }

    @Test func `without a bridge the storage alone is asked and changed, and the next start sends`()
        async throws
    {
        try await Rig.run { rig in
            let id = try await rig.makeDeadGrant("ann@example.com")
            try await rig.choose(false, "bo@example.com")
            try rig.makeProfile("bo@example.com")
            try await rig.items("/v1/deliveries?state=overdue", count: 1)
            let file = try rig.configurationWithPort()
            rig.terminate()
            func run(_ arguments: String...) throws -> Program.Ending {
                try Program.run(arguments + ["--config", file], environment: ["USER": "jo"])
            }
            let status = try run("status")
            #expect(status.status == 1)
            #expect(status.output.hasPrefix("Health fail, not running"))
            #expect(status.output.contains("1 overdue, 1 dead"))
            #expect(status.errors.contains("using the storage alone"))
            #expect(try run("deliveries", "list", "--state", "dead").output.contains("refused"))
            #expect(try run("subject", "show", "ann@example.com").status == 0)
            let retry = try run("deliveries", "retry", id)
            #expect(retry.status == 0 && retry.output == "1 retried\n", "\(retry.errors)")
            #expect(try run("deliveries", "show", id).output.contains("waiting"))
            #expect(try run("deliveries", "retry", "--all").output == "2 retried\n")
            rig.breakActito(nil)
            let calls = rig.calls(to: .actito).count
            try await rig.restart()
            for (name, isOn) in [("ann", true), ("bo", false)] {
                _ = try await rig.person("\(name)@example.com", at: .actito) {
                    $0["fields"]?[Rig.newsletter] == .bool(isOn)
                }
            }
            try await rig.idle()
            #expect(try await rig.api("GET", "/v1/deliveries/\(id)").body["state"] == "delivered")
            // A log-in, the table, and each write once.
            #expect(rig.calls(to: .actito).count == calls + 4)
            let actors = try await rig.items("/v1/actions").map { $0["actor"] }
            #expect(actors == ["storage (jo)", "storage (jo)", "storage (jo)"])
        }
    }

    @Test func `while a bridge holds the storage it is not opened beside it`() async throws {
        try await Rig.run { rig in
            // The configuration says another port than the bridge has.
            let text = try String(contentsOf: rig.configurationFile, encoding: .utf8)
            let file = rig.configurationFile.deletingLastPathComponent().appending(
                path: "other.json5"
            )
            try text.replacing(#""port": 0"#, with: #""port": 1"#)
                .write(to: file, atomically: true, encoding: .utf8)
            let ending = try Program.run(["status", "--config", file.path])
            #expect(ending.status == 69 && ending.output.isEmpty)
            #expect(ending.errors.contains("no bridge answers at http://127.0.0.1:1"))
            #expect(ending.errors.contains("another process"))
        }
    }

    @Test func `everything that matches is retried, not a page`() async throws {
        try await Self.withStoppedRig { rig, file in
            try StoredPeople(450).write(to: rig.databaseFile)
            let some = try Program.run(
                ["deliveries", "retry", "--all", "--reason", "conflict", "--config", file]
            )
            #expect(some.output == "0 retried\n")
            // On the storage alone, and then through the bridge.
            let before = ["--since", "2026-11-18T11:06:50Z"]
            let recent = try Program.run(
                ["deliveries", "retry", "--all", "--config", file] + before
            )
            #expect(recent.status == 0 && recent.output == "\(450 - 100) retried\n")
            try await rig.restart()
            let rest = try Program.run(
                ["deliveries", "retry", "--all", "--state", "dead", "--url", rig.url]
            )
            #expect(rest.status == 0 && rest.output == "100 retried\n", "\(rest.errors)")
            let status = try await rig.api("GET", "/v1/status").body
            #expect(status["deliveries"]?["dead"] == 0)
            #expect(status["conservation_difference"] == 0)
            #expect(try await rig.allItems("/v1/actions?", limit: 500).count == 450)
            let list = try Program.run(["deliveries", "list", "--all", "--url", rig.url])
            #expect(list.output.split(separator: "\n").count == 451)
        }
    }

    // MARK: Terminals

    @Test func `on a terminal tables fit it and have colours, in a pipe neither`() async throws {
        try await Self.withStoppedRig { rig, _ in
            var people = StoredPeople(30)
            people.state = { $0.isMultiple(of: 2) ? .dead(.attemptsExhausted) : .held(.conflict) }
            try people.write(to: rig.databaseFile)
            try await rig.restart()
            let commands = [
                ["status"], ["deliveries", "list"], ["deliveries", "list", "--state", "dead"],
                ["subject", "show", StoredPeople.key(0)],
            ]
            for command in commands {
                let arguments = command + ["--url", rig.url]
                let piped = try Program.run(arguments)
                #expect(!piped.output.contains("\u{1B}"), "\(command)")
                #expect(!piped.output.contains("…"))
                for columns in [80, 132] {
                    let shown = try Program.run(
                        onTerminal: columns,
                        arguments,
                        // The test run sets it.
                        environment: ["NO_COLOR": ""]
                    )
                    #expect(shown.status == piped.status)
                    #expect(shown.output.contains("\u{1B}["), "\(command)")
                    let lines = Self.withoutColours(shown.output)
                    // The tables; what was sent may be longer than any terminal.
                    for line in lines.prefix(while: { !$0.contains("told:") }) {
                        #expect(line.count <= columns, "\(command): \(line)")
                    }
                }
                let plain = try Program.run(
                    onTerminal: 80,
                    arguments,
                    environment: ["NO_COLOR": "1"]
                )
                #expect(!plain.output.contains("\u{1B}"), "\(command)")
            }
        }
    }

    private static func withoutColours(_ text: String) -> [Substring] {
        text.replacing(/\u{1B}\[[0-9;]*m/, with: "").split(whereSeparator: \.isNewline)
    }

    @Test func `a key with control characters moves no cursor`() async throws {
        try await Rig.run { rig in
            rig.silencePlatforms()
            let key = "a\u{1B}[2J\u{9B}31m\u{7}\n@example.com"
            try await rig.choose(true, key)
            try await rig.items("/v1/deliveries?state=skipped", count: 1)
            for command in [["deliveries", "list"], ["deliveries", "show", "1"]] {
                let shown = try Program.run(command + ["--url", rig.url])
                #expect(shown.status == 0)
                #expect(shown.output.contains("@example.com"))
                #expect(
                    !shown.output.unicodeScalars.contains {
                        "\u{1B}\u{9B}\u{7}".unicodeScalars.contains($0)
                    }
                )
            }
            let story = try Program.run(["subject", "show", key, "--url", rig.url])
            #expect(story.status == 0 && story.output.hasPrefix("a\u{FFFD}[2J"))
        }
    }

    // MARK: Usage

    private static let badUsage = [
        ["deliveries", "retry"], ["deliveries", "retry", "1", "--all"],
        ["deliveries", "retry", "1", "--state", "dead"], ["deliveries", "retry", "x"],
        ["deliveries", "discard", "1"], ["deliveries", "discard", "--reason", "x"],
        ["deliveries", "discard", "1", "--reason", " "], ["deliveries", "show"],
        ["deliveries", "list", "--limit", "0"], ["subject", "show"], ["subject", "link", "a"],
        ["status", "--nonsense"], ["deliveries", "sort"],
    ]

    @Test func `bad usage ends with 64, a no with 1`() async throws {
        for arguments in Self.badUsage {
            let ending = try Program.run(arguments)
            #expect(ending.status == 64, "\(arguments): \(ending.errors)")
            #expect(ending.output.isEmpty && !ending.errors.isEmpty)
        }
        try await Rig.run { rig in
            for (arguments, status): ([String], Int32) in [
                (["deliveries", "list", "--state", "lost"], 64),
                (["deliveries", "list", "--since", "yesterday"], 64),
                (["deliveries", "retry", "--all", "--platform", "mars"], 64),
                (["deliveries", "show", "9"], 1), (["deliveries", "retry", "9"], 1),
                (["deliveries", "discard", "9", "--reason", "x"], 1),
                (["subject", "show", "nobody"], 1), (["subject", "export", "nobody"], 1),
                (["subject", "link", "a", "b"], 1), (["deliveries", "list"], 0),
            ] {
                let ending = try Program.run(arguments + ["--url", rig.url])
                #expect(ending.status == status, "\(arguments): \(ending.errors)")
                #expect(ending.errors.isEmpty == (status == 0))
            }
        }
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func `a shell can complete the commands`(shell: String) throws {
        let script = try Program.run(["--generate-completion-script", shell])
        #expect(script.status == 0)
        for word in ["deliveries", "discard", "subject", "status"] {
            #expect(script.output.contains(word))
        }
        guard shell == "bash" else { return }
        let checked = try Program.run(program: ["/bin/bash", "-n"], [], input: script.output)
        #expect(checked.status == 0, "\(checked.errors)")
    }

    @Test func `each command tells how it is used`() throws {
        for command in [
            ["status"], ["deliveries"], ["deliveries", "list"], ["deliveries", "show"],
            ["deliveries", "retry"], ["deliveries", "discard"], ["subject"], ["subject", "show"],
            ["subject", "export"], ["subject", "link"],
        ] {
            let help = try Program.run(command + ["--help"])
            #expect(help.status == 0 && help.output.contains("USAGE: consent-bridge"))
            let lines = help.output.split(separator: "\n").filter { !$0.hasPrefix("USAGE:") }
            #expect(lines.allSatisfy { $0.count <= 80 }, "\(command)")
        }
    }
}
