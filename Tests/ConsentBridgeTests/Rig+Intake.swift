import CurlHTTPClient
import HTTPTypes
import JSON
import Sandbox
import Testing

/// Webhooks of Actito, and what health says of taking them.
extension Rig {
    /// Sends a withdrawal that has to be taken.
    func accept(from key: String) async throws {
        #expect(try await announce("false", of: key).status == 200)
    }

    func announceWithdrawal(_ key: String) async throws -> ClientResponse {
        try await announce("false", of: key)
    }

    /// Calls of a platform take effect at once and are answered later; no webhook tells of them.
    func delayAnswers(of platform: SandboxPlatform, milliseconds: Int) {
        sandbox.setFault(SandboxFault(kind: .delay, milliseconds: milliseconds), on: platform)
        sandbox.setFault(SandboxFault(kind: .webhooksOff), on: platform)
    }

    func announceGrant(_ key: String) async throws -> ClientResponse {
        try await announce("true", of: key)
    }

    private func announce(_ value: String, of key: String) async throws -> ClientResponse {
        let body = """
            {"id": 1, "eventType": "UPDATED_SUBSCRIPTION", "fields": ["Newsletter"],
             "data": {"emailAddress": "\(key)", "Newsletter": "\(value)"}}
            """
        return try await request("POST", "/webhooks/actito", body)
    }

    /// Sends withdrawals until one is refused.
    func refuse(until status: Int) async throws {
        for number in 0..<2000 {
            let answer = try await announce("false", of: "person-\(number)@example.com")
            if answer.status == status {
                #expect(answer.headers[.retryAfter] != nil)
                #expect(answer.headers[.contentType] == "application/problem+json")
                return
            }
            #expect(answer.status == 200)
        }
        throw Missing(what: "a webhook that is refused")
    }

    /// The sum of the series that begin so.
    func sum(of prefix: String) async throws -> Double {
        let text = try await send("GET", adminURL + "/metrics", "", [:]).body
        return String(decoding: text, as: UTF8.self).split(separator: "\n")
            .filter { $0.hasPrefix(prefix) }
            .compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }.reduce(0, +)
    }

    func health() async throws -> (status: Int, body: JSONValue) {
        let answer = try await request("GET", "/health/ready", "", hasSecret: false)
        return (answer.status, try JSONValue(parsing: answer.body))
    }

    /// Waits, without sending a webhook, until the bridge says that it takes them.
    func ready() async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < deadline {
            let (status, body) = try await health()
            let accepting = body["checks"]?["accepting"]?.array?.first?["status"]
            if status == 200, accepting == "pass" { return }
        }
        throw Missing(what: "a bridge that takes webhooks")
    }

    /// Waits until a sum of series is as wanted.
    func sum(of prefix: String, where isWanted: (Double) -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < deadline {
            if isWanted(try await sum(of: prefix)) { return }
        }
        throw Missing(what: "\(prefix) as wanted")
    }
}
