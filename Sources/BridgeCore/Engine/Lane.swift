/// The line of calls of one person to one platform of one integration: at most one is open.
package struct LaneKey: Hashable, Sendable {
    package let integration: IntegrationName
    package let platform: PlatformName
    package let subject: Subject

    package init(integration: IntegrationName, platform: PlatformName, subject: Subject) {
        self.integration = integration
        self.platform = platform
        self.subject = subject
    }

    package var access: AccessKey { AccessKey(integration: integration, platform: platform) }
}

/// One integration's session with one platform.
package struct AccessKey: Hashable, Sendable {
    package let integration: IntegrationName
    package let platform: PlatformName

    package init(integration: IntegrationName, platform: PlatformName) {
        self.integration = integration
        self.platform = platform
    }
}

/// What the engine remembers of the open call of a lane.
package struct LaneState: Hashable, Sendable {
    package enum Progress: Hashable, Sendable {
        case waiting(until: Timestamp)
        case inFlight
    }

    package var delivery: DeliveryID
    package var kind: DeliveryKind
    package var waitingSince: Timestamp
    /// Attempts that counted.
    package var attempts: Int
    package var progress: Progress
    /// A read that may end in a withdrawal.
    package var isUrgent = false
    /// A withdrawal that is tried at the longest delay (S11).
    package var isOverdue = false
    /// The one new token that a 401 allows was used.
    package var hasRenewedToken = false
    /// The next call creates the profile.
    package var createsProfile = false
}

/// The order in which waiting calls are taken (rule S10).
enum PriorityClass: Int, CaseIterable, Comparable {
    case withdrawal
    case read
    case grant
    case attributes

    init(_ kind: DeliveryKind) {
        switch kind {
        case .withdrawal: self = .withdrawal
        case .read: self = .read
        case .grant: self = .grant
        case .attributes: self = .attributes
        }
    }

    static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
