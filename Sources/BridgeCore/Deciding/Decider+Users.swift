/// Several Didomi users with one key: a write by the key reaches one of them (design section 4).
extension Decider {
    /// A user that a webhook named.
    package mutating func note(user id: String) {
        // More than a person has, and no list without an end.
        if snapshot.users.count < Self.usersMax { snapshot.users.insert(id) }
    }

    /// A withdrawal of ours is acknowledged: further users of the key may still show the grant.
    ///
    /// Not for preferences, which are written as a list: another user's list is not known.
    mutating func checkUsers(after write: PlannedWrite) {
        guard snapshot.users.count > 1 else { return }
        for (field, choice) in write.choices where choice == .denied {
            if case .preference = field { continue }
            snapshot.fieldsToCheck.insert(field)
        }
    }

    /// Each user that still shows the grant gets one event of its own.
    mutating func findLaggingUsers(among users: [UserReading]) {
        for field in snapshot.fieldsToCheck {
            guard let state = snapshot.fields[field], state.register?.choice == .denied,
                let writtenAt = state.didomi.withdrawal?.acceptedAt
            else { continue }
            for user in users where user.choices[field] == .granted {
                // One that changed since is on its way to us as a choice of its own.
                guard let id = user.id, user.updatedAt <= writtenAt + Self.toldApart else {
                    continue
                }
                snapshot.laggingUsers[id, default: []].insert(field)
            }
        }
        snapshot.fieldsToCheck = []
    }

    /// The person granted the field again: its users are told nothing any more.
    mutating func forgetLaggingUsers(of field: Field) {
        snapshot.fieldsToCheck.remove(field)
        snapshot.laggingUsers = snapshot.laggingUsers
            .mapValues { $0.subtracting([field]) }.filter { !$0.value.isEmpty }
    }

    /// A write to one user was taken, with the time of its event; or an operator gave it up.
    mutating func finish(_ write: PlannedWrite, ofUser id: String, at time: Timestamp?) {
        if let time {
            // A choice that Didomi holds as older than our event is hidden there (D1).
            for field in write.choices.keys {
                let known = snapshot.fields[field]?.newestTimeAtDidomi
                snapshot.fields[field]?.newestTimeAtDidomi = max(known ?? time, time)
            }
        }
        let left = (snapshot.laggingUsers[id] ?? []).subtracting(write.choices.keys)
        snapshot.laggingUsers[id] = left.isEmpty ? nil : left
    }

    private static let usersMax = 20
}

/// The withdrawal that one of Didomi's users of the person is owed, the first by its id.
func laggingUserWrite(_ snapshot: Snapshot) -> PlannedCall? {
    guard let (id, fields) = snapshot.laggingUsers.min(by: { $0.key < $1.key }) else { return nil }
    var write = PlannedWrite(
        choices: Dictionary(uniqueKeysWithValues: fields.map { ($0, Choice.denied) })
    )
    write.userID = id
    return .write(write)
}
