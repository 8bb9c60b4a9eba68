import ArgumentParser
import JSON

/// `status`: what waits, since when, and what is wrong.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show what waits, for how long, and what is wrong.",
        discussion: "Exit status: 0 when all is well, 1 when it is not, 69 if no bridge answers."
    )

    @OptionGroup var options: AdminOptions

    func run() async throws {
        let status = try await options.ask(AdminQuestion("status"))
        printLine(options.json ? status.serializedPretty() : StatusText(status).text)
        if status["health"] != "pass" { throw ExitCode.no }
    }
}

/// The answer of `GET status` for people.
struct StatusText {
    let status: JSONValue

    init(_ status: JSONValue) {
        self.status = status
    }

    var text: String {
        var parts = [headline, platforms, deliveries]
        if let difference = status["conservation_difference"]?.number?.integer, difference != 0 {
            parts.append(Terminal.bad("Conservation is off by \(difference): see the log."))
        }
        let drift = status["drift"]?.array ?? []
        if !drift.isEmpty {
            parts.append(
                "Drift: " + drift.compactMap { $0["what"]?.string }.joined(separator: "\n       ")
            )
        }
        return (parts + hints).joined(separator: "\n\n")
    }

    private var headline: String {
        let health = status["health"]?.string ?? ""
        let shown =
            switch health {
            case "pass": Terminal.good(health)
            case "warn": Terminal.warning(health)
            default: Terminal.bad(health)
            }
        let uptime = status["uptime_seconds"]
        let running = uptime?.isNull == false ? "up \(uptime.readableSeconds)" : "not running"
        return "Health \(shown), \(running), version \(status["version"].readableText)"
    }

    private var platforms: String {
        var table = TextTable(
            "PLATFORM",
            "BREAKER",
            "WAITING",
            "OLDEST",
            "OLDEST NO",
            "CALLS/MIN",
            "DRAINS IN"
        )
        for member in status["platforms"]?.object?.members ?? [] {
            let platform = member.value
            let reason = platform["reason"].readableText
            let limit = platform["per_minute"]?.number?.integer ?? 0
            table.add(
                member.name,
                platform["breaker"].readableText + (reason.isEmpty ? "" : " (\(reason))"),
                platform["waiting"].readableNumber,
                platform["oldest_waiting_seconds"].readableSeconds,
                platform["oldest_withdrawal_seconds"].readableSeconds,
                platform["used_last_minute"].readableNumber + (limit > 0 ? " of \(limit)" : ""),
                platform["drain_seconds"].readableSeconds
            )
        }
        return table.text()
    }

    private var deliveries: String {
        let counts = (status["deliveries"]?.object?.members ?? []).map { member in
            "\(JSONValue?.some(member.value).readableNumber) "
                + member.name.replacing("_", with: " ")
        }
        return "Inbox       \(status["inbox"]?["waiting"].readableNumber ?? "0") waiting\n"
            + "Deliveries  \(counts.joined(separator: ", "))"
    }

    /// What to look at next.
    private var hints: [String] {
        func count(_ state: String) -> Int64 {
            status["deliveries"]?[state]?.number?.integer ?? 0
        }
        let isBroken = (status["platforms"]?.object?.members ?? [])
            .contains { $0.value["reason"] == "configuration" }
        return [
            isBroken
                ? "A key, a right or a name changed: `check --online` says which. Nothing is lost."
                : nil,
            count("dead") + count("overdue") > 0
                ? "Given up or refused: `deliveries list --state dead`." : nil,
            count("held") > 0 ? "Wait for a decision: `deliveries list --state held`." : nil,
        ].compactMap(\.self)
    }
}
