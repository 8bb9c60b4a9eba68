import Crypto
package import Foundation
import JWTKit

/// A secret that signs tokens with HMAC-SHA256, `HS256`.
///
/// jwt-kit's own signers can only be reached through an actor; requests are judged on a thread
/// that must not wait, so this one conforms to the same protocol by itself.
/// Contract: <https://www.rfc-editor.org/rfc/rfc7518#section-3.2>.
package struct SigningKey: Sendable {
    /// A key as long as the hash, as the RFC asks for.
    package static let bytesMin = 32

    private let key: SymmetricKey

    /// Nil: the secret is shorter than ``bytesMin``.
    package init?(_ secret: [UInt8]) {
        guard secret.count >= Self.bytesMin else { return nil }
        key = SymmetricKey(data: secret)
    }

    /// A new secret from the system's randomness.
    package static func makeSecret() -> [UInt8] {
        SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) }
    }
}

extension SigningKey: JWTAlgorithm {
    /// The name in a token's header.
    package var name: String { "HS256" }

    /// The signature of these bytes.
    package func sign(_ plaintext: some DataProtocol) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: plaintext, using: key))
    }

    /// Whether this is the signature of the bytes; takes as long for a wrong one.
    package func verify(
        _ signature: some DataProtocol,
        signs plaintext: some DataProtocol
    ) -> Bool {
        HMAC<SHA256>.isValidAuthenticationCode(
            Array(signature),
            authenticating: plaintext,
            using: key
        )
    }
}
