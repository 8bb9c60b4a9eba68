/// Writes that repair what a platform should hold already: more than a few are a loop (rule S7).
extension Decider {
    /// Counts a repair; too many raise an alarm.
    mutating func noteRepair(of field: Field, at now: Timestamp, _ state: inout FieldState) {
        state.repairs = recentRepairs(state, at: now).suffix(Self.repairsMax) + [now]
        if isRepairedTooOften(state, at: now) { alarms.insert(field) }
    }

    /// A grant then waits for an operator; a withdrawal goes on.
    func isRepairedTooOften(_ state: FieldState, at now: Timestamp) -> Bool {
        recentRepairs(state, at: now).count > Self.repairsMax
    }

    private func recentRepairs(_ state: FieldState, at now: Timestamp) -> [Timestamp] {
        state.repairs.filter { now - $0 <= Self.repairPeriod }
    }

    private static let repairPeriod = Interval.seconds(3600)
    private static let repairsMax = 4
}
