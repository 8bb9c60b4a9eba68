import Simulation
import Testing

/// Seeded stories with the shipping processor between two model platforms (issue 6, "The proof").
///
/// A failing seed is looked into with `simulate trace SEED` and `simulate shrink SEED RULE`.
@Suite struct SimulationTests {
    @Test func `no story breaks a promise, and every hard case was reached`() throws {
        var campaign = Campaign()
        try campaign.play(1...2000, mode: .apart)
        #expect(campaign.failures.isEmpty, "\(campaign.summary)")
        #expect(campaign.missed.isEmpty)
    }

    @Test(arguments: KeptSeed.all)
    func `a seed that failed once stays right`(kept: KeptSeed) throws {
        let report = try World.play(kept.schedule)
        #expect(report.violations.isEmpty)
    }

    @Test func `the same seed gives the same story`() throws {
        for seed: UInt64 in 400..<410 {
            let first = try World.play(Schedule(seed: seed), isTracing: true)
            let second = try World.play(Schedule(seed: seed), isTracing: true)
            #expect(first.trace == second.trace)
            #expect(!first.trace.isEmpty)
        }
    }

    @Test func `both storages give the same story`() throws {
        for seed: UInt64 in 500..<512 {
            var onDisk = Schedule(seed: seed)
            onDisk.style.usesSQLite = true
            let first = try World.play(Schedule(seed: seed), isTracing: true)
            let second = try World.play(onDisk, isTracing: true)
            #expect(first.trace == second.trace)
        }
    }

    @Test func `without faults a change costs few calls`() throws {
        for seed: UInt64 in 600..<660 {
            var schedule = Schedule(seed: seed)
            schedule.faultPercent = 0
            schedule.acts.removeAll { $0.deed.isTrouble }
            let report = try World.play(schedule)
            #expect(report.violations.isEmpty)
            // At most two sessions' preparations, a read on each side, a write and its repair.
            #expect(report.calls <= 8 * (report.choices + 1))
        }
    }
}
