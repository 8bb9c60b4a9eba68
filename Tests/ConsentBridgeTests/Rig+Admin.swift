import BridgeCore
import CurlHTTPClient
import Foundation
import HTTPTypes
import JSON
import Sandbox
import Testing

@testable import consent_bridge

/// The admin API of a running bridge, and people whose stories it tells.
extension Rig {
    /// Members of `server` with an operator's and two viewers' tokens.
    static let tokens =
        #""admin_token": "operator-token", "viewer_tokens": ["viewer-token", "other-viewer"],"#

    struct AdminAnswer {
        var status: Int
        var headers: HTTPFields
        var text: String
        var body: JSONValue

        /// What a problem says (RFC 9457), if it is one and whole.
        var problem: String? {
            guard headers[.contentType] == "application/problem+json",
                body["type"]?.string != nil, body["title"]?.string?.isEmpty == false,
                body["status"]?.number?.integer == Int64(status)
            else { return nil }
            return body["detail"]?.string
        }
    }

    /// Asks what stands below `/api`.
    func api(
        _ method: String,
        _ path: String,
        _ body: JSONValue? = nil,
        token: String? = nil,
        _ headers: HTTPFields = [:]
    ) async throws -> AdminAnswer {
        try await api(method, path, text: body?.serializedText() ?? "", token: token, headers)
    }

    func api(
        _ method: String,
        _ path: String,
        text: String,
        token: String? = nil,
        _ headers: HTTPFields = [:]
    ) async throws -> AdminAnswer {
        var headers = headers
        if let token { headers[.authorization] = "Bearer \(token)" }
        let answer = try await send(method, adminURL + "/api" + path, text, headers)
        return AdminAnswer(
            status: answer.status,
            headers: answer.headers,
            text: String(decoding: answer.body, as: UTF8.self),
            body: (try? JSONValue(parsing: answer.body)) ?? .null
        )
    }

    /// The items of one page.
    func items(_ path: String, token: String? = nil) async throws -> [JSONValue] {
        let answer = try await api("GET", path, token: token)
        #expect(answer.status == 200, "\(path): \(answer.text)")
        return answer.body["items"]?.array ?? []
    }

    /// The items of all pages, as a client follows `next`.
    func allItems(_ path: String, limit: Int, token: String? = nil) async throws -> [JSONValue] {
        var items: [JSONValue] = []
        var cursor: String?
        repeat {
            let next = cursor.map { "&cursor=\($0)" } ?? ""
            let page = try await api("GET", "\(path)limit=\(limit)\(next)", token: token)
            #expect(page.status == 200)
            let found = page.body["items"]?.array ?? []
            #expect(found.count == limit || page.body["next"] == .null)
            items += found
            cursor = page.body["next"]?.string
        } while cursor != nil
        return items
    }

    /// Waits until a list has so many items.
    @discardableResult
    func items(_ path: String, count: Int, token: String? = nil) async throws -> [JSONValue] {
        let deadline = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < deadline {
            let found = try await items(path, token: token)
            if found.count == count { return found }
        }
        throw Missing(what: "\(count) items of \(path)")
    }

    /// From now on the platforms announce nothing: only the test sends webhooks.
    func silencePlatforms() {
        for platform in [SandboxPlatform.didomi, .actito] {
            sandbox.setFault(SandboxFault(kind: .webhooksOff), on: platform)
        }
    }

    /// From now on Actito answers so, and announces nothing; nil: it works.
    func breakActito(_ status: Int?) {
        sandbox.clearFaults(on: .actito)
        silencePlatforms()
        if let status {
            sandbox.setFault(SandboxFault(kind: .status, status: status), on: .actito)
        }
    }

    /// A profile at Actito, with no mapped choice.
    func makeProfile(_ key: String) throws {
        try sandbox.act(on: .actito, key: key, field: "subscription:SmsAlerts", value: true)
    }

    /// Somebody's choice of a channel or a purpose, announced by Didomi.
    func choose(
        _ isOn: Bool,
        _ key: String,
        _ field: (kind: String, id: String) = ("channels", "email"),
        metadata: JSONValue = [:]
    ) async throws {
        let choice: JSONValue = [["id": .string(field.id), "enabled": .bool(isOn)]]
        let consents = JSONObject(uniqueMembers: [.init(name: field.kind, value: choice)])
        let entity: JSONValue = [
            "id": .string(UUID().uuidString), "organization_id": "acme-media",
            "created_at": .string(Timestamp.now().iso8601), "status": "confirmed",
            "user": ["organization_user_id": .string(key), "metadata": metadata],
            "consents": .object(consents),
        ]
        let event: JSONValue = ["type": "event.created", "parameters": ["entity": entity]]
        let answer = try await request("POST", "/webhooks/didomi", event.serializedText())
        #expect(answer.status == 200)
    }

    /// Somebody with a dead grant at Actito, which refuses everything from then on.
    ///
    /// Returns the delivery's number.
    func makeDeadGrant(_ key: String, token: String? = nil) async throws -> String {
        silencePlatforms()
        // The session is made by somebody whose choice arrives.
        try makeProfile("first-\(key)")
        try await choose(true, "first-\(key)")
        try await items("/v1/deliveries?state=delivered", count: 1, token: token)
        try makeProfile(key)
        breakActito(400)
        try await choose(true, key)
        let dead = try await items("/v1/deliveries?state=dead", count: 1, token: token)
        return try #require(dead[0]["id"]?.string)
    }

    /// Waits until everything that was received is decided and written.
    func idle(_ token: String? = nil) async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < deadline {
            let status = try await api("GET", "/v1/status", token: token).body
            let deliveries = status["deliveries"]
            if status["inbox"]?["waiting"] == 0, deliveries?["waiting"] == 0,
                deliveries?["in_flight"] == 0
            {
                return
            }
        }
        throw Missing(what: "an idle bridge")
    }

    /// Waits until a delivery is in a state.
    func delivery(
        _ id: String,
        _ state: String,
        token: String? = nil
    ) async throws -> JSONValue {
        let deadline = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < deadline {
            let found = try await api("GET", "/v1/deliveries/\(id)", token: token).body
            if found["state"]?.string == state { return found }
        }
        throw Missing(what: "delivery \(id) to be \(state)")
    }
}
