import BridgeCore
import JSON

/// Didomi's six webhook types.
enum WebhookType: String {
    case eventCreated = "event.created"
    case eventUpdated = "event.updated"
    case eventDeleted = "event.deleted"
    case userCreated = "user.created"
    case userUpdated = "user.updated"
    case userDeleted = "user.deleted"

    var isAboutEvent: Bool {
        switch self {
        case .eventCreated, .eventUpdated, .eventDeleted: true
        case .userCreated, .userUpdated, .userDeleted: false
        }
    }
}

/// The parts of a webhook's envelope.
///
/// An event keeps the person under `user`, a user is the person.
struct Webhook {
    var type: WebhookType
    var entity: JSONValue
    var old: JSONValue?
    /// The event that made a user change, if the webhook names one.
    var source: JSONValue?
    /// Without `old_entity`, by Didomi's option.
    var isFlattened = false

    var organizationUserID: String? {
        let person = type.isAboutEvent ? entity["user"] : entity
        return person?["organization_user_id"]?.string
    }

    /// The user; a deleted one is none any more.
    var userID: String? {
        switch type {
        case .userDeleted: nil
        case .userCreated, .userUpdated: entity["id"]?.string
        case .eventCreated, .eventUpdated, .eventDeleted: entity["user"]?["id"]?.string
        }
    }

    func metadata(of entity: JSONValue) -> JSONObject? {
        let person = type.isAboutEvent ? entity["user"] : entity
        return person?["metadata"]?.object
    }

    /// The consent event behind the webhook.
    var eventID: String? {
        type.isAboutEvent ? entity["id"]?.string : source?["id"]?.string
    }

    var delegateID: String? {
        (type.isAboutEvent ? entity : source)?["delegate"]?["id"]?.string
    }

    /// Such events are not applied to the person yet (S5).
    var isPending: Bool { entity["status"]?.string == Self.pendingStatus }
    var wasPending: Bool { old?["status"]?.string == Self.pendingStatus }

    /// A time of the entity; `updated_at` falls back to `created_at`, and the other way round.
    func time(_ name: String) -> Timestamp? {
        let other = name == "created_at" ? "updated_at" : "created_at"
        return [name, other].lazy
            .compactMap { entity[$0]?.string.flatMap(Timestamp.init(iso8601:)) }.first
    }

    private static let pendingStatus = "pending_approval"
}
