extension Schedule {
    /// A shorter story that breaks the same rule: acts, faults and style are taken away one by one
    /// as long as it still does.
    ///
    /// Greedy, so not the shortest of all; it plays at most `playsMax` stories.
    package func shrunk(breaking rule: String, playsMax: Int = 600) throws -> Schedule {
        var best = self
        var plays = 0
        func stillBreaks(_ candidate: Schedule) throws -> Bool {
            plays += 1
            return try World.play(candidate).violations.contains { $0.rule == rule }
        }
        var isShorter = true
        while isShorter, plays < playsMax {
            isShorter = false
            for candidate in best.shorter() where plays < playsMax {
                guard try stillBreaks(candidate) else { continue }
                best = candidate
                isShorter = true
                break
            }
        }
        return best
    }

    /// What is one step simpler, the greatest steps first.
    private func shorter() -> [Schedule] {
        var candidates: [Schedule] = []
        func add(_ change: (inout Schedule) -> Void) {
            var candidate = self
            change(&candidate)
            candidates.append(candidate)
        }
        if faultPercent > 0 { add { $0.faultPercent = 0 } }
        for size in [acts.count / 2, acts.count / 4, 1] where size > 0 {
            for start in stride(from: 0, to: acts.count, by: size) {
                add { $0.acts.removeSubrange(start..<min(start + size, acts.count)) }
            }
            if size == 1 { break }
        }
        for fault in faults.sorted(by: { $0.rawValue < $1.rawValue }) {
            add { $0.faults.remove(fault) }
        }
        if style.splitsSubscriptions { add { $0.style.splitsSubscriptions = false } }
        if style.namesOnlyProfile { add { $0.style.namesOnlyProfile = false } }
        if style.flattening != nil { add { $0.style.flattening = nil } }
        if style.usersPerPerson > 1 { add { $0.style.usersPerPerson = 1 } }
        if style.brakePeopleMax > 0 { add { $0.style.brakePeopleMax = 0 } }
        if style.withdrawsDeletedUsers { add { $0.style.withdrawsDeletedUsers = false } }
        if style.withdrawsDeletedProfiles { add { $0.style.withdrawsDeletedProfiles = false } }
        if style.deletedEventsAreMinimal { add { $0.style.deletedEventsAreMinimal = false } }
        if style.createsProfiles { add { $0.style.createsProfiles = false } }
        return candidates
    }
}
