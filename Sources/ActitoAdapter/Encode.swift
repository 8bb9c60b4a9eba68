package import BridgeCore
import HTTPTypes
import JSON

/// Calls to requests: `PATCH` of one profile, `PUT` to create it, `GET` to read it.
extension ActitoPlatform {
    package func encode(_ call: Call, with access: Access) -> PlatformRequest? {
        guard let tableID = access.schema?.tableID else {
            preconditionFailure("a call before the session is prepared")
        }
        let profiles = url("profiles", "/profile-tables/\(tableID.percentEncoded)/profiles")
        switch call.delivery.call {
        case .readProfile, .readConsentEvents, .readUsers:
            return PlatformRequest(
                method: .get,
                url: "\(profiles)/\(profileKey(of: call))\(subscriptionsQuery)",
                headers: headers(access)
            )
        case .write(let write):
            guard let key = call.subject.key else {
                preconditionFailure("a write for somebody whose key is unknown")
            }
            return encode(write, key, call, to: profiles, with: access)
        }
    }

    private func encode(
        _ write: PlannedWrite,
        _ key: SubjectKey,
        _ call: Call,
        to profiles: String,
        with access: Access
    ) -> PlatformRequest? {
        var attributes = knownAttributes(of: write, access)
        let subscriptions = subscriptions(of: write)
        if attributes.isEmpty, subscriptions.isEmpty { return nil }
        var body = JSONObject()
        if call.delivery.createsProfile {
            let uniqueKey = settings.integration.uniqueKeyAttribute
            body["key"] = .object(
                JSONObject(uniqueMembers: [.init(name: uniqueKey, value: .string(key.text))])
            )
            // V5 wants the key among the attributes too.
            attributes.insert(.init(name: uniqueKey, value: .string(key.text)), at: 0)
        }
        if !attributes.isEmpty {
            body["attributes"] = .object(JSONObject(uniqueMembers: attributes))
        }
        if !subscriptions.isEmpty {
            body["subscriptions"] = .object(JSONObject(uniqueMembers: subscriptions))
        }
        return PlatformRequest(
            method: call.delivery.createsProfile ? .put : .patch,
            url: call.delivery.createsProfile
                ? profiles : "\(profiles)/\(profileKey(of: call))",
            headers: headers(access, hasBody: true),
            body: JSONValue.object(body).serialized()
        )
    }

    /// Only attributes that the table has: what Actito does with another one is not documented,
    /// and it must not cost the person the consent.
    private func knownAttributes(
        of write: PlannedWrite,
        _ access: Access
    ) -> [JSONObject.Member] {
        write.attributes.sorted { $0.key < $1.key }
            .filter { name, _ in access.schema?.attributes?.contains(name) ?? true }
            .map { JSONObject.Member(name: $0.key, value: $0.value) }
    }

    private func subscriptions(of write: PlannedWrite) -> [JSONObject.Member] {
        settings.integration.mapping.rules.compactMap { rule in
            write.choices[rule.field].map { choice in
                JSONObject.Member(name: rule.subscription, value: .bool(choice.isGranted))
            }
        }
    }

    /// `emailAddress=claire%40example.com`, or the profile's number.
    private func profileKey(of call: Call) -> String {
        if call.isKeyChanged, let id = call.profileID { return id.percentEncoded }
        return switch call.subject {
        case .key(let key):
            "\(settings.integration.uniqueKeyAttribute.percentEncoded)=\(key.text.percentEncoded)"
        case .profile(let id):
            id.percentEncoded
        }
    }

    private var subscriptionsQuery: String {
        let names = settings.integration.mapping.subscriptions.map(\.percentEncoded)
        return "?subscriptions=\(names.joined(separator: ","))"
    }
}
