/// Preferences: Didomi gives and takes the list of a preference's values as a whole.
extension Decider {
    /// Keeps a list that Didomi was seen to hold, if it is no older than the known one.
    package mutating func note(_ list: PreferenceList) {
        let known = snapshot.preferences[list.id]
        if let known, list.seenAt < known.seenAt { return }
        snapshot.preferences[list.id] = list
        guard list.values != known?.values else { return }
        for case .preference(let id, let value) in snapshot.fields.keys where id == list.id {
            // What could not be written before perhaps can be now.
            snapshot.fields[.preference(id: id, value: value)]?.didomi.isRefused = false
        }
    }

    /// Whether a list only repeats a value that it held already.
    ///
    /// A list is a full state (rule S4): a value that a withdrawal at Actito took away, and that
    /// Didomi could not be told to drop, comes with every list and is no new choice.
    mutating func repeatsList(_ field: Field, _ choice: Choice) -> Bool {
        guard case .preference(let id, let value) = field, choice == .granted,
            snapshot.fields[field]?.register?.choice == .denied,
            snapshot.preferences[id]?.values.contains(value) == true
        else { return false }
        // Didomi shows a grant: the withdrawal is still owed.
        snapshot.fields[field]?.didomi.choice = nil
        return true
    }

    /// Didomi took a write: its lists are known to hold it.
    mutating func noteWritten(_ write: PlannedWrite, _ event: OwnEvent?) {
        for case (.preference(let id, let value), let choice) in write.choices
        where value != Field.switchValue {
            guard
                var list = snapshot.preferences[id]
                    ?? snapshot.listToWrite(of: id, settings.mapping)
            else { continue }
            list.values.removeAll { $0 == value }
            if choice == .granted { list.values.append(value) }
            if let event { list.seenAt = max(list.seenAt, event.createdAt) }
            snapshot.preferences[id] = list
        }
    }
}

extension Snapshot {
    /// What Didomi is to list for each preference of which the person has choices: the list as last
    /// seen without what is denied, and with what is granted.
    ///
    /// None for a preference whose purpose nobody named. An empty list is never written, since what
    /// Didomi makes of it is not known (`contracts/didomi.md`, open question 11).
    package func listsToWrite(_ mapping: MappingTable) -> [String: PreferenceList] {
        var lists: [String: PreferenceList] = [:]
        for case .preference(let id, _) in fields.keys where lists[id] == nil {
            lists[id] = listToWrite(of: id, mapping)
        }
        return lists
    }

    fileprivate func listToWrite(of id: String, _ mapping: MappingTable) -> PreferenceList? {
        let seen = preferences[id]
        guard let purpose = mapping.purpose(ofPreference: id) ?? seen?.purpose else { return nil }
        var values = seen?.values ?? []
        for (field, state) in fields.sorted(by: { $0.key < $1.key }) {
            guard case .preference(id, let value) = field, let choice = state.register?.choice
            else {
                continue
            }
            if value == Field.switchValue { continue }
            if choice == .denied {
                values.removeAll { $0 == value }
            } else if !values.contains(value) {
                values.append(value)
            }
        }
        return PreferenceList(
            id: id,
            purpose: purpose,
            values: values,
            seenAt: seen?.seenAt ?? Timestamp(milliseconds: 0)
        )
    }
}
