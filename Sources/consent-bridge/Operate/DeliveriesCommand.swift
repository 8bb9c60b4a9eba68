import ArgumentParser
import JSON

/// `deliveries`: the writes and reads that are owed, were made, or were given up.
struct DeliveriesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deliveries",
        abstract: "List, show, retry or discard deliveries.",
        subcommands: [List.self, Show.self, Retry.self, Discard.self]
    )

    /// Which deliveries.
    struct Filters: ParsableArguments {
        @Option(
            help:
                "waiting, in_flight, held, delivered, skipped, superseded, overdue, dead (with overdue) or discarded."
        )
        var state: String?
        @Option(help: "Where it is written: didomi or actito.")
        var platform: String?
        @Option(help: "The integration's name.")
        var integration: String?
        @Option(help: "Such as refused, conflict, brake, profile_not_found.")
        var reason: String?
        @Option(help: "Planned then or later: 2026-11-24T09:00:00Z, or an age: 90m, 12h, 7d.")
        var since: String?

        var parameters: [(name: String, value: String)] {
            [
                ("state", state), ("platform", platform), ("integration", integration),
                ("reason", reason), ("since", since),
            ].compactMap { name, value in value.map { (name, $0) } }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List deliveries, the newest first."
        )

        @OptionGroup var filters: Filters
        @Option(help: "How many at most.")
        var limit = 50
        @Flag(help: "All of them, however many there are.")
        var all = false
        @OptionGroup var options: AdminOptions

        func run() async throws {
            var wanted = all ? Int.max : limit
            guard wanted > 0 else { throw ValidationError("--limit is at least 1.") }
            var items: [JSONValue] = []
            var next: String?
            try await options.withClient { client in
                repeat {
                    var question = AdminQuestion("deliveries")
                    question.parameters =
                        filters.parameters + [("limit", String(min(wanted, Self.pageSize)))]
                    if let next { question.parameters.append(("cursor", next)) }
                    let page = try checked(try await client.ask(question))
                    let found = page["items"]?.array ?? []
                    items += found
                    wanted -= found.count
                    next = page["next"]?.string
                } while next != nil && wanted > 0
            }
            if options.json {
                let page: JSONValue = [
                    "items": .array(items), "next": next.map(JSONValue.string) ?? .null,
                ]
                return printLine(page.serializedPretty())
            }
            printLine(items.isEmpty ? "No delivery matches." : DeliveryText.table(of: items))
            if next != nil { printLine("\nThere are more: --limit N or --all.") }
        }

        private static let pageSize = 500
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one delivery with every request that was sent and its answer."
        )

        @Argument(help: "The delivery's number.")
        var id: Int64
        @OptionGroup var options: AdminOptions

        func run() async throws {
            let delivery = try await options.ask(AdminQuestion("deliveries", String(id)))
            printLine(
                options.json ? delivery.serializedPretty() : DeliveryText.details(of: delivery)
            )
        }
    }

    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Try deliveries now; a held grant is released.",
            discussion: """
                Names deliveries by number, or --all with filters; --all without --state means what \
                waits, is overdue or dead. Every delivery that matches is taken, not a page of them. \
                After a fault in rights or addresses was mended, this also ends the wait for the next \
                probe.
                """
        )

        @Argument(help: "Numbers of deliveries.")
        var ids: [Int64] = []
        @Flag(help: "Everything that matches the filters.")
        var all = false
        @OptionGroup var filters: Filters
        @OptionGroup var options: AdminOptions

        func validate() throws {
            if ids.isEmpty != all { throw ValidationError("Give numbers, or --all with filters.") }
            if !all, !filters.parameters.isEmpty { throw ValidationError("Filters need --all.") }
        }

        func run() async throws {
            let answer: JSONValue
            if all {
                let body = JSONObject(
                    uniqueMembers: filters.parameters.map {
                        .init(name: $0.name, value: .string($0.value))
                    }
                )
                answer = try await options.ask(
                    AdminQuestion(post: .object(body), to: "deliveries", "retry")
                )
            } else {
                answer = try await Act(name: "retry", figure: "retried").carryOut(on: ids, options)
            }
            printLine(
                options.json
                    ? answer.serializedPretty() : "\(answer["retried"].readableNumber) retried"
            )
            if !all, answer["retried"] != .number(JSONNumber(ids.count)) { throw ExitCode.no }
        }
    }

    struct Discard: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give a delivery up for good; the person's next choice is delivered again.",
            discussion: "The reason is kept with who discarded it (`GET /api/v1/actions`)."
        )

        @Argument(help: "Numbers of deliveries.")
        var ids: [Int64]
        @Option(help: "Why: kept in the record.")
        var reason: String
        @OptionGroup var options: AdminOptions

        func validate() throws {
            if ids.isEmpty { throw ValidationError("Name a delivery by its number.") }
            if reason.allSatisfy(\.isWhitespace) {
                throw ValidationError("Say why: --reason TEXT.")
            }
        }

        func run() async throws {
            var act = Act(name: "discard", figure: "discarded")
            act.body = ["reason": .string(reason)]
            let answer = try await act.carryOut(on: ids, options)
            printLine(
                options.json
                    ? answer.serializedPretty() : "\(answer["discarded"].readableNumber) discarded"
            )
            if answer["discarded"] != .number(JSONNumber(ids.count)) { throw ExitCode.no }
        }
    }
}

/// What an operator does to deliveries one by one.
private struct Act {
    /// The last part of the admin API's path.
    var name: String
    /// What the admin API calls the number of those that it was done to.
    var figure: String
    var body: JSONValue?

    /// Says to which deliveries it cannot be done, and goes on.
    ///
    /// Returns the sum as one answer of the admin API.
    func carryOut(on ids: [Int64], _ options: AdminOptions) async throws -> JSONValue {
        var count: Int64 = 0
        try await options.withClient { client in
            for id in ids {
                let question = AdminQuestion(post: body, to: "deliveries", String(id), name)
                let answer = try await client.ask(question)
                if [404, 409].contains(answer.status) {
                    let detail: JSONValue? = answer.body["detail"]
                    printError("error: delivery \(id): \(detail.readableText)")
                } else {
                    count += try checked(answer)[figure]?.number?.integer ?? 0
                }
            }
        }
        let sum = JSONObject.Member(name: figure, value: .number(JSONNumber(count)))
        return .object(JSONObject(uniqueMembers: [sum]))
    }
}
