import ArgumentParser
import JSON

/// `subject`: one person, for those who have to answer for what was done.
struct SubjectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "subject",
        abstract: "Show or export one person, or join two keys.",
        subcommands: [Show.self, Export.self, Link.self]
    )

    /// Asks with the key in the body, so that it stands in no log of an address.
    fileprivate static func search(
        _ key: String,
        in integration: String?,
        _ client: any AdminClient
    ) async throws -> [JSONValue] {
        var body = JSONObject()
        body["key"] = .string(key)
        body["integration"] = integration.map(JSONValue.string)
        let question = AdminQuestion(post: .object(body), to: "subjects", "search")
        let items = try checked(try await client.ask(question))["items"]?.array ?? []
        if items.isEmpty {
            printError("Nobody with that key is known.")
            throw ExitCode.no
        }
        return items
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Tell one person's story: each choice, each write and its answer.",
            discussion: "Exit status: 1 if nobody with that key is known."
        )

        @Argument(help: "The key: Didomi's organization_user_id.")
        var key: String
        @Option(help: "Only this integration.")
        var integration: String?
        @OptionGroup var options: AdminOptions

        func run() async throws {
            let items = try await options.withClient { client in
                try await SubjectCommand.search(key, in: integration, client)
            }
            if options.json {
                let found: JSONValue = ["items": .array(items)]
                return printLine(found.serializedPretty())
            }
            printLine(items.map { SubjectText($0).text }.joined(separator: "\n\n"))
        }
    }

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print everything that is stored of one person, as JSON.",
            discussion: "For an access request (GDPR article 15): the story with every payload."
        )

        @Argument(help: "The key: Didomi's organization_user_id.")
        var key: String
        @Option(help: "Only this integration.")
        var integration: String?
        @OptionGroup var options: AdminOptions

        func run() async throws {
            let export = try await options.withClient { client in
                let items = try await SubjectCommand.search(key, in: integration, client)
                let names = Set(items.flatMap(\.names))
                let entries = items.flatMap { $0["changes"]?.array ?? [] }
                    .compactMap { $0["entry"]?.string }
                var payloads: [JSONValue] = []
                for entry in Set(entries).sorted(by: { Int($0) ?? 0 < Int($1) ?? 0 }) {
                    let answer = try await client.ask(AdminQuestion("inbox", entry))
                    payloads.append(try checked(answer).of(names))
                }
                return JSONValue.object(
                    JSONObject(uniqueMembers: [
                        .init(name: "items", value: .array(items)),
                        .init(name: "inbox", value: .array(payloads)),
                    ])
                )
            }
            printLine(export.serializedPretty())
        }
    }

    struct Link: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say that two keys are one person, from now on under the new key.",
            discussion: """
                For a profile that came under another key (`key_changed`). What is known under the \
                old key counts for the new one, the newer choice of each field; what still comes \
                under the old key too.
                """
        )

        @Argument(help: "The old key.")
        var old: String
        @Argument(help: "The new key.")
        var new: String
        @Option(help: "The integration, if there are several.")
        var integration: String?
        @OptionGroup var options: AdminOptions

        func run() async throws {
            var body = JSONObject()
            body["old"] = .string(old)
            body["new"] = .string(new)
            body["integration"] = integration.map(JSONValue.string)
            let answer = try await options.ask(
                AdminQuestion(post: .object(body), to: "subjects", "link")
            )
            printLine(options.json ? answer.serializedPretty() : "linked")
        }
    }
}

extension JSONValue {
    /// What inbox entries call the person of a report.
    fileprivate var names: [String] {
        let keys = [self["key"]].compactMap(\.self) + (self["joined_keys"]?.array ?? [])
        return keys.compactMap(\.string)
            + [self["profile_id"]?.string.map { "profile:\($0)" }].compactMap(\.self)
    }

    /// An inbox entry without what it says of other people, whom a bulk webhook names as well.
    fileprivate func of(_ names: Set<String>) -> JSONValue {
        guard case .object(var entry) = self else { return self }
        let changes = entry["changes"]?.array ?? []
        let own = changes.filter { $0["subject"]?.string.map(names.contains) ?? false }
        guard own.count < changes.count else { return self }
        entry["changes"] = .array(own)
        entry["payload"] = .null
        return .object(entry)
    }
}
