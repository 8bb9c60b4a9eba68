import BridgeCore
import HTTPTypes
import JSON
import Storage

/// A webhook's body to what is stored of it.
extension Receiver.Webhook {
    /// The body, if it is JSON that may hold changes.
    func parse() -> Result<JSONValue, Refusal> {
        if let coding = request.headers[.contentEncoding], coding.lowercased() != "identity" {
            return .failure(Refusal(.unsupportedCoding))
        }
        do {
            let payload = try JSONValue(parsing: request.body)
            let elements = payload.array ?? payload["data"]?.array ?? []
            if elements.count > Self.bulkElementsMax { return .failure(Refusal(.bulkTooLarge)) }
            switch payload {
            case .object, .array: return .success(payload)
            case .null, .bool, .number, .string: return .failure(Refusal(.notAnObject))
            }
        } catch {
            return .failure(Refusal(.notJSON(error)))
        }
    }

    /// What goes into the inbox.
    func entry(
        _ payload: JSONValue,
        for integrations: [IntegrationName],
        at now: Timestamp
    ) -> NewInboxEntry {
        NewInboxEntry(
            platform: platform,
            integrations: integrations,
            type: type(of: payload),
            event: event,
            identity: senderIdentity(of: payload, from: platform),
            payload: request.body,
            receivedAt: now
        )
    }

    /// What people see in the inbox: bounded, and never a value of a person.
    private func type(of payload: JSONValue) -> String {
        let named =
            switch platform {
            case .didomi: payload["type"]?.string
            case .actito: payload["eventType"]?.string ?? event
            }
        let type = named ?? (platform == .actito ? "UPDATED_SUBSCRIPTION" : "unknown")
        return String(type.prefix(64))
    }

    /// `interface.md` section 7.
    private static let bulkElementsMax = 10_000
}
