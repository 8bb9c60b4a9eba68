import BridgeTesting
import BridgeCore

/// What the second edition adds to a story, from numbers of its own.
extension Schedule {
    /// Adds something to most stories; the rest stay as the first edition has them.
    mutating func addSecondEdition() {
        var random = SeededRandom(seed: seed ^ 0x5EC0_4DED)
        guard random.chance(60) else { return }
        if random.chance(25) {
            style.flattening = Flattening(
                layout: Flattening.Layout.allCases.randomElement(using: &random) ?? .insideEntity,
                namesSource: random.chance(50)
            )
        }
        if random.chance(25) { addPeople(&random) }
        if random.chance(30) { addUsers(&random) }
        if random.chance(35) { addDeletedEvents(&random) }
        if random.chance(25) { addDeletedUser(&random) }
        // A key that changed finds nobody, and a second profile would be made under the old one.
        if random.chance(30), !style.createsProfiles {
            let person = anybody(&random)
            acts.append(Act(at: moment(&random), deed: .changeKey(person: person)))
        }
        if random.chance(25) { addDeletedProfile(&random) }
        if random.chance(style.brakePeopleMax > 0 ? 60 : 10) { addOperator(&random) }
        acts.sort { $0.at < $1.at }
    }

    /// Enough people for the brake.
    private mutating func addPeople(_ random: inout SeededRandom) {
        style.brakePeopleMax = 1
        let count = random.chance(50) ? 2 : 3
        for person in style.people..<max(count, style.people) {
            addProfile(of: person, &random)
            addChoices(of: person, Self.fields[0], &random)
        }
        style.people = max(count, style.people)
    }

    /// People change between two of Didomi's users, mostly before they choose.
    private mutating func addUsers(_ random: inout SeededRandom) {
        style.usersPerPerson = 2
        style.writesReachNewestUser = random.chance(50)
        for person in 0..<style.people {
            for number in 1...Int.random(in: 1...4, using: &random) {
                let times = acts.filter { $0.deed.chooses(person, .didomi) }.map(\.at)
                let at = times.randomElement(using: &random) ?? moment(&random)
                let deed = Act.Deed.takeUser(person: person, number % 2)
                acts.append(Act(at: at - .seconds(1), deed: deed))
            }
        }
    }

    private mutating func addDeletedEvents(_ random: inout SeededRandom) {
        style.deletedEventsAreMinimal = random.chance(50)
        for _ in 0..<Int.random(in: 1...2, using: &random) {
            let person = anybody(&random)
            // Mostly the newest, which is what counts.
            let place = random.chance(70) ? 0 : Int.random(in: 1...3, using: &random)
            let at = moment(awayFrom: .actito, of: person, &random)
            acts.append(Act(at: at, deed: .deleteEvent(person: person, place)))
        }
    }

    private mutating func addDeletedUser(_ random: inout SeededRandom) {
        style.withdrawsDeletedUsers = random.chance(50)
        let person = anybody(&random)
        let number = Int.random(in: 0..<style.usersPerPerson, using: &random)
        let at = moment(awayFrom: .actito, of: person, &random)
        acts.append(Act(at: at, deed: .deleteUser(person: person, number)))
    }

    private mutating func addDeletedProfile(_ random: inout SeededRandom) {
        style.withdrawsDeletedProfiles = random.chance(50)
        let person = anybody(&random)
        let at = moment(awayFrom: .didomi, of: person, &random)
        acts.append(Act(at: at, deed: .deleteProfile(person: person)))
        guard random.chance(60) else { return }
        let pause = Interval(milliseconds: random.milliseconds(1000, Self.day))
        acts.append(Act(at: at + pause, deed: .createProfile(person: person)))
    }

    /// Somebody looks at what is held, mostly once everything has happened.
    private mutating func addOperator(_ random: inout SeededRandom) {
        let last = max(acts.map(\.at).max() ?? Self.start, Self.start)
        let late = last + Interval(milliseconds: random.milliseconds(1000, Self.day))
        for _ in 0..<Int.random(in: 1...2, using: &random) {
            let at = random.chance(70) ? late : moment(&random)
            acts.append(Act(at: at, deed: .decideHeld(releases: random.chance(50))))
        }
    }

    private func anybody(_ random: inout SeededRandom) -> Int {
        Int.random(in: 0..<style.people, using: &random)
    }

    /// A moment while people act.
    private func moment(_ random: inout SeededRandom) -> Timestamp {
        let near = acts.map(\.at).filter { $0 > Self.start }.randomElement(using: &random)
        return max(
            Self.start + .seconds(1),
            (near ?? Self.start) + Interval(milliseconds: random.milliseconds(1, 30 * Self.minute))
                - Interval(milliseconds: random.milliseconds(1, 2 * Self.minute))
        )
    }

    /// As far from a person's choices on a platform as the mode wants.
    private func moment(
        awayFrom platform: PlatformName,
        of person: Int,
        _ random: inout SeededRandom
    ) -> Timestamp {
        var at = moment(&random)
        guard mode != .close else { return at }
        let times = acts.flatMap { act -> [Timestamp] in
            guard act.deed.chooses(person, platform) else { return [] }
            if case .choosePending(_, _, _, let delay) = act.deed { return [act.at + delay] }
            return [act.at]
        }
        for time in times.sorted() where at > time - Self.apart && at < time + Self.apart {
            at = time + Self.apart
        }
        return at
    }
}

extension Act.Deed {
    fileprivate func chooses(_ person: Int, _ platform: PlatformName) -> Bool {
        if case .choose(person, _, platform, _) = self { return true }
        if case .choosePending(person, _, _, _) = self { return platform == .didomi }
        return false
    }
}
