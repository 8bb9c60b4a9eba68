package import BridgeCore

/// What one story came to.
package struct Report: Sendable {
    /// A promise of design section 3 that was not kept.
    package struct Violation: Sendable, Hashable {
        /// A bounded name, by which a shrunk story is known to fail in the same way.
        package var rule: String
        package var detail: String
    }

    package var violations: [Violation] = []
    /// Opt-ins that ended as a no: the safe side, but somebody's mail is missing.
    package var lostGrants = 0
    /// People for whom the platforms differ while `held`, `overdue` or `dead` says so.
    package var visibleDifferences = 0
    package var steps = 0
    package var calls = 0
    package var choices = 0
    package var webhooks = 0
    package var duration = Interval.zero
    /// How often each hard case was reached.
    package var reached: [String: Int] = [:]
    /// What happened, line by line, if it was asked for.
    package var trace: [String] = []

    package init() {}
}
