package import BridgeCore
package import JSON

/// The answer of `GET /consents/events` to a reading.
extension DidomiPlatform {
    /// A list in `data`, as the guide shows, or bare, as the OpenAPI says.
    package func reading(of body: JSONValue, for call: PlannedCall) -> Reading {
        guard let list = body["data"]?.array ?? body.array else { return .unusable }
        return call == .readUsers
            ? .users(list.map(user)) : .consentEvents(list.compactMap(consentEvent))
    }

    /// Events of another regulation and pending ones say nothing (S5, S6).
    private func consentEvent(_ event: JSONValue) -> ConsentEventReading? {
        let regulation = event["regulation"]?.string ?? Self.defaultRegulation
        let status = event["status"]?.string ?? "confirmed"
        guard regulation == settings.integration.regulation, status == "confirmed",
            let time = time(of: event, "created_at", "updated_at")
        else { return nil }
        return ConsentEventReading(
            id: event["id"]?.string,
            isOwn: event["delegate"]?["id"]?.string == settings.delegateID,
            chosenAt: time,
            heldAt: self.time(of: event, "updated_at"),
            choices: choices(in: event["consents"]),
            preferences: lists(in: event["consents"], at: time)
        )
    }

    private func user(_ user: JSONValue) -> UserReading {
        UserReading(
            id: user["id"]?.string,
            updatedAt: time(of: user, "updated_at", "created_at") ?? Timestamp(milliseconds: 0),
            choices: choices(in: user["consents"])
        )
    }

    /// The first of some times that is there.
    private func time(of object: JSONValue, _ names: String...) -> Timestamp? {
        names.lazy.compactMap { object[$0]?.string.flatMap(Timestamp.init(iso8601:)) }.first
    }
}
