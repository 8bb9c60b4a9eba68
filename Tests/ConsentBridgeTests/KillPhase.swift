import Foundation
import GRDB
import JSON

/// How far a webhook had come when the process was killed, told by what is left: the client's answer,
/// the database, and the calls that the platform saw.
enum KillPhase: String, CaseIterable {
    case beforeCommit = "before commit"
    case betweenCommitAnd2xx = "between commit and 2xx"
    case between2xxAndPlan = "between 2xx and plan"
    case duringTransfer = "during a transfer"
    case afterAnswer = "after the answer, before its record"
}

/// What one kill left behind.
struct KillRemains {
    /// People whose webhook was acknowledged, and those whose webhook was sent only.
    var acknowledged: Set<String>
    var unanswered: Set<String>
    var killedAt: Date
    /// How long the platform takes for an answer.
    var platformDelay: TimeInterval

    /// The phases of all webhooks that were on their way, and the people whose webhook is stored
    /// since an earlier entry.
    func phases(
        databaseFile: String,
        since entry: inout Int64,
        calls: [JSONValue]
    ) throws -> (phases: Set<KillPhase>, stored: Set<String>) {
        let queue = try DatabaseQueue(path: databaseFile)
        defer { try? queue.close() }
        let (inbox, inFlight) = try queue.read { database in
            (
                try Row.fetchAll(
                    database,
                    sql: "SELECT payload, pending IS NULL, id FROM inbox WHERE id > ?",
                    arguments: [entry]
                ),
                try String.fetchAll(
                    database,
                    sql: "SELECT substr(subject, 3) FROM deliveries WHERE state = 'in_flight'"
                )
            )
        }
        var phases: Set<KillPhase> = []
        var stored: Set<String> = []
        for row in inbox {
            guard let payload: Data = row[0],
                let key = try? JSONValue(parsing: Array(payload))["data"]?["emailAddress"]?.string
            else { continue }
            stored.insert(key)
            entry = max(entry, row[2])
            if unanswered.contains(key) { phases.insert(.betweenCommitAnd2xx) }
            if acknowledged.contains(key), row[1] { phases.insert(.between2xxAndPlan) }
        }
        if !unanswered.isSubset(of: stored) { phases.insert(.beforeCommit) }
        var seenAt: [String: String] = [:]
        for call in calls {
            guard let key = call["body"]?["user"]?["organization_user_id"]?.string else { continue }
            seenAt[key] = call["at"]?.string
        }
        for key in inFlight {
            let isAnswered =
                try seenAt[key].map { try Self.time($0) + platformDelay < killedAt } ?? false
            phases.insert(isAnswered ? .afterAnswer : .duringTransfer)
        }
        return (phases, stored)
    }

    private static func time(_ text: String) throws -> Date {
        try Date.ISO8601FormatStyle(includingFractionalSeconds: true).parse(text)
    }
}
