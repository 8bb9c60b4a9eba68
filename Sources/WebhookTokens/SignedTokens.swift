package import BridgeCore
import Foundation
import JWTKit

/// The tokens of webhooks as signed JWTs: nothing is stored, so they outlive a restart.
///
/// Contract: <https://www.rfc-editor.org/rfc/rfc7519>, checked as
/// <https://www.rfc-editor.org/rfc/rfc8725> advises: only one algorithm, never the header's.
package struct SignedTokens: BearerTokens {
    package let lifetime: Interval
    /// How long after its expiry a token is still taken: what Didomi does with a 401 is unknown.
    private let grace: Interval
    private let signingKey: SigningKey
    private let retiredKeys: [SigningKey]

    /// - Parameters:
    ///   - signingKey: Signs, and verifies.
    ///   - retiredKeys: Only verify: the keys of tokens that are still out there.
    ///   - lifetime: How long a new token is valid.
    ///   - grace: How long after its expiry a token is still taken.
    package init(
        signingKey: SigningKey,
        retiredKeys: [SigningKey],
        lifetime: Interval,
        grace: Interval
    ) {
        self.signingKey = signingKey
        self.retiredKeys = retiredKeys
        self.lifetime = lifetime
        self.grace = grace
    }

    package func issue(_ grant: TokenGrant, at now: Timestamp) -> String {
        // Whole seconds, as everybody can read them.
        let second = Double(now.milliseconds / 1000)
        let claims = TokenClaims(
            issuer: IssuerClaim(value: TokenClaims.issuer),
            subject: SubjectClaim(value: grant.clientID),
            audience: AudienceClaim(value: grant.integrations.map(\.text)),
            issuedAt: IssuedAtClaim(value: Date(timeIntervalSince1970: second)),
            expiration: ExpirationClaim(
                value: Date(timeIntervalSince1970: second + lifetime.seconds.rounded(.down))
            )
        )
        let header: JWTHeader = ["alg": "HS256", "typ": "JWT"]
        do {
            let serializer = DefaultJWTSerializer()
            let dot = Data(".".utf8)
            let head = try serializer.jsonEncoder.encode(header).base64URLEncoded
            let signed = head + dot + (try serializer.serialize(claims, header: header))
            let token = signed + dot + Data(signingKey.sign(signed)).base64URLEncoded
            return String(decoding: token, as: UTF8.self)
        } catch {
            preconditionFailure("claims of texts and whole numbers can always be written")
        }
    }

    package func verify(_ token: String, at now: Timestamp) -> TokenGrant? {
        let parser = DefaultJWTParser()
        let bytes = Array(token.utf8)
        // The signature first: nothing else of what a stranger sent is read.
        guard let parts = try? parser.getTokenParts(bytes),
            let signature = Data(base64URLEncoded: parts.signature),
            isSigned(parts.header + [UInt8(ascii: ".")] + parts.payload, with: signature),
            let claims = try? parser.parse(bytes, as: TokenClaims.self).payload,
            claims.issuer.value == TokenClaims.issuer,
            now.seconds < claims.expiration.value.timeIntervalSince1970 + grace.seconds
        else { return nil }
        return TokenGrant(
            clientID: claims.subject.value,
            integrations: claims.audience.value.map { IntegrationName($0) }
        )
    }

    private func isSigned(_ bytes: ArraySlice<UInt8>, with signature: Data) -> Bool {
        ([signingKey] + retiredKeys).contains { $0.verify(signature, signs: bytes) }
    }
}

extension Timestamp {
    fileprivate var seconds: Double { Double(milliseconds) / 1000 }
}
