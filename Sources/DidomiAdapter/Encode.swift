package import BridgeCore
import HTTPTypes
import JSON

/// Calls to requests: one consent event for each write, the person's events for a read.
extension DidomiPlatform {
    package func encode(_ call: Call, with access: Access) -> PlatformRequest? {
        guard let key = call.subject.key else {
            preconditionFailure("a call to Didomi for somebody whose key is unknown")
        }
        switch call.delivery.call {
        case .write(let write):
            guard let event = call.delivery.event else {
                preconditionFailure("a write to Didomi without an event id")
            }
            if call.delivery.asksForEvent { return question(for: event, access) }
            guard let consents = consents(with: write.choices, call.preferences) else { return nil }
            return PlatformRequest(
                method: .post,
                url: "\(api.url)/consents/events?\(organization)\(integrationsFlag)",
                headers: headers(access, hasBody: true),
                body: body(of: event, for: user(of: write, key), consents).serialized()
            )
        case .readConsentEvents, .readProfile:
            return read("consents/events", key, access)
        case .readUsers:
            return read("consents/users", key, access)
        }
    }

    /// Either of the two ids names the user (`contracts/didomi.md` section 2).
    private func user(of write: PlannedWrite, _ key: SubjectKey) -> JSONValue {
        if let id = write.userID { return ["id": .string(id)] }
        return ["organization_user_id": .string(key.text)]
    }

    private func question(for event: OwnEvent, _ access: Access) -> PlatformRequest {
        PlatformRequest(
            method: .get,
            url: "\(api.url)/consents/events/\(event.id.percentEncoded)?\(organization)",
            headers: headers(access)
        )
    }

    private func read(_ path: String, _ key: SubjectKey, _ access: Access) -> PlatformRequest {
        let query =
            "\(organization)&organization_user_id=\(key.text.percentEncoded)"
            + "&regulation=\(settings.integration.regulation.percentEncoded)"
        return PlatformRequest(
            method: .get,
            url: "\(api.url)/\(path)?\(query)",
            headers: headers(access)
        )
    }

    /// Attributes never go to Didomi.
    package func attributesLeftOut(of call: Call, with access: Access) -> [AttributeFault] { [] }

    private func body(
        of event: OwnEvent,
        for user: JSONValue,
        _ consents: JSONValue
    ) -> JSONValue {
        var body = JSONObject()
        body["id"] = .string(event.id)
        body["organization_id"] = settings.organizationID.map(JSONValue.string)
        body["created_at"] = .string(event.createdAt.iso8601)
        body["regulation"] = .string(settings.integration.regulation)
        body["user"] = user
        body["consents"] = consents
        body["delegate"] = ["id": .string(settings.delegateID), "name": "Actito"]
        return .object(body)
    }

    var organization: String {
        "organization_id=\((settings.organizationID ?? "").percentEncoded)"
    }

    private var integrationsFlag: String {
        api.disablesIntegrations ? "&$disable_integrations=true" : ""
    }

    func headers(_ access: Access, hasBody: Bool = false) -> HTTPFields {
        var headers: HTTPFields = [.accept: "application/json"]
        if let token = access.token { headers[.authorization] = "Bearer \(token.text)" }
        if hasBody { headers[.contentType] = "application/json" }
        return headers
    }
}
