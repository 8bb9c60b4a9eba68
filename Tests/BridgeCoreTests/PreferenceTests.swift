import BridgeCore
import JSON
import Testing

/// Preferences, of which Didomi takes and gives the whole list.
@Suite struct PreferenceTests {
    private static let sport = Field.preference(id: "topics", value: "sport")
    private static let culture = Field.preference(id: "topics", value: "culture")

    private func person(purposes: [String: String] = ["topics": "news"]) -> Person {
        let rules = [
            MappingRule(subscription: "Sport", field: Self.sport),
            MappingRule(subscription: "Culture", field: Self.culture),
            MappingRule(subscription: "EmailOptin", field: Sample.email),
        ]
        return Person(
            settings: Sample.settings { $0.mapping = MappingTable(rules, purposes: purposes) }
        )
    }

    private func list(_ values: [String], at seconds: Int64) -> PreferenceList {
        PreferenceList(id: "topics", purpose: "news", values: values, seenAt: Sample.at(seconds))
    }

    /// A webhook of Didomi with the list as a whole: choices first, as the shell does it.
    private func show(_ values: [String], _ person: inout Person, at seconds: Int64) {
        for (field, value) in [(Self.sport, "sport"), (Self.culture, "culture")] {
            person.didomi(
                Choice(isGranted: values.contains(value)),
                chosen: seconds,
                of: field
            )
        }
        person.decider.note(list(values, at: seconds))
    }

    private func written(_ person: Person) -> [String]? {
        person.snapshot.listsToWrite(person.decider.settings.mapping)["topics"]?.values
    }

    @Test func `a withdrawn value is left out of the list as last seen`() {
        var person = person()
        show(["sport", "unmapped", "culture"], &person, at: 0)
        person.deliver(.actito, at: 1)
        person.actito(.denied, at: 2000, of: Self.sport)
        #expect(person.planned(.didomi, Self.sport) == .denied)
        #expect(person.planned(.didomi, Self.culture) == nil)
        #expect(written(person) == ["unmapped", "culture"])
    }

    @Test func `a granted value is added to the list as last seen`() {
        var person = person()
        show(["culture", "unmapped"], &person, at: 0)
        person.deliver(.actito, at: 1)
        person.actito(.granted, at: 2000, of: Self.sport)
        person.readProfile([Self.sport: .granted], at: 2001)
        person.readEvents([], at: 2002)
        #expect(person.planned(.didomi, Self.sport) == .granted)
        #expect(written(person) == ["culture", "unmapped", "sport"])
    }

    @Test func `a list found by a read counts as seen`() {
        var person = person(purposes: [:])
        person.actito(.granted, at: 0, of: Self.sport)
        person.readProfile([Self.sport: .granted], at: 1)
        var event = ConsentEventReading.event(.granted, at: -500, of: Self.culture)
        event.preferences = [list(["culture", "unmapped"], at: -500)]
        person.readEvents([event], at: 2)
        #expect(person.planned(.didomi, Self.sport) == .granted)
        #expect(written(person) == ["culture", "unmapped", "sport"])
    }

    @Test func `an older list does not replace a newer one`() {
        var person = person()
        show(["sport"], &person, at: 100)
        person.decider.note(list(["culture"], at: 50))
        #expect(person.snapshot.preferences["topics"]?.values == ["sport"])
        person.decider.note(list([], at: 100))
        #expect(person.snapshot.preferences["topics"]?.values == [])
    }

    @Test
    func `the last value's withdrawal is a call that Didomi cannot take, never an empty list`() {
        var person = person()
        show(["sport"], &person, at: 0)
        person.deliver(.actito, at: 1)
        person.actito(.denied, at: 2000, of: Self.sport)
        #expect(written(person) == [])
        #expect(person.plan(.didomi) == .write(PlannedWrite(choices: [Self.sport: .denied])))
        #expect(person.plan(.didomi)?.kind == .withdrawal)
        person.begin(.didomi, at: 2001)
        person.end(.didomi, .refused(status: 0), at: 2001)
        // It stays owed, and what can be written goes first.
        #expect(person.planned(.didomi, Self.sport) == .denied)
        person.actito(.denied, at: 2002, of: Sample.email)
        #expect(person.plan(.didomi) == .write(PlannedWrite(choices: [Sample.email: .denied])))
    }

    @Test func `a withdrawal that could not be written goes with the next value of the list`() {
        var person = person()
        show(["sport"], &person, at: 0)
        person.deliver(.actito, at: 1)
        person.actito(.denied, at: 2000, of: Self.sport)
        show(["sport", "culture"], &person, at: 3000)
        #expect(person.snapshot.fields[Self.sport]?.register?.choice == .denied)
        #expect(person.snapshot.fields[Self.culture]?.register?.choice == .granted)
        #expect(person.planned(.didomi, Self.sport) == .denied)
        #expect(written(person) == ["culture"])
    }

    @Test func `a list that only repeats a withdrawn value grants nothing`() {
        var person = person()
        show(["sport"], &person, at: 0)
        person.deliver(.actito, at: 1)
        person.actito(.denied, at: 2000, of: Self.sport)
        let outcome = person.didomi(.granted, chosen: 3000, of: Self.sport)
        #expect(outcome == .ignored(.unchanged))
        #expect(person.planned(.actito, Self.sport) == nil)
    }

    @Test func `a value that Didomi was told to drop can be chosen again`() {
        var person = person()
        show(["sport", "culture"], &person, at: 0)
        person.deliver(.actito, at: 1)
        person.actito(.denied, at: 2000, of: Self.sport)
        person.deliver(.didomi, at: 2001)
        #expect(person.snapshot.preferences["topics"]?.values == ["culture"])
        show(["sport", "culture"], &person, at: 4000)
        #expect(person.planned(.actito, Self.sport) == .granted)
    }

    @Test func `a withdrawal is not written before a list was seen`() {
        var person = person()
        person.actito(.denied, at: 0, of: Self.sport)
        #expect(written(person) == [])
        #expect(person.planned(.didomi, Self.sport) == .denied)
        show(["culture"], &person, at: 100)
        #expect(written(person) == ["culture"])
    }

    @Test func `without a purpose there is no list, the withdrawal stays owed and reads go first`()
    {
        var person = person(purposes: [:])
        person.actito(.denied, at: 0, of: Self.sport)
        #expect(written(person) == nil)
        person.begin(.didomi, at: 1)
        person.end(.didomi, .refused(status: 0), at: 1)
        #expect(person.planned(.didomi, Self.sport) == .denied)
        person.actito(.granted, at: 2, of: Sample.email)
        #expect(person.plan(.actito) == .readProfile)
        person.readProfile([Sample.email: .granted], at: 3)
        #expect(person.plan(.didomi) == .readConsentEvents)
    }

    @Test func `what Didomi could not be told is tried at once when another list is seen`() {
        var person = person()
        person.actito(.denied, at: 0, of: Self.sport)
        person.begin(.didomi, at: 1)
        person.end(.didomi, .refused(status: 0), at: 1)
        #expect(person.snapshot.fields[Self.sport]?.didomi.isRefused == true)
        person.decider.note(list(["culture", "sport"], at: 100))
        #expect(person.snapshot.fields[Self.sport]?.didomi.isRefused == false)
        #expect(written(person) == ["culture"])
    }

    @Test func `an on-off preference of version 1 needs no list`() {
        let switched = Field.preference(id: "news", value: Field.switchValue)
        var person = Person(
            settings: Sample.settings {
                $0.mapping = MappingTable(
                    [MappingRule(subscription: "News", field: switched)],
                    purposes: ["news": "marketing"]
                )
            }
        )
        person.didomi(.granted, chosen: 0, of: switched)
        person.deliver(.actito, at: 1)
        person.actito(.denied, at: 2000, of: switched)
        let list = person.snapshot.listsToWrite(person.decider.settings.mapping)["news"]
        #expect(list?.purpose == "marketing" && list?.canHold(Field.switchValue) == true)
        person.deliver(.didomi, at: 2001)
        #expect(person.plan(.didomi) == nil)
    }
}
