package import BridgeCore
import HTTPTypes
import JSON

/// What is asked of an account before anything is written to it (`check --online`).
extension ActitoPlatform {
    /// The entities that the API key may see (`contracts/actito.md`, table (a)).
    package func entitiesRequest(with access: Access) -> PlatformRequest {
        let prefix = settings.urlStyle == .prefixed ? "/entities/v5" : "/v5"
        return PlatformRequest(
            method: .get,
            url: "\(settings.apiURL)\(prefix)/entities",
            headers: headers(access)
        )
    }

    /// The names in an answer to ``entitiesRequest(with:)``.
    package func entityNames(in reply: PlatformReply) -> [String] {
        guard let body = try? JSONValue(parsing: reply.body) else { return [] }
        let list = body.array ?? body.object?.members.lazy.compactMap(\.value.array).first ?? []
        return list.compactMap { $0["name"]?.string }
    }

    /// A read of a profile that nobody has: 404 shows that profiles may be read.
    package func profileProbe(with access: Access) -> PlatformRequest? {
        guard let table = access.schema?.tableID else { return nil }
        return PlatformRequest(
            method: .get,
            url: url("profiles", "/profile-tables/\(table.percentEncoded)/profiles/0"),
            headers: headers(access)
        )
    }
}
