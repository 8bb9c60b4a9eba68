/// Several Didomi users with one key: a write by the key reaches one of them, and a choice is one
/// user's (design section 4).
extension Decider {
    /// A user that a webhook names; false: it is known.
    package mutating func note(user id: String) -> Bool {
        // More than a person has, and no list without an end.
        guard snapshot.users.count < Self.usersMax, snapshot.users.insert(id).inserted else {
            return false
        }
        // What was withdrawn before it was known has not reached it.
        checkUsers(of: snapshot.fields.keys)
        return true
    }

    /// Users of the key may still show the grant of what is withdrawn: they have to be read.
    ///
    /// Not for preferences, which are written as a list: another user's list is not known.
    mutating func checkUsers(of fields: some Sequence<Field>) {
        guard snapshot.users.count > 1, settings.isBidirectional else { return }
        for field in fields where snapshot.fields[field]?.register?.choice == .denied {
            if case .preference = field { continue }
            guard settings.mapping.isHeld(field, at: .didomi) else { continue }
            snapshot.fieldsToCheck.insert(field)
            if areUsersBeingRead { snapshot.fieldsToCheckAgain.insert(field) }
        }
    }

    var areUsersBeingRead: Bool {
        let open = snapshot.open[.didomi]
        return open?.isInFlight == true && open?.call == .readUsers
            || snapshot.readingStored.contains(.didomi)
    }

    /// Each user that still shows the grant gets one event of its own.
    mutating func findLaggingUsers(among users: [UserReading]) {
        for field in snapshot.fieldsToCheck {
            // A grant that is not decided yet stays as the person left it.
            guard let state = snapshot.fields[field], state.register?.choice == .denied,
                state.heldGrant?.origin != .didomi, state.verification?.cause != .lateFromDidomi
            else { continue }
            // A grant that is on its way to us counts all the same when it comes (D1).
            for user in users where user.choices[field] == .granted {
                if let id = user.id { snapshot.laggingUsers[id, default: []].insert(field) }
            }
        }
        snapshot.fieldsToCheck = snapshot.fieldsToCheckAgain
    }

    /// The person granted the field again: its users are told nothing any more.
    mutating func forgetLaggingUsers(of field: Field) {
        snapshot.fieldsToCheck.remove(field)
        snapshot.fieldsToCheckAgain.remove(field)
        snapshot.laggingUsers = snapshot.laggingUsers
            .mapValues { $0.subtracting([field]) }.filter { !$0.value.isEmpty }
    }

    /// A write to one user may have been taken, with the time of its event: a choice that Didomi
    /// holds as older is hidden there (D1).
    mutating func noteWritten(toUser write: PlannedWrite, at time: Timestamp) {
        for field in write.choices.keys {
            let known = snapshot.fields[field]?.newestTimeAtDidomi
            snapshot.fields[field]?.newestTimeAtDidomi = max(known ?? time, time)
            // So is one that came while it was on its way.
            if snapshot.fields[field]?.register?.choice == .granted {
                snapshot.fields[field]?.didomi.choice = nil
            }
        }
    }

    /// A write to one user was taken, or an operator gave it up.
    mutating func finish(_ write: PlannedWrite, ofUser id: String) {
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
