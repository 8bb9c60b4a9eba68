import HTTPTypes
import JSON

/// What Didomi tells about an event or a user, before it is laid out.
struct DidomiNews: Sendable {
    let type: SandboxConfiguration.DidomiEventType
    /// Whom it is about.
    let person: String?
    let regulation: String
    /// The documented parameters: `entity`, or `source`, `old_entity` and `new_entity`.
    let parameters: JSONObject

    init(
        _ type: SandboxConfiguration.DidomiEventType,
        person: String?,
        regulation: String,
        parameters: JSONObject
    ) {
        self.type = type
        self.person = person
        self.regulation = regulation
        self.parameters = parameters
    }

    /// News with one entity.
    init(
        _ type: SandboxConfiguration.DidomiEventType,
        about event: DidomiEvent,
        entity: JSONValue
    ) {
        self.init(
            type,
            person: event.user.organizationUserID ?? event.user.id,
            regulation: event.regulation,
            parameters: JSONObject(uniqueMembers: [.init(name: "entity", value: entity)])
        )
    }

    /// News with the entity before and after.
    init(
        _ type: SandboxConfiguration.DidomiEventType,
        about event: DidomiEvent,
        source: JSONValue = .null,
        change: (old: JSONValue, new: JSONValue)
    ) {
        self.init(
            type,
            person: event.user.organizationUserID ?? event.user.id,
            regulation: event.regulation,
            parameters: JSONObject(uniqueMembers: [
                .init(name: "source", value: source),
                .init(name: "old_entity", value: change.old),
                .init(name: "new_entity", value: change.new),
            ])
        )
    }

    /// The webhook's body.
    ///
    /// Contract: `didomi.md`, section 1: "Only `entity` and `new_entity` are flattened, and they
    /// merge into a single `entity` property"; where that stands is unknown, hence three layouts.
    func body(in layout: SandboxConfiguration.DidomiLayout) -> JSONValue {
        var body = JSONObject(uniqueMembers: [
            .init(name: "type", value: .string(type.rawValue)),
            .init(name: "regulation", value: .string(regulation)),
        ])
        guard layout != .nested else {
            body["parameters"] = .object(parameters)
            return .object(body)
        }
        let merged = ["entity", "new_entity"]
        var rest = JSONObject(
            uniqueMembers: parameters.members.filter { !merged.contains($0.name) }
        )
        let entity = parameters["entity"] ?? parameters["new_entity"] ?? .null
        switch layout {
        case .nested: break
        case .entity:
            rest["entity"] = .object(Flattening(hasIndexes: false).flat(entity))
            body["parameters"] = .object(rest)
        case .root:
            for member in rest.members { body[member.name] = member.value }
            for member in Flattening(hasIndexes: false).flat(entity).members {
                body["entity__\(member.name)"] = member.value
            }
        case .index:
            for member in rest.members { body[member.name] = member.value }
            body["entity"] = .object(Flattening(hasIndexes: true).flat(entity))
        }
        return .object(body)
    }
}

/// Didomi's option "Flatten": one object whose names are paths, joined by `__`.
private struct Flattening {
    /// Whether choices are told apart by their place in the array, else by their id.
    let hasIndexes: Bool

    func flat(_ json: JSONValue) -> JSONObject {
        var members: [JSONObject.Member] = []
        collect(json, at: [], into: &members)
        return JSONObject(uniqueMembers: members)
    }

    private func collect(
        _ json: JSONValue,
        at path: [String],
        into members: inout [JSONObject.Member]
    ) {
        switch json {
        case .object(let object):
            for member in object.members {
                collect(member.value, at: path + [member.name], into: &members)
            }
        case .array(let elements):
            for (index, element) in elements.enumerated() {
                if !hasIndexes, var choice = element.object, let id = choice["id"]?.string {
                    choice["id"] = nil
                    collect(.object(choice), at: path + [id], into: &members)
                } else {
                    collect(element, at: path + [String(index)], into: &members)
                }
            }
        case .null, .bool, .number, .string:
            members.append(.init(name: path.joined(separator: "__"), value: json))
        }
    }
}

extension DidomiPlatform {
    /// The webhooks to the bridge and to every registered address.
    func told(_ news: DidomiNews) -> [OutgoingWebhook] {
        guard eventTypes.contains(news.type) else { return [] }
        let body = news.body(in: layout)
        let person = news.person ?? ""
        var toBridge = OutgoingWebhook(
            person: person,
            destination: .bridge(path: webhookPath),
            body: body
        )
        toBridge.oauth = oauth
        return [toBridge]
            + integrations.compactMap { integration in
                guard let address = integration.webhookURL else { return nil }
                var webhook = OutgoingWebhook(
                    person: person,
                    destination: .address(address),
                    body: body
                )
                webhook.oauth = integration.oauth(style: oauth?.style ?? .json)
                return webhook
            }
    }
}
