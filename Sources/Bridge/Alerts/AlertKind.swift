package import BridgeCore

/// What can be wrong with a running bridge so that somebody has to know.
///
/// The rules in `deploy/prometheus` say the same to a Prometheus; a test holds both together.
package enum AlertKind: String, CaseIterable, Sendable {
    case withdrawalLate = "withdrawal_late"
    case webhookUndecided = "webhook_undecided"
    case conservationBroken = "conservation_broken"
    case breakerOpen = "breaker_open"
    case deadLetters = "dead_letters"
    case heldGrants = "held_grants"
    case drift
    case storageNearlyFull = "storage_nearly_full"
    case notAccepting = "not_accepting"
    case clockSkew = "clock_skew"
    case repairedTooOften = "repaired_too_often"

    package enum Severity: String, Sendable {
        /// A person's "no" is late or may get lost.
        case critical
        /// It can wait until somebody has time.
        case warning
    }

    package var severity: Severity {
        switch self {
        case .withdrawalLate, .webhookUndecided, .conservationBroken, .breakerOpen,
            .storageNearlyFull, .notAccepting:
            .critical
        case .deadLetters, .heldGrants, .drift, .clockSkew, .repairedTooOften: .warning
        }
    }

    /// What to do about it.
    package var action: String {
        switch self {
        case .withdrawalLate:
            "See what it waits for with `consent-bridge status` and "
                + "`consent-bridge deliveries list`."
        case .webhookUndecided:
            "Look for errors of the storage in the log, and at the load of the machine."
        case .conservationBroken:
            "Keep the database and the log as they are, make a backup, and report it."
        case .breakerOpen:
            "Run `consent-bridge check --online`: the platform is down, or a key, a right or a name "
                + "changed there. Nothing is lost; calls wait."
        case .deadLetters:
            "Read why with `consent-bridge deliveries list --state dead`, mend it, then "
                + "`consent-bridge deliveries retry`."
        case .heldGrants:
            "Look at them with `consent-bridge deliveries list --state held`; "
                + "`deliveries retry` releases one, `deliveries discard` drops it."
        case .drift:
            "Run `consent-bridge check --online`, and change the mapping or what it names."
        case .storageNearlyFull:
            "Make room there: below `server.min_free_bytes` webhooks get 503."
        case .notAccepting:
            "Read why at `/health/ready` under `accepting`, and mend the storage or make room."
        case .clockSkew:
            "Have NTP set the clock of this machine: choices are ordered by time."
        case .repairedTooOften:
            "Look for a second program that writes to the same table: "
                + "`consent-bridge check --online` finds Didomi's own integration."
        }
    }

    /// The section that says more.
    package var runbook: String {
        let section =
            switch self {
            case .withdrawalLate, .webhookUndecided: "a-withdrawal-is-late"
            case .conservationBroken: "the-sums-do-not-agree"
            case .breakerOpen: "a-platform-fails-or-refuses-us"
            case .deadLetters: "a-delivery-is-dead-or-a-withdrawal-overdue"
            case .heldGrants: "a-grant-is-held"
            case .drift: "the-mapping-does-not-fit-any-more"
            case .storageNearlyFull: "the-disk-is-nearly-full"
            case .notAccepting: "webhooks-get-503"
            case .clockSkew: "the-clocks-differ"
            case .repairedTooOften: "a-field-is-repaired-too-often"
            }
        return "docs/operating.md#\(section)"
    }

    /// How long it has to last: what one look catches by chance is left out.
    package var patience: Interval {
        switch self {
        // A skipped withdrawal that is tried once a day is old for a moment only.
        case .withdrawalLate, .webhookUndecided, .breakerOpen, .storageNearlyFull, .notAccepting:
            .seconds(15)
        case .clockSkew: .seconds(300)
        case .conservationBroken, .deadLetters, .heldGrants, .drift, .repairedTooOften: .zero
        }
    }

    /// It is judged by figures of the storage.
    var needsCounts: Bool {
        switch self {
        case .withdrawalLate, .webhookUndecided, .conservationBroken, .deadLetters, .heldGrants:
            true
        case .breakerOpen, .drift, .storageNearlyFull, .notAccepting, .clockSkew,
            .repairedTooOften:
            false
        }
    }
}

/// One thing that is wrong now.
package struct Alert: Hashable, Sendable {
    /// What makes it the same one as a moment ago.
    package struct Name: Hashable, Sendable {
        package var kind: AlertKind
        /// The platform or ledger in question; nil: the bridge as a whole.
        package var about: String?
    }

    package var name: Name
    /// What is wrong, for people; no personal data.
    package var summary: String

    package init(_ kind: AlertKind, about: String? = nil, _ summary: String) {
        name = Name(kind: kind, about: about)
        self.summary = summary
    }
}
