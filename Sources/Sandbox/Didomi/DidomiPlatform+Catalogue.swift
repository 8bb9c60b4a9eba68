import HTTPTypes
import JSON

/// What the organization has: purposes, features and integrations (`didomi.md`, sections 5 and 7).
extension DidomiPlatform {
    /// `GET /metadata/purposes`.
    func listPurposes(_ request: PlatformRequest) throws(Refusal) -> PlatformAnswer {
        let limit = try request.integer("$limit", in: 1...1_000) ?? 100
        let skip = try request.integer("$skip", in: 0...1_000_000) ?? 0
        let page = purposes.dropFirst(skip).prefix(limit)
        return Self.ok([
            "total": .number(JSONNumber(purposes.count)),
            "limit": .number(JSONNumber(limit)),
            "skip": .number(JSONNumber(skip)),
            "data": .array(
                page.map { id in
                    [
                        "id": .string(id), "organization_id": .string(organizationID),
                        "description": ["en": .string(id)],
                        "regulations_id": [.string(regulation)], "namespaces": [:],
                    ]
                }
            ),
        ])
    }

    /// `GET /premium-features`: what the organization has bought.
    func premiumFeatures() -> PlatformAnswer {
        let known = [
            "actito", "webhooks", "integrations", "integrations_v2", "consents_api",
            "store_cmp_consents", "store_guest_cmp_consents",
        ]
        var object = JSONObject()
        object["organization_id"] = .string(organizationID)
        for name in known { object[name] = .bool(features.contains(name)) }
        return Self.ok(.object(object))
    }
}
