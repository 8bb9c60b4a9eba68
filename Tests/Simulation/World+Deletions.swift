import Bridge
import BridgeCore
import Storage

/// What becomes of people's records besides what they choose: other keys, and deletions.
extension World {
    static func user(_ number: Int, of person: Int) -> String {
        "user-\(key(of: person))" + (number == 0 ? "" : "-\(number + 1)")
    }

    func usedUser(of person: Int) -> String { Self.user(usedUsers[person] ?? 0, of: person) }

    /// The key under which a person's profile is at Actito.
    func actitoKey(of key: String) -> String { changedKeys[key] ?? key }

    func createProfile(_ key: String) {
        // Somebody whose key changed has a profile.
        guard actito.profiles[actitoKey(of: key)] == nil else { return }
        if changedKeys.removeValue(forKey: key) != nil { reach("profile_again_under_old_key") }
        if deletedProfiles.values.contains(key) { reach("profile_again") }
        trace("\(key) gets a profile at Actito")
        announce(actito.create(key), .actito)
    }

    /// What a key's users hold at Didomi, of each field what the user shows that changed last.
    func shownAtDidomi(_ key: String) -> [Field: Choice] {
        var shown: [Field: Choice] = [:]
        for user in didomi.users(of: key) {
            shown.merge(didomi.choices(ofUser: user)) { known, _ in known }
        }
        return shown
    }

    /// What is left may be a no, which then counts as a withdrawal; a yes, or nothing, changes
    /// nothing (design section 4).
    func deleteEvent(_ place: Int, of key: String) {
        let before = shownAtDidomi(key)
        let announced = didomi.deleteEvent(place, of: key, at: now)
        guard !announced.isEmpty else { return }
        trace("an event of \(key) is deleted at Didomi")
        reach("event_deleted")
        for (field, choice) in shownAtDidomi(key) where choice == .denied {
            guard before[field] != .denied else { continue }
            reach("event_deleted_withdraws")
            note(Oracle.Matter(key: key, field: field), .didomi, .denied, .deletedEvent)
        }
        announce(announced, .didomi)
    }

    func deleteUser(_ id: String, of key: String) {
        let announced = didomi.deleteUser(id, at: now)
        guard !announced.isEmpty else { return }
        trace("\(id) is deleted at Didomi")
        if !didomi.users(of: key).isEmpty {
            reach("user_deleted_another_remains")
        } else if schedule.style.withdrawsDeletedUsers {
            reach("user_deleted_withdraws")
            for matter in oracle.matters where matter.key == key {
                note(matter, .didomi, .denied, .deletedUser)
            }
        } else {
            reach("user_deleted_ignored")
        }
        announce(announced, .didomi)
    }

    func changeKey(of key: String) {
        let newKey = "new." + key
        let announced = actito.changeKey(of: key, to: newKey)
        guard !announced.isEmpty else { return }
        changedKeys[key] = newKey
        trace("\(key) becomes \(newKey) at Actito")
        reach("key_change")
        announce(announced, .actito)
    }

    func deleteProfile(of key: String) {
        let isToldApart = changedKeys[key] != nil && !schedule.style.namesOnlyProfile
        let isKnown = (try? isNumberKnown(of: key)) ?? false
        let id = actito.profiles[actitoKey(of: key)]?.id
        let announced = actito.delete(actitoKey(of: key))
        guard let id, !announced.isEmpty else { return }
        deletedProfiles[id] = key
        // Nobody can be told any more whose it was.
        if schedule.style.namesOnlyProfile, !isKnown { hasUnknownDeletion.insert(key) }
        trace("the profile of \(key) is deleted at Actito")
        if !schedule.style.withdrawsDeletedProfiles {
            reach("profile_deleted_ignored")
        } else if !isToldApart, isKnown || !schedule.style.namesOnlyProfile {
            // Under another key it is `key_changed`; of a number that was never told nobody knows
            // whose it was.
            reach("profile_deleted_withdraws")
            for matter in oracle.matters where matter.key == key {
                note(matter, .actito, .denied, .deletedProfile)
            }
        }
        announce(announced, .actito)
    }

    /// Whether the bridge was told that the profile's number is this person's.
    func isNumberKnown(of key: String) throws -> Bool {
        guard let profile = actito.profiles[actitoKey(of: key)] else { return false }
        return try store.subject(ofProfile: profile.id, in: Self.integration)?.text == key
    }

    /// The person behind a key that may have changed.
    func person(of key: String) -> String {
        changedKeys.first { $0.value == key }?.key ?? key
    }
}
