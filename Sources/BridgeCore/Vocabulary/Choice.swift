/// What a person said about one field.
///
/// No choice is `nil`: absent is not false (rule S3).
package enum Choice: String, Hashable, Sendable {
    case granted
    case denied

    /// Didomi's `enabled`, Actito's subscription value.
    package init(isGranted: Bool) {
        self = isGranted ? .granted : .denied
    }

    package var isGranted: Bool { self == .granted }
}

/// One of the two platforms between which the bridge stands.
package enum PlatformName: String, Hashable, Sendable, CaseIterable, Comparable {
    case actito
    case didomi

    package var other: PlatformName { self == .didomi ? .actito : .didomi }

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
