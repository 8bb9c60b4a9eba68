/// What people are shown of a platform: whether its calls may begin, and how much of its limits is
/// used.
package struct PlatformCondition: Sendable {
    package enum BreakerState: String, Hashable, Sendable {
        case closed
        case halfOpen = "half_open"
        case open
    }

    /// The worst of all integrations.
    package var breaker = BreakerState.closed
    package var reason: Breaker.Reason?
    /// The calls of the last minute, for each licence.
    package var recentCalls: [RecentCalls] = []
    /// What all licences together allow in a minute; 0: unlimited.
    package var perMinute = 0
    /// Whether the last call worked.
    package var isWorking = true

    package init() {}

    /// The last call worked and none is held back.
    package var isWell: Bool { isWorking && breaker != .open }

    package func callsInLastMinute(at now: Timestamp) -> Int {
        recentCalls.reduce(0) { $0 + $1.count(at: now) }
    }
}

extension Engine {
    package func condition(of platform: PlatformName) -> PlatformCondition {
        var condition = PlatformCondition()
        var names: Set<String> = []
        for (key, session) in sessions where key.platform == platform {
            names.insert(session.licence)
            let state: PlatformCondition.BreakerState =
                session.breaker.isProbing
                ? .halfOpen : session.breaker.reason == nil ? .closed : .open
            guard state.rank > condition.breaker.rank else { continue }
            condition.breaker = state
            condition.reason = session.breaker.reason
        }
        let governors = names.compactMap { licences[$0]?.governor }
        condition.recentCalls = governors.map(\.recentCalls)
        let limits = governors.map(\.limits.perMinute)
        condition.perMinute = limits.contains(0) ? 0 : limits.reduce(0, +)
        return condition
    }
}

extension PlatformCondition.BreakerState {
    fileprivate var rank: Int {
        switch self {
        case .closed: 0
        case .halfOpen: 1
        case .open: 2
        }
    }
}
