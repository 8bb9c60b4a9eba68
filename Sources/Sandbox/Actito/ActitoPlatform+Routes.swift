import HTTPTypes
import JSON

/// An address of Actito's API: `/{category}/{v4|v5}/…`, or the legacy `/{v4|v5}/…`.
///
/// Contract: `actito.md`, fact 1.
struct ActitoAddress {
    enum Version: String {
        case v4
        case v5
    }

    let version: Version
    /// The segments after the version.
    let path: [String]
    private let category: String?

    init?(_ segments: [String]) {
        if let version = segments.first.flatMap(Version.init) {
            (category, self.version, path) = (nil, version, Array(segments.dropFirst()))
        } else if segments.count > 1, let version = Version(rawValue: segments[1]) {
            (category, self.version, path) = (segments[0], version, Array(segments.dropFirst(2)))
        } else {
            return nil
        }
    }

    /// Whether the address is of a style that answers.
    func isAlive(_ addresses: SandboxConfiguration.ActitoAddresses) -> Bool {
        switch addresses {
        case .any: true
        case .prefixed: category != nil
        case .legacy: category == nil
        }
    }

    /// Whether the address is legacy or of this category.
    func isIn(_ category: String) -> Bool { self.category == nil || self.category == category }
}

/// Which address does what: `actito.md`, table (a).
extension ActitoPlatform {
    mutating func routeV5(
        _ address: ActitoAddress,
        _ request: PlatformRequest,
        at now: Moment,
        by chance: inout Chance
    ) throws(Refusal) -> PlatformAnswer {
        let path = address.path
        if path == ["entities"], address.isIn("entities") {
            guard request.method == .get else { throw .method(allowed: [.get]) }
            return listEntities()
        }
        guard path.count >= 3, path[0] == "entities", path[1] == table.entity,
            path[2] == "profile-tables"
        else { throw Self.notFound }
        if path.count <= 4, address.isIn("profile-table-structure") {
            guard request.method == .get else { throw .method(allowed: [.get]) }
            return try path.count == 3 ? listTables(request) : getTable(path[3])
        }
        guard path.count >= 5, table.isNamed(path[3]), path[4] == "profiles",
            address.isIn("profiles")
        else { throw Self.notFound }
        guard profileCalls != .v4 else { throw Self.retired }
        switch path.count {
        case 5: return try collection(request, at: now, by: &chance)
        case 6: return try profile(path[5], request, at: now, by: &chance)
        default: throw Self.notFound
        }
    }

    mutating func routeV4(
        _ address: ActitoAddress,
        _ request: PlatformRequest,
        at now: Moment,
        by chance: inout Chance
    ) throws(Refusal) -> PlatformAnswer {
        guard address.path.count >= 3, address.path[0] == "entity",
            address.path[1] == table.entity
        else { throw Self.notFound }
        let path = Array(address.path.dropFirst(2))
        switch (path[0], path.count) {
        case ("webhookSubscription", 1) where address.isIn("webhooks"):
            return try hooksCollection(request)
        case ("webhookSubscription", 2) where address.isIn("webhooks"):
            return try hook(path[1], request)
        case ("transactionalmail", 3) where address.isIn("email-campaigns") && path[2] == "contact":
            return try mailContact(path[1], request)
        case ("mail", 4) where address.isIn("email-campaigns") && path[2] == "profile":
            return try mailProfile(path[1], path[3], request)
        case ("table", 3...6) where address.isIn("profiles"):
            guard table.isNamed(path[1]), path[2] == "profile" else { throw Self.notFound }
            guard profileCalls != .v5 else { throw Self.retired }
            return try routeProfileV4(Array(path.dropFirst(3)), request, at: now, by: &chance)
        default:
            throw Self.notFound
        }
    }

    private mutating func routeProfileV4(
        _ rest: [String],
        _ request: PlatformRequest,
        at now: Moment,
        by chance: inout Chance
    ) throws(Refusal) -> PlatformAnswer {
        switch rest.count {
        case 0: return try collectionV4(request, at: now, by: &chance)
        case 1: return try profileV4(rest[0], request, at: now, by: &chance)
        case 2 where rest[1] == "subscription": return try subscriptionsV4(rest[0], request)
        case 3 where rest[1] == "subscription":
            return try subscriptionV4((rest[0], rest[2]), request, at: now, by: &chance)
        default: throw Self.notFound
        }
    }

    func listEntities() -> PlatformAnswer {
        Self.ok(["entities": [["id": 1, "name": .string(table.entity), "comment": nil]]])
    }

    func listTables(_ request: PlatformRequest) -> PlatformAnswer {
        let short: JSONValue = ["id": .string(table.id), "name": .string(table.name)]
        let namesOnly = request.parameter("fields") == "name"
        return Self.ok(["profileTables": [namesOnly ? short : table.json]])
    }

    func getTable(_ segment: String) throws(Refusal) -> PlatformAnswer {
        guard table.isNamed(segment) else { throw Self.notFound }
        return Self.ok(table.json)
    }
}
