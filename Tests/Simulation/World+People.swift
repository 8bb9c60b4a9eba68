import BridgeTesting
import BridgeCore
import JSON

/// What people and operators do.
extension World {
    static func key(of person: Int) -> String {
        ["claire@example.com", "noor+1@example.org", "lee@example.com"][person]
    }

    func carryOut(_ deed: Act.Deed) {
        switch deed {
        case .choose(let person, let field, .didomi, let choice):
            recordAtDidomi(person, field, choice)
        case .choose(let person, let field, .actito, let choice):
            chooseAtActito(person, field, choice)
        case .choosePending(let person, let field, let choice, let delay):
            let id = recordAtDidomi(person, field, choice, isPending: true)
            let matter = Oracle.Matter(key: Self.key(of: person), field: field)
            agenda.plan(.confirm(id, matter, choice), at: now + delay)
        case .chooseElsewhere(let person, let field, let choice):
            recordAtDidomi(person, field, choice, regulation: "cpra")
        case .editUser(let person, let language):
            trace("\(Self.key(of: person)) gets language \(language) at Didomi")
            announce(didomi.edit(usedUser(of: person), language: language, at: now), .didomi)
        case .createProfile(let person):
            createProfile(Self.key(of: person))
        case .takeUser(let person, let number):
            usedUsers[person] = number
        case .deleteEvent(let person, let place):
            deleteEvent(place, of: Self.key(of: person))
        case .deleteUser(let person, let number):
            deleteUser(Self.user(number, of: person), of: Self.key(of: person))
        case .changeKey(let person):
            changeKey(of: Self.key(of: person))
        case .deleteProfile(let person):
            deleteProfile(of: Self.key(of: person))
        case .decideHeld(let releases):
            operatorReleases = releases
            planTurn(at: now)
        case .crash(let point, let pause):
            armedCrash = (point, pause)
        case .restart(let pause):
            stopBridge(downFor: pause)
        case .jump(let jump):
            clockError = Interval(
                milliseconds: clockError.milliseconds + jump.milliseconds
            )
            bridge?.callsBegun = []
            reach("clock_jump")
            trace("the bridge's clock jumps by \(jump.seconds) s")
            planTurn(at: now)
        case .outage(let platform, let length):
            outageUntil[platform] = now + length
            trace("\(platform) is down for \(length.seconds) s")
        case .forbid(let platform, let length):
            forbiddenUntil[platform] = now + length
            trace("\(platform) refuses our rights for \(length.seconds) s")
        case .expireTokens(.actito): actito.tokens = [:]
        case .expireTokens(.didomi): didomi.tokens = [:]
        case .fillDisk(let length):
            diskFullUntil = now + length
            trace("the disk is full for \(length.seconds) s")
        }
    }

    @discardableResult
    private func recordAtDidomi(
        _ person: Int,
        _ field: Field,
        _ choice: Choice,
        isPending: Bool = false,
        regulation: String = "gdpr"
    ) -> String {
        let key = Self.key(of: person)
        let id = "event-\(didomi.events.count)"
        if usedUsers[person] == 1 { reach("second_user_chooses") }
        trace(
            "\(key) chooses \(field.name) \(choice.rawValue) at Didomi"
                + (isPending ? " (pending)" : "")
                + (regulation == "gdpr" ? "" : " for \(regulation)")
        )
        if !isPending, regulation == "gdpr" {
            note(Oracle.Matter(key: key, field: field), .didomi, choice)
        }
        let event = ModelDidomi.Event(
            id: id,
            key: key,
            userID: usedUser(of: person),
            createdAt: now,
            updatedAt: now,
            isPending: isPending,
            regulation: regulation,
            choices: [field: choice],
            metadata: chance.chance(20) ? ["language": chance.chance(50) ? "fr" : "nl"] : [:],
            delegate: nil,
            number: 0
        )
        announce(didomi.record(event, at: now), .didomi)
        return id
    }

    func confirm(_ id: String, _ matter: Oracle.Matter, _ choice: Choice) {
        // It may have been deleted meanwhile.
        guard didomi.index(ofEvent: id) != nil else { return }
        trace("\(matter.key) confirms \(matter.field.name) \(choice.rawValue) at Didomi")
        reach("confirmation")
        note(matter, .didomi, choice)
        announce(didomi.confirm(id, at: now), .didomi)
    }

    /// Nobody can unsubscribe from what they have no subscription of.
    private func chooseAtActito(_ person: Int, _ field: Field, _ choice: Choice) {
        let person = Self.key(of: person)
        let key = actitoKey(of: person)
        guard let name = ModelActito.subscriptionByField[field], actito.profiles[key] != nil,
            actito.holdsGrant(field, key) != choice.isGranted
        else { return }
        trace("\(key) chooses \(field.name) \(choice.rawValue) at Actito")
        note(Oracle.Matter(key: person, field: field), .actito, choice)
        announce(actito.set([name: choice.isGranted], of: key), .actito)
    }

    func note(
        _ matter: Oracle.Matter,
        _ platform: PlatformName,
        _ choice: Choice,
        _ cause: Oracle.TrueChoice.Cause = .person
    ) {
        report.choices += 1
        var note = Oracle.TrueChoice(at: now, platform: platform, choice: choice, cause: cause)
        note.isUnderOtherKey =
            platform == .actito && changedKeys[matter.key] != nil
            && !schedule.style.namesOnlyProfile
        oracle.note(note, of: matter)
    }
}
