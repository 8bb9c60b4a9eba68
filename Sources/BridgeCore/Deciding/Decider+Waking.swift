/// What becomes due without any news of the person (A5, a skipped withdrawal).
extension Decider {
    /// The moments that the snapshot waits for, up to now, have come.
    package mutating func wake(at now: Timestamp) {
        for field in snapshot.fields.keys {
            guard let due = snapshot.fields[field]?.lateCheckAt, due <= now else { continue }
            snapshot.fields[field]?.lateCheckAt = nil
            snapshot.fields[field]?.needsLateCheck = true
        }
        if let retryAt = snapshot.profileRetryAt, retryAt <= now {
            snapshot.profileRetryAt = nil
            snapshot.isProfileRetryDue = true
        }
    }

    /// Actito has no such profile.
    ///
    /// A withdrawal that found nobody under the key goes to the profile's number, whose key may have
    /// changed without our being told (A6); one that found nobody at all is tried once a day for a
    /// week (design section 5).
    package mutating func missProfile(_ delivery: OpenDelivery, at now: Timestamp) {
        if snapshot.isKeyChanged {
            snapshot.isKeyChanged = false
        } else if delivery.call.kind == .withdrawal, snapshot.profileID != nil {
            snapshot.isKeyChanged = true
            return
        }
        let since = snapshot.profileMissingSince ?? now
        snapshot.profileMissingSince = since
        snapshot.isProfileRetryDue = false
        snapshot.profileRetryAt = nil
        if delivery.call.kind == .withdrawal, now - since < Self.retryPeriod {
            snapshot.profileRetryAt = now + Self.retryPause
        }
    }

    private static let retryPause = Interval.seconds(86_400)
    private static let retryPeriod = Interval.seconds(7 * 86_400)
}
