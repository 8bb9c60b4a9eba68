package import BridgeCore
import HTTPTypes
import JSON

/// The session: a token of 15 minutes, and the table's id and attributes.
extension ActitoPlatform {
    package func preparation(for access: Access, at now: Timestamp) -> PlatformRequest? {
        guard let token = access.token, now < token.renewAt else { return tokenRequest }
        guard access.schema == nil else { return nil }
        return PlatformRequest(
            method: .get,
            url: url("profile-table-structure", "/profile-tables\(knownTable)"),
            headers: headers(access)
        )
    }

    private var knownTable: String {
        settings.tableID.map { "/\($0.percentEncoded)" } ?? ""
    }

    /// The raw key without a scheme, as documented.
    private var tokenRequest: PlatformRequest {
        PlatformRequest(
            method: .get,
            url: settings.tokenURL ?? "\(settings.apiURL)/auth/token",
            headers: [.authorization: settings.apiKey, .accept: "application/json"]
        )
    }

    package func prepare(
        _ access: inout Access,
        with reply: PlatformReply,
        at now: Timestamp
    ) -> Verdict {
        let isToken = access.token.map { now >= $0.renewAt } ?? true
        guard (200..<300).contains(reply.status) else {
            if reply.status == 401 { access.token = nil }
            return Verdict(reply: reply)
        }
        guard let body = try? JSONValue(parsing: reply.body) else {
            return .misconfigured(status: reply.status)
        }
        if isToken {
            guard let token = token(in: body, at: now) else {
                return .misconfigured(status: reply.status)
            }
            access.token = token
        } else {
            guard let schema = schema(in: body, at: now) else {
                return .misconfigured(status: reply.status)
            }
            access.schema = schema
        }
        return .accepted
    }

    /// `expiresIn` is documented as a text with a unit, `"900s"`; a number is taken as seconds.
    private func token(in body: JSONValue, at now: Timestamp) -> Access.Token? {
        guard let text = body["accessToken"]?.string, !text.isEmpty else { return nil }
        let told = body["expiresIn"].flatMap(seconds).flatMap { $0 > 0 ? $0 : nil }
        let lifetime = min(told ?? Self.lifetimeSeconds, Self.lifetimeSecondsMax)
        return Access.Token(text: text, renewAt: now + .seconds(lifetime * Self.renewalShare))
    }

    private func seconds(_ value: JSONValue) -> Double? {
        if let number = value.number?.double, number > 0 { return number }
        guard let text = value.string else { return nil }
        if let minutes = text.removingSuffix("m") { return Double(minutes).map { $0 * 60 } }
        return Double(text.removingSuffix("s") ?? text)
    }

    /// One table by its id, or a list in a bare array or in the one array of an object.
    private func schema(in body: JSONValue, at now: Timestamp) -> Access.LiveSchema? {
        let table = tables(in: body).first { table in
            guard let id = table["id"].flatMap(identifier) else { return false }
            return settings.tableID.map { $0 == id }
                ?? (table["name"]?.string == settings.tableName || id == settings.tableName)
        }
        guard let table, let id = table["id"].flatMap(identifier) else { return nil }
        var schema = Access.LiveSchema(
            tableID: id,
            attributes: names(in: table["attributes"]),
            subscriptions: names(in: table["subscriptions"]),
            definitions: definitions(in: table["attributes"]),
            readAt: now
        )
        schema.uniqueAttributes = names(in: table["attributes"], with: "unique")
        schema.mandatoryAttributes = names(in: table["attributes"], with: "mandatory") ?? []
        return schema
    }

    /// The attributes with a flag; nil if no attribute tells it.
    private func names(in list: JSONValue?, with flag: String) -> Set<String>? {
        let attributes = list?.array ?? []
        guard attributes.contains(where: { $0[flag]?.bool != nil }) else { return nil }
        return Set(attributes.filter { $0[flag] == true }.compactMap { $0["name"]?.string })
    }

    private func definitions(in list: JSONValue?) -> [String: AttributeDefinition] {
        var definitions: [String: AttributeDefinition] = [:]
        for attribute in list?.array ?? [] {
            guard let name = attribute["name"]?.string else { continue }
            definitions[name] = AttributeDefinition(structure: attribute)
        }
        return definitions
    }

    private func tables(in body: JSONValue) -> [JSONValue] {
        body.array ?? body.object.flatMap { object in
            object["attributes"] == nil
                ? object.members.lazy.compactMap(\.value.array).first : nil
        } ?? [body]
    }

    /// The names of all tables in an answer of the structure API, to say what is there.
    package func tableNames(in reply: PlatformReply) -> [String] {
        guard let body = try? JSONValue(parsing: reply.body) else { return [] }
        return tables(in: body).compactMap { $0["name"]?.string }
    }

    private func identifier(_ value: JSONValue) -> String? {
        value.string ?? value.number?.text
    }

    /// Names as texts or as objects with a `name`.
    private func names(in list: JSONValue?) -> Set<String>? {
        list?.array.map { Set($0.compactMap { $0.string ?? $0["name"]?.string }) }
    }

    /// The documented life of a token.
    private static let lifetimeSeconds = 900.0
    /// More is not believed: a day, and no number that does not fit into a time.
    private static let lifetimeSecondsMax = 86_400.0
    /// Renewed when four fifths of its life are over.
    private static let renewalShare = 0.8
}
