import BridgeCore
package import BridgeTesting
import Storage

/// A storage call that fails, for each of a story's calls.
extension World {
    /// What a story with one failing storage call came to.
    package struct FaultyEnding {
        package var report: Report
        /// Storage calls that the bridge made.
        package var callCount: Int
        /// What people hold on both sides, and what the register holds.
        package var state: [String]
    }

    /// Plays a story whose `failing`-th storage call fails; 0: none.
    package static func play(
        _ schedule: Schedule,
        failing: Int,
        _ moment: FaultyStore.Moment
    ) throws -> FaultyEnding {
        try withStore(usesSQLite: schedule.style.usesSQLite) { store in
            let world = World(schedule, store: store, isTracing: false)
            let faulty = FaultyStore(store, failing: failing, moment)
            world.faultyStore = faulty
            try world.play()
            return FaultyEnding(
                report: world.report,
                callCount: faulty.callCount,
                state: try world.ending()
            )
        }
    }

    /// What a storage error makes of the process (`BridgeLoop+Thread.swift`): a batch and a webhook
    /// are tried again, anything else ends it, and so does an effect that was not reported.
    func attempt<Result>(canRetry: Bool, _ body: () throws -> Result) throws -> Result? {
        do {
            return try body()
        } catch {
            guard faultyStore != nil else { throw error }
            storageFailed(canRetry: canRetry)
            return nil
        }
    }

    private func storageFailed(canRetry: Bool) {
        reach("storage_call_failed")
        if canRetry, faultyStore?.hasFailedAfterEffect != true {
            planTurn(at: now + .seconds(1))
        } else {
            die(downFor: .seconds(1))
        }
    }

    private func ending() throws -> [String] {
        try oracle.matters.map { matter in
            let key = SnapshotKey(
                integration: Self.integration,
                subject: .key(SubjectKey(matter.key))
            )
            let register = try store.snapshots(of: [key])[key]?.fields[matter.field]?.register
            let atDidomi = shownAtDidomi(matter.key)[matter.field]?.rawValue ?? "none"
            let atActito = actito.holdsGrant(matter.field, matter.key)
            return "\(matter.field.name) of \(matter.key): "
                + "\(register?.choice.rawValue ?? "none"), Didomi \(atDidomi), Actito \(atActito)"
        }
    }
}
