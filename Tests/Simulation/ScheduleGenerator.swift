import BridgeTesting
package import BridgeCore

extension Schedule {
    /// The bridge's first start; choices before it are history that no webhook told in time.
    package static let start = Timestamp(milliseconds: 1_795_000_000_000)

    package static let fields: [Field] = [.channel("email"), .purpose("newsletter")]

    /// Makes the story of a seed: the same one for ever, or a failing seed could not be kept.
    package init(seed: UInt64, mode: Mode = .apart, edition: Edition = .second) {
        var random = SeededRandom(seed: seed)
        self.seed = seed
        self.mode = mode
        style = Style(
            people: random.chance(75) ? 1 : 2,
            announcesUnchanged: random.chance(50),
            hasEnvelopeID: random.chance(60),
            namesOnlyProfile: random.chance(20),
            splitsSubscriptions: random.chance(50),
            refusesDuplicateEvents: random.chance(50),
            createsProfiles: random.chance(40),
            usesSQLite: seed % 100 == 0
        )
        faults = Set(Fault.allCases.dropLast().filter { _ in random.chance(60) })
        if mode == .abandoned { faults.insert(.webhookGivenUp) }
        faultPercent = [0, 8, 20, 45].randomElement(using: &random) ?? 0
        acts = []
        for person in 0..<style.people {
            addProfile(of: person, &random)
            for field in Self.fields where field == Self.fields[0] || random.chance(40) {
                addChoices(of: person, field, &random)
            }
        }
        addTroubles(&random)
        acts.sort { $0.at < $1.at }
        // Whatever is added later comes here, so that older seeds keep their stories.
        if random.chance(20) { faults.insert(.badRequest) }
        if edition == .second { addSecondEdition() }
    }

    mutating func addProfile(of person: Int, _ random: inout SeededRandom) {
        let isLate = random.chance(20)
        let at =
            isLate
            ? Self.start + Interval(milliseconds: random.milliseconds(1000, Self.spanMax))
            : Self.start - Interval(milliseconds: 10 * Self.day)
        acts.append(Act(at: at, deed: .createProfile(person: person)))
    }

    /// A chain of choices of one field, as far apart as the mode wants.
    mutating func addChoices(of person: Int, _ field: Field, _ random: inout SeededRandom) {
        var at = Self.start - Interval(milliseconds: random.milliseconds(1000, 3 * Self.day))
        if random.chance(60) { at = Self.start + .seconds(5) }
        var last: (platform: PlatformName, choice: Choice)?
        var newest: [PlatformName: Timestamp] = [:]
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            let platform: PlatformName = random.chance(50) ? .didomi : .actito
            var choice: Choice = random.chance(50) ? .granted : .denied
            if let last, random.chance(70) { choice = last.choice.opposite }
            at = at + gap(&random)
            if mode != .close, let other = newest[platform.other] {
                at = max(at, other + Self.apart)
            }
            let delay = Interval(milliseconds: random.milliseconds(1000, Self.day))
            if platform == .didomi, random.chance(10) {
                acts.append(
                    Act(
                        at: at,
                        deed: .choosePending(
                            person: person,
                            field,
                            choice,
                            confirmedAfter: delay
                        )
                    )
                )
                // It counts when it is confirmed, so nothing else may happen around that time.
                at = at + delay
            } else {
                acts.append(Act(at: at, deed: .choose(person: person, field, platform, choice)))
            }
            newest[platform] = at
            last = (platform, choice)
            if random.chance(10) {
                let deed = Act.Deed.chooseElsewhere(person: person, field, choice.opposite)
                acts.append(Act(at: at + .seconds(20), deed: deed))
            }
        }
    }

    private func gap(_ random: inout SeededRandom) -> Interval {
        if mode == .close {
            return Interval(milliseconds: random.milliseconds(10, 100_000))
        }
        let longest = random.chance(70) ? 30 * Self.minute : Self.day
        return Interval(milliseconds: random.milliseconds(200, longest))
    }

    /// What breaks, mostly while people act.
    private mutating func addTroubles(_ random: inout SeededRandom) {
        guard random.chance(85) else { return }
        let times = acts.map(\.at).filter { $0 > Self.start }
        for _ in 0..<Int.random(in: 0...5, using: &random) {
            let near = times.randomElement(using: &random) ?? Self.start
            let at = max(
                Self.start + .seconds(1),
                near + Interval(milliseconds: random.milliseconds(1, 20 * Self.minute))
                    - Interval(milliseconds: random.milliseconds(1, 2 * Self.minute))
            )
            acts.append(Act(at: at, deed: trouble(&random)))
        }
    }

    private func trouble(_ random: inout SeededRandom) -> Act.Deed {
        let platform: PlatformName = random.chance(60) ? .actito : .didomi
        // Reception may rest for less than the window, or an announcement is older than it.
        let pause = Interval(milliseconds: random.milliseconds(100, 5 * Self.minute))
        let outage = Interval(milliseconds: random.milliseconds(1000, 3 * 60 * Self.minute))
        let point = CrashPoint.allCases.randomElement(using: &random) ?? .afterTurn
        switch Int.random(in: 0..<16, using: &random) {
        case 0..<6: return .crash(point, downFor: pause)
        case 6: return .restart(downFor: pause)
        case 7:
            return .jump(Interval(milliseconds: Int64.random(in: -15000...15000, using: &random)))
        case 8, 9: return .outage(platform, outage)
        case 10: return .forbid(platform, outage)
        case 11: return .expireTokens(platform)
        case 12: return .fillDisk(pause)
        default: return .editUser(person: 0, language: random.chance(50) ? "fr" : "nl")
        }
    }

    static let minute: Int64 = 60_000
    static let day: Int64 = 86_400_000
    private static let spanMax = 2 * day
    static let apart = Interval.seconds(125)
}
