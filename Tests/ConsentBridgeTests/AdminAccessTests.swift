import CurlHTTPClient
import HTTPTypes
import JSON
import Sandbox
import Testing

/// Who may use the admin API of `serve`, and where it is.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct AdminAccessTests {
    /// Every route, with a body that it takes, and the status for an operator in an empty bridge.
    private static let routes: [(method: String, path: String, body: JSONValue?, status: Int)] = [
        ("GET", "/openapi.json", nil, 200), ("GET", "/v1/status", nil, 200),
        ("GET", "/v1/inbox", nil, 200), ("GET", "/v1/inbox/1", nil, 404),
        ("GET", "/v1/deliveries", nil, 200), ("GET", "/v1/deliveries/1", nil, 404),
        ("GET", "/v1/subjects/ann%40example.com", nil, 200),
        ("POST", "/v1/subjects/search", ["key": "ann@example.com"], 200),
        ("POST", "/v1/preview", ["from": "didomi", "payload": [:]], 200),
        ("GET", "/v1/drift", nil, 200), ("GET", "/v1/actions", nil, 200),
    ]

    /// Those that change something.
    private static let changes: [(method: String, path: String, body: JSONValue?, status: Int)] = [
        ("POST", "/v1/deliveries/retry", [:], 202), ("POST", "/v1/deliveries/1/retry", nil, 404),
        ("POST", "/v1/deliveries/1/discard", ["reason": "wrong"], 404),
        ("POST", "/v1/subjects/link", ["old": "a", "new": "b"], 404),
    ]

    @Test func `an operator may do everything, a viewer look, and nobody else`() async throws {
        var options = Rig.Options()
        options.server = Rig.tokens
        try await Rig.run(options) { rig in
            for route in Self.routes + Self.changes {
                func status(_ token: String?) async throws -> Int {
                    let answer = try await rig.api(
                        route.method,
                        route.path,
                        route.body,
                        token: token
                    )
                    if answer.status >= 400 { #expect(answer.problem != nil) }
                    if answer.status == 401 {
                        #expect(answer.headers[.wwwAuthenticate] == "Bearer")
                    }
                    return answer.status
                }
                let isChange = Self.changes.contains { $0.path == route.path }
                #expect(try await status("operator-token") == route.status, "\(route)")
                for viewer in ["viewer-token", "other-viewer"] {
                    let expected = isChange ? 403 : route.status
                    #expect(try await status(viewer) == expected, "\(route)")
                }
                for nobody in [nil, "", "wrong", "operator-tokens", "viewer-toke"] {
                    #expect(try await status(nobody) == 401, "\(route)")
                }
            }
            // Webhooks need no token, and the token opens no webhook.
            #expect(try await rig.request("POST", "/webhooks/didomi", "{}").status == 200)
            let headers: HTTPFields = [.authorization: "Bearer operator-token"]
            let webhook = try await rig.request("POST", "/webhooks/didomi", "{}", headers)
            #expect(webhook.status == 401)
            #expect(try await rig.request("GET", "/metrics", "", hasSecret: false).status == 200)
        }
    }

    @Test func `without any token only programs on this machine are answered`() async throws {
        try await Rig.run { rig in
            func status(_ headers: [String: String], _ method: String = "GET") async throws -> Int {
                var fields: HTTPFields = [:]
                for (name, value) in headers {
                    fields[try #require(HTTPField.Name(name))] = value
                }
                let answer = try await rig.api(method, "/v1/status", nil, fields)
                if answer.status == 403 { #expect(answer.problem != nil) }
                return answer.status
            }
            let port = rig.url.split(separator: ":").last ?? ""
            for host in ["127.0.0.1:\(port)", "localhost:\(port)", "LOCALHOST", "[::1]:1", "[::1]"]
            {
                #expect(try await status(["Host": host]) == 200, "\(host)")
            }
            for host in [
                "bridge.example.com", "127.0.0.1.example.com", "localhost.example.com:\(port)",
                "127.0.0.2:\(port)", "[::2]", "0.0.0.0",
            ] {
                #expect(try await status(["Host": host]) == 403, "\(host)")
            }
            let host = "localhost:\(port)"
            #expect(try await status(["Host": host, "Origin": "http://\(host)"]) == 200)
            for origin in [
                "https://evil.example.com", "null", "http://localhost", "http://127.0.0.1:\(port)",
                "http://\(host).example.com",
            ] {
                #expect(try await status(["Host": host, "Origin": origin]) == 403, "\(origin)")
            }
            for name in [
                "Forwarded", "X-Forwarded-For", "x-forwarded-host", "X-Forwarded-Anything",
            ] {
                #expect(try await status([name: "for=127.0.0.1"]) == 403, "\(name)")
            }
            // A token that nobody configured changes nothing.
            #expect(try await status(["Authorization": "Bearer x"]) == 200)
            let retried = try await rig.api("POST", "/v1/deliveries/retry")
            #expect(retried.status == 202 && retried.body == ["retried": 0])
        }
    }

    @Test func `on a listener of its own the admin API is nowhere else`() async throws {
        var options = Rig.Options()
        options.server = Rig.tokens + #""admin": {"port": 0},"#
        try await Rig.run(options) { rig in
            #expect(rig.adminURL != rig.url)
            for path in ["/api/v1/status", "/api/openapi.json", "/metrics", "/api", "/api/v1"] {
                let headers: HTTPFields = [.authorization: "Bearer operator-token"]
                #expect(try await rig.request("GET", path, "", headers).status == 404, "\(path)")
            }
            #expect(try await rig.api("GET", "/v1/status", token: "operator-token").status == 200)
            #expect(try await rig.api("GET", "/v1/status").status == 401)
            #expect(try await rig.send("GET", rig.adminURL + "/metrics", "", [:]).status == 200)
            let secret: HTTPFields = [
                try #require(HTTPField.Name("X-Webhook-Secret")): "open-sesame"
            ]
            for path in ["/webhooks/didomi", "/webhooks/actito/default", "/oauth/token"] {
                let answer = try await rig.send("POST", rig.adminURL + path, "{}", secret)
                #expect(answer.status == 404, "\(path)")
            }
            // The main listener works on.
            rig.silencePlatforms()
            try rig.makeProfile("ann@example.com")
            try await rig.choose(true, "ann@example.com")
            _ = try await rig.person("ann@example.com", at: .actito) {
                $0["fields"]?[Rig.newsletter] == true
            }
            #expect(
                try await rig.request("GET", "/health/ready", "", hasSecret: false).status == 200
            )
            #expect(rig.terminate() == 0)
        }
    }

    @Test func `tokens change without a restart`() async throws {
        var options = Rig.Options()
        options.server = Rig.tokens
        try await Rig.run(options) { rig in
            #expect(try await rig.api("GET", "/v1/status", token: "operator-token").status == 200)
            try rig.reload { text in
                text.replacing("operator-token", with: "next-token")
                    .replacing(#""viewer-token", "#, with: "")
            }
            try await rig.log("configuration reloaded")
            #expect(try await rig.api("GET", "/v1/status", token: "next-token").status == 200)
            #expect(try await rig.api("GET", "/v1/status", token: "operator-token").status == 401)
            #expect(try await rig.api("GET", "/v1/status", token: "viewer-token").status == 401)
            #expect(try await rig.api("GET", "/v1/status", token: "other-viewer").status == 200)
            let retry = try await rig.api("POST", "/v1/deliveries/retry", token: "next-token")
            #expect(retry.status == 202)
        }
    }
}
