import JSON

/// The configuration that the demo's bridge runs with: a file like any other.
enum DemoConfiguration {
    static let secretHeader = "X-Webhook-Secret"
    static let secret = "demo-secret"

    static func text(_ addresses: (didomi: String, actito: String), folder: String) -> String {
        let secret: JSONValue = [
            "secret_header": [
                "name": .string(secretHeader), "values": [.string(Self.secret)],
            ]
        ]
        let configuration: JSONValue = [
            "server": ["port": 0, "shutdown_grace_seconds": 2],
            "storage": ["url": .string("sqlite:\(folder)/consent-bridge.db")],
            "delivery": ["base_delay_seconds": .number(JSONNumber(verbatim: "0.2"))],
            "integrations": [
                [
                    "type_id": "actito",
                    "authentication": ["private_api_key": "demo-key"],
                    "properties": [
                        "entity_id": "acme", "table_name": "Profiles",
                        "user_unique_key": "emailAddress", "api_url": .string(addresses.actito),
                    ],
                    "mappings": [
                        ["id": "Newsletter", "value": "consents_channels_email_enabled"],
                        ["id": "ProductNews", "value": "consents_purposes_product_news_enabled"],
                    ],
                    "upsert_mode": false,
                    "didomi": [
                        "api_url": .string(addresses.didomi + "/v1"),
                        "organization_id": "acme-media",
                        "api_key": "demo-id", "api_secret": "demo-secret",
                    ],
                    "webhooks": ["didomi": secret, "actito": secret],
                ]
            ],
        ]
        return configuration.serializedPretty()
    }
}
