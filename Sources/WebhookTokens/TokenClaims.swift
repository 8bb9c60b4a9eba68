import JWTKit

/// What a token says: <https://www.rfc-editor.org/rfc/rfc9068#section-2.2>.
struct TokenClaims: JWTPayload {
    static let issuer = "consent-bridge"

    var issuer: IssuerClaim
    /// The OAuth client.
    var subject: SubjectClaim
    /// The integrations.
    var audience: AudienceClaim
    var issuedAt: IssuedAtClaim
    var expiration: ExpirationClaim

    enum CodingKeys: String, CodingKey {
        case issuer = "iss"
        case subject = "sub"
        case audience = "aud"
        case issuedAt = "iat"
        case expiration = "exp"
    }

    /// Nothing: the time comes in as an argument, so ``SignedTokens`` judges the claims.
    func verify(using key: some JWTAlgorithm) {}
}
