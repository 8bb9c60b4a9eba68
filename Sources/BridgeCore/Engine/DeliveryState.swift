/// Where a delivery stands (`interface.md` section 5).
package enum DeliveryState: Hashable, Sendable {
    /// Not tried yet, or to be tried again at a time.
    case waiting(until: Timestamp)
    case inFlight
    case held(HoldReason)
    case delivered
    case skipped(SkipReason)
    case superseded
    /// A withdrawal that was refused or tried too often: still tried (S11).
    case overdue(until: Timestamp)
    case dead(DeathReason)
    case discarded

    package enum HoldReason: String, Hashable, Sendable {
        case brake
        case conflict
    }

    package enum SkipReason: String, Hashable, Sendable {
        case profileNotFound = "profile_not_found"
        case noMatchingAttribute = "no_matching_attribute"
    }

    package enum DeathReason: String, Hashable, Sendable {
        case refused
        case attemptsExhausted = "attempts_exhausted"
    }

    package var label: String {
        switch self {
        case .waiting: "waiting"
        case .inFlight: "in_flight"
        case .held: "held"
        case .delivered: "delivered"
        case .skipped: "skipped"
        case .superseded: "superseded"
        case .overdue: "overdue"
        case .dead: "dead"
        case .discarded: "discarded"
        }
    }

    package var reason: String? {
        switch self {
        case .held(let reason): reason.rawValue
        case .skipped(let reason): reason.rawValue
        case .dead(let reason): reason.rawValue
        case .waiting, .inFlight, .delivered, .superseded, .overdue, .discarded: nil
        }
    }

    /// When the next attempt may begin; nil if none will.
    package var nextAttemptAt: Timestamp? {
        switch self {
        case .waiting(let until), .overdue(let until): until
        case .inFlight, .held, .delivered, .skipped, .superseded, .dead, .discarded: nil
        }
    }

    /// Nothing will happen to it any more unless an operator acts.
    package var isFinal: Bool {
        switch self {
        case .waiting, .inFlight, .held, .overdue: false
        case .delivered, .skipped, .superseded, .dead, .discarded: true
        }
    }
}

extension DeliveryState {
    /// Reads what ``label``, ``reason`` and ``nextAttemptAt`` wrote.
    package init?(label: String, reason: String?, nextAttemptAt: Timestamp?) {
        let until = nextAttemptAt ?? Timestamp(milliseconds: 0)
        switch label {
        case "waiting": self = .waiting(until: until)
        case "in_flight": self = .inFlight
        case "overdue": self = .overdue(until: until)
        case "delivered": self = .delivered
        case "superseded": self = .superseded
        case "discarded": self = .discarded
        case "held":
            guard let reason = reason.flatMap(HoldReason.init(rawValue:)) else { return nil }
            self = .held(reason)
        case "skipped":
            guard let reason = reason.flatMap(SkipReason.init(rawValue:)) else { return nil }
            self = .skipped(reason)
        case "dead":
            guard let reason = reason.flatMap(DeathReason.init(rawValue:)) else { return nil }
            self = .dead(reason)
        default: return nil
        }
    }
}
