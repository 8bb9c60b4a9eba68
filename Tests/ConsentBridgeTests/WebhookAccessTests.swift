import BridgeCore
import CurlHTTPClient
import Foundation
import HTTPTypes
import JSON
import Testing
import WebhookTokens

@testable import consent_bridge

/// Who may send webhooks to `serve`, over real sockets.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct WebhookAccessTests {
    private static let oauth =
        #"{"oauth": {"client_id": "didomi", "client_secrets": ["new secret", "old"]}}"#
    private static let form: HTTPFields = [.contentType: "application/x-www-form-urlencoded"]

    private static func options(_ didomi: String = oauth, server: String = "") -> Rig.Options {
        var options = Rig.Options()
        options.didomiWebhooks = didomi
        options.server = server
        return options
    }

    private static func token(
        _ rig: Rig,
        _ body: String = "client_id=didomi&client_secret=old",
        _ headers: HTTPFields = [:]
    ) async throws -> String {
        let answer = try await rig.request("POST", "/oauth/token", body, headers)
        #expect(answer.status == 200)
        #expect(answer.headers[.cacheControl] == "no-store")
        let text = try JSONValue(parsing: answer.body)
        #expect(text["token_type"] == "Bearer" && text["expires_in"] == 3600)
        return try #require(text["access_token"]?.string)
    }

    /// Sends a webhook with this token.
    private static func send(
        _ rig: Rig,
        _ token: String,
        from forwarded: String? = nil
    ) async throws -> ClientResponse {
        var headers: HTTPFields = [.authorization: "Bearer \(token)"]
        if let name = HTTPField.Name("X-Forwarded-For") { headers[name] = forwarded }
        return try await rig.request("POST", "/webhooks/didomi", "{}", headers)
    }

    @Test
    func `a token asked for in each way is taken, also after kill -9 and a restart`() async throws {
        try await Rig.run(Self.options()) { rig in
            let basic = Data("didomi:old".utf8).base64EncodedString()
            var tokens = [
                try await Self.token(
                    rig,
                    "grant_type=client_credentials&client_id=didomi&client_secret=new+secret",
                    Self.form
                )
            ]
            tokens.append(
                try await Self.token(
                    rig,
                    #"{"client_id": "didomi", "client_secret": "old", "scope": "x"}"#,
                    [.contentType: "application/json"]
                )
            )
            tokens.append(try await Self.token(rig, "", [.authorization: "Basic \(basic)"]))
            for token in tokens { #expect(try await Self.send(rig, token).status == 200) }
            rig.kill()
            try await rig.restart()
            for token in tokens { #expect(try await Self.send(rig, token).status == 200) }
        }
    }

    @Test
    func `a wrong secret gets no token, and without a token a webhook gets 401`() async throws {
        try await Rig.run(Self.options()) { rig in
            let wrong = "client_id=didomi&client_secret=wrong"
            let refused = try await rig.request("POST", "/oauth/token", wrong, Self.form)
            #expect(refused.status == 401)
            #expect(try JSONValue(parsing: refused.body)["error"] == "invalid_client")
            let get = try await rig.request("GET", "/oauth/token", "", [:])
            #expect(get.status == 405 && get.headers[.allow] == "POST")
            let unknown = try await rig.request("POST", "/oauth/token/x", wrong, Self.form)
            #expect(unknown.status == 404)
            let bare = try await rig.request("POST", "/webhooks/didomi", "{}", [:])
            #expect(bare.status == 401 && bare.headers[.wwwAuthenticate] == "Bearer")
            let token = try await Self.token(rig)
            let bad = try await Self.send(rig, token + "AAAA")
            #expect(bad.status == 401 && bad.body == bare.body)
            #expect(bad.headers[.wwwAuthenticate] == "Bearer error=\"invalid_token\"")
            let headers: HTTPFields = [.authorization: "Bearer \(token)"]
            let actito = try await rig.request("POST", "/webhooks/actito", "{}", headers)
            #expect(actito.status == 401)
        }
    }

    @Test
    func `an expired token is taken during the grace and refused after it`() async throws {
        let text = "a signing key of the configuration"
        var options = Self.options()
        options.top = #""oauth": {"grace_seconds": 600, "signing_keys": ["\#(text)"]},"#
        let tokens = SignedTokens(
            signingKey: try #require(SigningKey(Array(text.utf8))),
            retiredKeys: [],
            lifetime: .seconds(60),
            grace: .zero
        )
        let grant = TokenGrant(clientID: "didomi", integrations: [IntegrationName("default")])
        try await Rig.run(options) { rig in
            let inGrace = tokens.issue(grant, at: .now() - .seconds(360))
            #expect(try await Self.send(rig, inGrace).status == 200)
            let expired = tokens.issue(grant, at: .now() - .seconds(720))
            let refused = try await Self.send(rig, expired)
            #expect(refused.status == 401)
            #expect(refused.headers[.wwwAuthenticate] == "Bearer error=\"invalid_token\"")
        }
    }

    @Test
    func `another address than the allowed ones gets 403`() async throws {
        let rule = Self.oauth.dropLast() + #", "allowed_ips": ["35.159.1.63"]}"#
        try await Rig.run(Self.options(String(rule))) { rig in
            let token = try await Self.token(rig)
            let refused = try await Self.send(rig, token)
            #expect(refused.status == 403)
            #expect(refused.headers[.contentType] == "application/problem+json")
            // Nobody is trusted to forward.
            #expect(try await Self.send(rig, token, from: "35.159.1.63").status == 403)
        }
    }

    @Test
    func `behind a trusted proxy the address that it saw counts`() async throws {
        let rule = Self.oauth.dropLast() + #", "allowed_ips": ["35.159.1.0/24"]}"#
        let server = #""trusted_proxies": ["127.0.0.0/8", "10.0.0.1"]"#
        try await Rig.run(Self.options(String(rule), server: server)) { rig in
            let token = try await Self.token(rig)
            for (forwarded, status) in [
                ("35.159.1.63", 200), ("9.9.9.9, 35.159.1.63, 10.0.0.1", 200),
                ("35.159.1.63, 9.9.9.9", 403), ("35.159.1.63, unknown", 403),
            ] {
                let answer = try await Self.send(rig, token, from: forwarded)
                #expect(answer.status == status, "\(forwarded)")
            }
            #expect(try await Self.send(rig, token).status == 403)
        }
    }

    @Test
    func `with certificate files the bridge listens on https`() async throws {
        try await TestCertificate.run { certificate in
            var options = Rig.Options()
            options.server = certificate.configuration
            options.authorityFile = certificate.file
            try await Rig.run(options) { rig in
                #expect(rig.url.hasPrefix("https://127.0.0.1:"))
                let answer = try await rig.request("POST", "/webhooks/didomi", "{}")
                #expect(answer.status == 200)
                #expect(rig.terminate() == 0)
            }
        }
    }
}
