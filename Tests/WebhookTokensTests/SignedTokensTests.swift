import BridgeCore
import Foundation
import Testing
import WebhookTokens

struct SignedTokensTests {
    private static let now = Timestamp(milliseconds: 1_795_000_000_500)
    private let grant = TokenGrant(
        clientID: "client",
        integrations: [IntegrationName("shop"), IntegrationName("é \"magazine\"")]
    )

    private static func key(_ letter: String) throws -> SigningKey {
        try #require(SigningKey(Array(String(repeating: letter, count: 32).utf8)))
    }

    private func tokens(
        _ key: String,
        retired: [String] = [],
        lifetime: Double = 3600,
        grace: Double = 300
    ) throws -> SignedTokens {
        SignedTokens(
            signingKey: try Self.key(key),
            retiredKeys: try retired.map(Self.key),
            lifetime: .seconds(lifetime),
            grace: .seconds(grace)
        )
    }

    @Test
    func `another process with the same key takes the token`() throws {
        let token = try tokens("a").issue(grant, at: Self.now)
        #expect(try tokens("a").verify(token, at: Self.now) == grant)
        #expect(try tokens("b").verify(token, at: Self.now) == nil)
    }

    @Test
    func `a token of the last key is taken while that key is listed`() throws {
        let token = try tokens("a").issue(grant, at: Self.now)
        #expect(try tokens("b", retired: ["c", "a"]).verify(token, at: Self.now) == grant)
        #expect(try tokens("b", retired: ["c"]).verify(token, at: Self.now) == nil)
    }

    @Test(arguments: [
        (0.0, true), (3599, true), (3600, true), (3899, true), (3900, false), (1e9, false),
    ])
    func `a token is taken until its expiry and the grace are over`(
        seconds: Double,
        isValid: Bool
    ) throws {
        let token = try tokens("a").issue(grant, at: Self.now)
        let found = try tokens("a").verify(token, at: Self.now + .seconds(seconds))
        #expect((found != nil) == isValid)
    }

    @Test
    func `no change to a token is overlooked`() throws {
        let tokens = try tokens("a")
        let token = tokens.issue(grant, at: Self.now)
        for index in token.indices {
            for other in ["A", "_", ".", "", "="] where other != String(token[index]) {
                let changed = token[..<index] + other + token[token.index(after: index)...]
                // The last character of a signature has two bits that mean nothing.
                if index == token.index(before: token.endIndex), other != "." { continue }
                #expect(tokens.verify(String(changed), at: Self.now) == nil, "\(changed)")
            }
        }
        for text in ["", ".", "..", "...", "a.b.c", token + ".", "." + token, token + token] {
            #expect(tokens.verify(text, at: Self.now) == nil)
        }
    }

    @Test
    func `neither an unsigned token nor foreign claims are taken`() throws {
        let claims = #"{"iss":"%","sub":"client","aud":["shop"],"iat":1,"exp":9999999999}"#
        let own = claims.replacing("%", with: "consent-bridge")
        let tokens = try tokens("a")
        #expect(tokens.verify(try signed(own, algorithm: "HS256"), at: Self.now) != nil)
        #expect(tokens.verify(try unsigned(own), at: Self.now) == nil)
        let foreign = claims.replacing("%", with: "another program")
        #expect(tokens.verify(try signed(foreign, algorithm: "HS256"), at: Self.now) == nil)
        let endless = own.replacing(#""exp":9999999999"#, with: "\"x\":1")
        for claims in ["{}", "[]", "no JSON", endless] {
            #expect(tokens.verify(try signed(claims, algorithm: "HS256"), at: Self.now) == nil)
        }
    }

    @Test
    func `the token is a JWT as others read it`() throws {
        let parts = try tokens("a", lifetime: 1.9).issue(grant, at: Self.now).split(separator: ".")
        let head = try #require(object(parts[0]))
        #expect(head["alg"] as? String == "HS256" && head["typ"] as? String == "JWT")
        let claims = try #require(object(parts[1]))
        #expect(claims["iat"] as? Int == 1_795_000_000 && claims["exp"] as? Int == 1_795_000_001)
        #expect(claims["sub"] as? String == "client")
        #expect(claims["aud"] as? [String] == grant.integrations.map(\.text))
    }

    /// Appendix A.1 of RFC 7515.
    @Test
    func `the signature is that of the standard's example`() throws {
        let key = try #require(
            Data(
                base64Encoded: plain(
                    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAz"
                        + "Zr1Z9CAow"
                )
            )
        )
        let text =
            "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAs"
            + "DQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
        let expected = plain("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
        let signature = try #require(SigningKey(Array(key))).sign(Data(text.utf8))
        #expect(Data(signature) == Data(base64Encoded: expected))
    }

    @Test
    func `a key shorter than the hash is refused, and each new secret is another`() {
        #expect(SigningKey([UInt8](repeating: 1, count: 31)) == nil)
        let secrets = (0..<10).map { _ in SigningKey.makeSecret() }
        #expect(Set(secrets).count == 10)
        #expect(secrets.allSatisfy { $0.count == 32 })
    }

    private func signed(_ claims: String, algorithm: String) throws -> String {
        let head = encoded(Data(#"{"alg":"\#(algorithm)","typ":"JWT"}"#.utf8))
        let text = head + "." + encoded(Data(claims.utf8))
        return text + "." + encoded(Data(try Self.key("a").sign(Data(text.utf8))))
    }

    private func unsigned(_ claims: String) throws -> String {
        encoded(Data(#"{"alg":"none"}"#.utf8)) + "." + encoded(Data(claims.utf8)) + "."
    }

    private func object(_ part: Substring) -> [String: Any]? {
        Data(base64Encoded: plain(String(part))).flatMap {
            try? JSONSerialization.jsonObject(with: $0) as? [String: Any]
        }
    }

    private func encoded(_ data: Data) -> String {
        data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
            .replacing("=", with: "")
    }

    private func plain(_ text: String) -> String {
        let text = text.replacing("-", with: "+").replacing("_", with: "/")
        return text + String(repeating: "=", count: (4 - text.count % 4) % 4)
    }
}
