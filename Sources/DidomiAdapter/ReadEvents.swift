package import BridgeCore
package import JSON

/// The answer of `GET /consents/events` to a reading.
extension DidomiPlatform {
    /// A list in `data`, as the guide shows, or bare, as the OpenAPI says.
    ///
    /// Events of another regulation and pending ones say nothing (S5, S6).
    package func reading(of body: JSONValue, for call: PlannedCall) -> Reading {
        guard let events = body["data"]?.array ?? body.array else { return .unusable }
        let readings = events.compactMap { event -> ConsentEventReading? in
            let regulation = event["regulation"]?.string ?? Self.defaultRegulation
            let status = event["status"]?.string ?? "confirmed"
            guard regulation == settings.integration.regulation, status == "confirmed",
                let time = ["created_at", "updated_at"].lazy
                    .compactMap({ event[$0]?.string.flatMap(Timestamp.init(iso8601:)) }).first
            else { return nil }
            return ConsentEventReading(
                id: event["id"]?.string,
                isOwn: event["delegate"]?["id"]?.string == settings.delegateID,
                chosenAt: time,
                choices: choices(in: event["consents"])
            )
        }
        return .consentEvents(readings)
    }
}
