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
        var attributes = metadata(of: write, access).taken
        var subscriptions: [JSONObject.Member] = []
        for rule in settings.integration.mapping.rules {
            guard let choice = write.choices[rule.heldField] else { continue }
            let isOn = rule.value(of: choice)
            switch rule.target {
            case .subscription(let name):
                subscriptions.append(JSONObject.Member(name: name, value: .bool(isOn)))
            case .attribute(let name):
                let value = access.schema?.definitions[name]?.value(of: isOn) ?? .bool(isOn)
                attributes.append(JSONObject.Member(name: name, value: value))
            }
        }
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

    package func attributesLeftOut(of call: Call, with access: Access) -> [AttributeFault] {
        guard case .write(let write) = call.delivery.call else { return [] }
        return metadata(of: write, access).faults
    }

    /// Metadata in the table's formats.
    ///
    /// Only attributes that the table has, and only values that they can hold: what Actito does
    /// with others is not documented, and it must not cost the person the consent.
    private func metadata(
        of write: PlannedWrite,
        _ access: Access
    ) -> (taken: [JSONObject.Member], faults: [AttributeFault]) {
        var taken: [JSONObject.Member] = []
        var faults: [AttributeFault] = []
        for (name, value) in write.attributes.sorted(by: { $0.key < $1.key })
        where !settings.integration.isProtected(attribute: name) {
            do {
                let written = try written(value, as: name, access)
                taken.append(JSONObject.Member(name: name, value: written))
            } catch {
                faults.append(error)
            }
        }
        return (taken, faults)
    }

    private func written(
        _ value: JSONValue,
        as name: String,
        _ access: Access
    ) throws(AttributeFault) -> JSONValue {
        guard access.schema?.attributes?.contains(name) ?? true else { throw .noAttribute }
        guard let definition = access.schema?.definitions[name] else {
            // The platform did not tell what it takes: as it came, but no list.
            if value.array != nil { throw .severalValues }
            return value
        }
        return try definition.converted(value)
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
        return names.isEmpty ? "" : "?subscriptions=\(names.joined(separator: ","))"
    }
}
