import BridgeCore
import BridgeTesting
import Simulation
import Testing

/// One storage call fails, for each call of a story in which everything happens once.
@Suite struct StorageFaultTests {
    @Test(arguments: FaultyStore.Moment.allCases, [false, true])
    func `whichever storage call fails, the story ends the same`(
        moment: FaultyStore.Moment,
        usesSQLite: Bool
    ) throws {
        let story = Self.story(usesSQLite: usesSQLite)
        let undisturbed = try World.play(story, failing: 0, moment)
        #expect(undisturbed.report.violations.isEmpty)
        #expect(undisturbed.callCount > 50)
        #expect(undisturbed.state.contains { $0.contains("granted") })
        #expect(undisturbed.state.contains { $0.contains("denied") })
        // A file costs a second for each four stories.
        for number in stride(from: 1, through: undisturbed.callCount, by: usesSQLite ? 10 : 1) {
            let disturbed = try World.play(story, failing: number, moment)
            #expect(disturbed.report.reached["storage_call_failed"] == 1, "call \(number)")
            #expect(disturbed.report.violations.isEmpty, "call \(number)")
            #expect(disturbed.state == undisturbed.state, "call \(number)")
        }
    }

    /// Yes and no on both sides, a read, a double opt-in and a change of data.
    private static func story(usesSQLite: Bool) -> Schedule {
        var story = Schedule(seed: 1, edition: .first)
        story.style.people = 1
        story.style.announcesUnchanged = true
        story.style.hasEnvelopeID = true
        story.style.usesSQLite = usesSQLite
        story.faults = []
        story.faultPercent = 0
        let email = Field.channel("email")
        let newsletter = Field.purpose("newsletter")
        let deeds: [Act.Deed] = [
            .choose(person: 0, email, .actito, .granted),
            .choose(person: 0, email, .didomi, .denied),
            .choose(person: 0, newsletter, .didomi, .granted),
            .choose(person: 0, email, .didomi, .granted),
            .choose(person: 0, email, .actito, .denied),
            .choosePending(person: 0, email, .granted, confirmedAfter: .seconds(300)),
            .choose(person: 0, newsletter, .actito, .denied),
            .editUser(person: 0, language: "fr"),
        ]
        story.acts = [Act(at: Schedule.start - .seconds(9000), deed: .createProfile(person: 0))]
        for (number, deed) in deeds.enumerated() {
            story.acts.append(
                Act(at: Schedule.start + .seconds(Double(1800 * (number + 1))), deed: deed)
            )
        }
        return story
    }
}
