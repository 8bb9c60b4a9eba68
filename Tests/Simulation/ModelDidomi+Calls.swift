import BridgeCore
import HTTPTypes
import JSON

/// Didomi's API: sessions, and consent events to write and read.
extension ModelDidomi {
    mutating func answer(
        _ request: PlatformRequest,
        at now: Timestamp
    ) -> (reply: PlatformReply, announced: [Announcement]) {
        let address = Address(request.url)
        if request.method == .post, address.path == ["v1", "sessions"] {
            tokenCount += 1
            let token = "didomi-\(tokenCount)"
            tokens[token] = now + .seconds(3600)
            return (.json(201, ["access_token": .string(token)]), [])
        }
        guard let token = request.bearerToken, let end = tokens[token], now < end else {
            return (.json(401, ["name": "NotAuthenticated"]), [])
        }
        guard address.query["organization_id"] == "acme" else {
            return (.json(404, ["name": "NotFound"]), [])
        }
        if request.method == .get, address.path == ["v1", "consents", "users"] {
            return (readUsers(address, at: now), [])
        }
        guard address.path.prefix(3) == ["v1", "consents", "events"] else {
            return (.json(404, ["name": "NotFound"]), [])
        }
        if address.path.count == 4 {
            let known = index(ofEvent: address.path[3]).map { events[$0] }
            return (known.map { .json(200, $0.json) } ?? .json(404, ["name": "NotFound"]), [])
        }
        switch request.method {
        case .post: return write(request, at: now)
        case .get: return (read(address), [])
        default: return (.json(405, ["name": "MethodNotAllowed"]), [])
        }
    }

    private mutating func write(
        _ request: PlatformRequest,
        at now: Timestamp
    ) -> (reply: PlatformReply, announced: [Announcement]) {
        guard let body = try? JSONValue(parsing: request.body),
            let (userID, key) = user(in: body["user"]), let id = body["id"]?.string,
            let createdAt = body["created_at"]?.string.flatMap(Timestamp.init(iso8601:))
        else { return (.json(400, ["name": "BadRequest"]), []) }
        if let known = index(ofEvent: id) {
            let stored = events[known].json
            return (style.refusesDuplicateEvents ? .json(409, [:]) : .json(200, stored), [])
        }
        let event = Event(
            id: id,
            key: key,
            userID: userID,
            createdAt: createdAt,
            updatedAt: createdAt,
            isPending: false,
            regulation: body["regulation"]?.string ?? "gdpr",
            choices: Self.choices(in: body["consents"]),
            metadata: [:],
            delegate: body["delegate"]?["id"]?.string,
            number: 0
        )
        let announced = record(event, at: now)
        return (.json(201, event.json), announced)
    }

    /// Whom a write is for: a user by its id, or one of those with the key (which one is not
    /// documented); somebody who is not there yet comes into being.
    private func user(in body: JSONValue?) -> (id: String, key: String)? {
        if let id = body?["id"]?.string { return (id, users[id]?.key ?? "") }
        guard let key = body?["organization_user_id"]?.string else { return nil }
        let known = users(of: key)
        let reached = style.writesReachNewestUser ? known.first : known.min()
        return (reached ?? "user-\(key)", key)
    }

    private mutating func readUsers(_ address: Address, at now: Timestamp) -> PlatformReply {
        let key = address.query["organization_user_id"] ?? ""
        let found = users(of: key).compactMap { id in
            users[id].map { user(id, key, address.query["regulation"] ?? "gdpr", at: $0.updatedAt) }
        }
        if !found.isEmpty { usersShownAt[key] = now }
        return .json(200, ["data": .array(found), "limit": 100, "cursor": nil])
    }

    private func read(_ address: Address) -> PlatformReply {
        let regulation = address.query["regulation"] ?? "gdpr"
        let found = events.filter {
            $0.key == address.query["organization_user_id"] && $0.regulation == regulation
                && !$0.isDeleted
        }
        return .json(200, ["data": .array(found.map(\.json)), "limit": 100, "cursor": nil])
    }

    private static func choices(in consents: JSONValue?) -> [Field: Choice] {
        var choices: [Field: Choice] = [:]
        for channel in consents?["channels"]?.array ?? [] {
            guard let id = channel["id"]?.string, let value = channel["enabled"]?.bool else {
                continue
            }
            choices[.channel(id)] = Choice(isGranted: value)
        }
        for purpose in consents?["purposes"]?.array ?? [] {
            guard let id = purpose["id"]?.string, let value = purpose["enabled"]?.bool else {
                continue
            }
            choices[.purpose(id)] = Choice(isGranted: value)
        }
        return choices
    }
}

/// The parts of a request's address, decoded.
struct Address {
    var path: [String]
    var query: [String: String] = [:]

    init(_ url: String) {
        let parts = url.split(separator: "?", maxSplits: 1)
        path = parts[0].split(separator: "/").dropFirst(2).map { Self.decoded($0) }
        for pair in parts.dropFirst().first?.split(separator: "&") ?? [] {
            let sides = pair.split(separator: "=", maxSplits: 1)
            query[Self.decoded(sides[0])] = sides.count > 1 ? Self.decoded(sides[1]) : ""
        }
    }

    private static func decoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let code = UInt8(String(rest.prefix(2)) ?? "", radix: 16)
            {
                bytes.append(code)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension PlatformReply {
    static func json(_ status: Int, _ body: JSONValue, _ headers: HTTPFields = [:]) -> Self {
        PlatformReply(status: status, headers: headers, body: body.serialized())
    }
}

extension PlatformRequest {
    var bearerToken: String? { headers[.authorization]?.removingPrefix("Bearer ") }
}
