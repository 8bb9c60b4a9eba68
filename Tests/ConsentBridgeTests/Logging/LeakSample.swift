import Foundation
import JSON

@testable import consent_bridge

/// Secrets and people that stand out in any text.
enum LeakSample {
    static let claire = "claire.dupontel@example.com"
    static let omar = "omar.valemont@example.org"
    static let metadata: [(String, JSONValue)] = [
        ("firstName", "Clairissime"), ("lastName", "Dupontel"), ("customerId", "CUST-77120815"),
        ("store", "Montreval-sur-Orge"), ("loyaltyPoints", "not-a-number-Quincampoix"),
        ("unknown_to_actito", "Rue-de-la-Verrerie"),
    ]
    /// Of people whose calls fail, by the status.
    static func unlucky(_ status: Int) -> String { "dora.\(status).quenneville@example.com" }

    /// In plain form, in a URL's, and those parts of a key that give it away.
    static var personal: [String] {
        [
            "claire.dupontel", "omar.valemont", "quenneville", "%40example", "@example",
            "987654321098", "didomi-user-of-claire", "event-of-claire",
        ] + metadata.compactMap(\.1.string)
    }

    static let apiKey = "actito-private-api-key-9f31c7"
    static let didomiKey = "didomi-api-key-id-52ab90"
    static let didomiSecret = "didomi-api-secret-e7714d"
    static let clientSecret = "client-secret-of-didomi-c02f"
    static let wrongClientSecret = "client-secret-guessed-41d8"
    static let wrongSesame = "close-sesame-guessed-b5e2"
    static let signingKey = "signing-key-of-the-configuration-000d2f"
    static let adminToken = "admin-token-of-an-operator-3ce7"
    static let viewerToken = "viewer-token-of-the-shop-60fa"
    static let wrongToken = "admin-token-guessed-91ab"
    static let typedWrongly = "secret-at-a-wrong-place-8c1b"

    static var secrets: [String] {
        [
            apiKey, didomiKey, didomiSecret, clientSecret, wrongClientSecret, wrongSesame,
            signingKey, typedWrongly, adminToken, viewerToken, wrongToken, "open-sesame",
            "older-sesame",
            Data("didomi:\(clientSecret)".utf8).base64EncodedString(),
            Data("didomi:\(wrongClientSecret)".utf8).base64EncodedString(),
        ]
    }

    static func configuration(
        _ didomi: String,
        _ actito: String,
        _ storage: String,
        _ format: Configuration.LogFormat
    ) -> String {
        let secret =
            #"{"name": "X-Webhook-Secret", "values": ["older-sesame", "open-sesame"]}"#
        return """
            {
              "server": {"port": 0, "shutdown_grace_seconds": 2,
                "admin_token": "\(adminToken)", "viewer_tokens": ["\(viewerToken)"]},
              "oauth": {"signing_keys": ["\(signingKey)"]},
              "storage": {"url": "\(storage)"},
              "delivery": {"base_delay_seconds": 0.05, "max_delay_seconds": 0.1,
                "request_timeout_seconds": 1, "max_attempts": 3,
                "breaker": {"failures": 1000, "probe_seconds": 0.1}},
              "log": {"level": "trace", "format": "\(format.rawValue)"},
              "integrations": [{
                "type_id": "actito",
                "authentication": {"private_api_key": "\(apiKey)"},
                "properties": {"entity_id": "acme", "table_name": "Profiles",
                  "user_unique_key": "emailAddress", "api_url": "\(actito)"},
                "mappings": [{"id": "Newsletter", "value": "consents_channels_email_enabled"}],
                "upsert_mode": true,
                "limits": {"actito": {"per_minute": 0, "concurrent": 3}},
                "didomi": {"api_url": "\(didomi)/v1", "organization_id": "acme-media",
                  "api_key": "\(didomiKey)", "api_secret": "\(didomiSecret)"},
                "webhooks": {
                  "didomi": {"secret_header": \(secret),
                    "oauth": {"client_id": "didomi", "client_secrets": ["\(clientSecret)"]}},
                  "actito": {"secret_header": \(secret)}},
              }],
            }
            """
    }
}
