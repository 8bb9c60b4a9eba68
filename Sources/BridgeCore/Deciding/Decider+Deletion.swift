/// What is gone at Didomi (design section 4): the event is not inverted, the person is read.
extension Decider {
    mutating func decideDeletion(_ kind: Deletion.Kind, _ arrival: Arrival) -> Outcome? {
        if kind == .user, !settings.withdrawsDeletedUsers { return .ignored(.noMappedField) }
        // Without Didomi's API nothing can be read.
        guard settings.isBidirectional else { return .ignored(.bidirectionalOff) }
        let receipt = arrival.receipt
        // Of the receipt, but after what was deleted, if Didomi's clock is before ours.
        let latest = capped(arrival.timeAtDidomi, .denied, receivedAt: receipt.at)
        var deletion = Deletion(
            kind: kind,
            change: receipt.change,
            receivedAt: max(receipt.at, latest)
        )
        deletion.isDisturbed = areUsersBeingRead
        snapshot.deletions.append(deletion)
        return nil
    }

    /// What the person's users hold now.
    ///
    /// A no is a withdrawal as of the deletion's receipt; a yes, or nothing, changes nothing.
    mutating func conclude(_ users: [UserReading]) {
        let newestFirst = users.sorted { $0.updatedAt > $1.updatedAt }
        for deletion in snapshot.deletions where !deletion.isDisturbed {
            var isApplied = false
            // Also what is not known of the person yet: an older choice may still be on its way.
            let fields = Set(snapshot.fields.keys).union(settings.mapping.fieldsAtDidomi)
            for field in fields.sorted() {
                let shown = newestFirst.lazy.compactMap { $0.choices[field] }.first
                let isWithdrawn =
                    switch deletion.kind {
                    case .event: shown == .denied
                    case .user: users.isEmpty
                    }
                guard isWithdrawn, withdraw(field, by: deletion) == .applied else { continue }
                isApplied = true
            }
            resolutions.append(
                Resolution(
                    change: deletion.change,
                    outcome: isApplied ? .applied : .ignored(.unchanged)
                )
            )
        }
        snapshot.deletions.removeAll { !$0.isDisturbed }
    }

    /// The read is refused for good: nothing is known of what the deletion changed.
    mutating func abandonDeletions() {
        resolutions += snapshot.deletions.map {
            Resolution(change: $0.change, outcome: .ignored(.unknownEvent))
        }
        snapshot.deletions = []
    }

    private mutating func withdraw(_ field: Field, by deletion: Deletion) -> Outcome? {
        decide(
            Change(.choice(field, .denied), chosenAt: deletion.receivedAt, basis: .shown),
            Receipt(change: deletion.change, origin: .didomi, at: deletion.receivedAt)
        )
    }
}
