/// Many stories, and what they came to together.
package struct Campaign: Sendable {
    package var seeds = 0
    package var totals = Report()
    /// Broken rules with the seeds that broke them, first come first.
    package var failures: [String: [UInt64]] = [:]

    package init() {}

    /// Plays the stories of some seeds.
    package mutating func play(
        _ range: some Sequence<UInt64>,
        mode: Schedule.Mode,
        _ edition: Schedule.Edition = .second
    ) throws {
        for seed in range {
            let schedule = Schedule(seed: seed, mode: mode, edition: edition)
            let report = try World.play(schedule)
            seeds += 1
            add(report)
            for rule in Set(report.violations.map(\.rule)) {
                failures[rule, default: []].append(seed)
            }
        }
    }

    private mutating func add(_ report: Report) {
        totals.lostGrants += report.lostGrants
        totals.visibleDifferences += report.visibleDifferences
        totals.steps += report.steps
        totals.calls += report.calls
        totals.choices += report.choices
        totals.webhooks += report.webhooks
        totals.reached.merge(report.reached) { $0 + $1 }
    }

    /// The hard cases that a campaign of some size must have reached, else it proves nothing.
    package var missed: [String] {
        Self.mustReach.filter { totals.reached[$0] == nil }
    }

    package var summary: [String] {
        var lines = [
            "seeds \(seeds), steps \(totals.steps), choices \(totals.choices), "
                + "webhooks \(totals.webhooks), calls \(totals.calls)",
            "lost grants \(totals.lostGrants), differences shown to an operator "
                + "\(totals.visibleDifferences)",
        ]
        lines += totals.reached.sorted { $0.key < $1.key }.map {
            "  reached \($0.key): \($0.value)"
        }
        for (rule, seeds) in failures.sorted(by: { $0.key < $1.key }) {
            lines.append("BROKEN \(rule) by \(seeds.count) seeds: \(seeds.prefix(20))")
        }
        if !missed.isEmpty { lines.append("NOT REACHED: \(missed.joined(separator: ", "))") }
        return lines
    }

    private static let mustReach: [String] =
        CrashPoint.allCases.map { "crash_\($0.rawValue)" }
        + [
            "badRequest", "grant_dead_refused", "grant_held_conflict", "grant_superseded",
            "outcome_echo", "outcome_grant_not_confirmed", "outcome_other_regulation",
            "outcome_pending_approval", "outcome_stale", "outcome_unknown_subject",
            "read_delivered", "withdrawal_delivered", "withdrawal_superseded",
            "withdrawal_skipped_profile_not_found", "answer_to_the_dead", "clock_jump",
            "confirmation", "disk_full",
            "duplicate_recognised", "forbidden_actito", "forbidden_didomi", "lateEffect",
            "lostAnswer", "noConnection", "no_commit_no_2xx", "outage_actito", "outage_didomi",
            "restart", "tooManyRequests", "unauthorized", "unavailableAfterEffect",
            "webhook_delayed", "webhook_duplicated", "webhook_from_before_first_start",
            "webhook_given_up", "zombie_write",
            "breaker_half_open", "late_echo", "overtaken_in_flight",
            "event_deleted", "event_deleted_shows_grant", "event_deleted_withdraws",
            "flattened_with_source", "flattened_without_source",
            "grant_held_brake", "held_brake_discarded", "held_brake_released",
            "key_change", "outcome_key_changed", "withdrawal_by_number",
            "outcome_unknown_event", "profile_again", "profile_deleted_ignored",
            "profile_deleted_withdraws", "second_user_chooses", "told_one_user",
            "user_deleted_another_remains", "user_deleted_ignored", "user_deleted_withdraws",
        ]
}
