import Foundation
import JSON
import Sandbox
import Testing

/// Mappings beyond one field and one subscription, through `serve` and both sandbox platforms.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct MappingEndToEndTests {
    private static let both = #"""
        {"id": "Newsletter",
         "any": ["consents_channels_email_enabled", {"purpose": "newsletter"}],
         "reverse": {"withdrawal": [{"channel": "email"}, {"purpose": "newsletter"}],
                     "grant": [{"channel": "email"}]}}
        """#

    @Test
    func `a subscription of two fields follows them and withdraws both`() async throws {
        try await Rig.run(createsProfiles: true, mappings: Self.both) { rig in
            let key = "dee@example.com"
            try rig.sandbox.act(on: .didomi, key: key, field: "purpose:newsletter", value: true)
            _ = try await rig.person(key, at: .actito) { $0["fields"]?[Rig.newsletter] == true }
            try rig.sandbox.act(on: .didomi, key: key, field: "channel:email", value: true)
            try rig.sandbox.act(on: .actito, key: key, field: Rig.newsletter, value: false)
            _ = try await rig.person(key, at: .didomi) {
                $0["fields"]?["channel:email"] == false
                    && $0["fields"]?["purpose:newsletter"] == false
            }
            #expect(
                rig.sandbox.state(of: .actito)["people"]?[key]?["fields"]?[Rig.newsletter] == false
            )
        }
    }

    @Test
    func `one denied field of any leaves the subscription alone until the other decides`()
        async throws
    {
        try await Rig.run(createsProfiles: true, mappings: Self.both) { rig in
            let key = "eli@example.com"
            try rig.sandbox.act(on: .actito, key: key, field: Rig.newsletter, value: true)
            _ = try await rig.person(key, at: .didomi) { $0["fields"]?["channel:email"] == true }
            try rig.sandbox.act(on: .didomi, key: key, field: "purpose:newsletter", value: true)
            try await rig.metric(
                #"consent_bridge_changes_total{outcome="applied",platform="didomi""#
            )
            try rig.sandbox.act(on: .didomi, key: key, field: "channel:email", value: false)
            try rig.sandbox.act(on: .didomi, key: key, field: "purpose:newsletter", value: false)
            _ = try await rig.person(key, at: .actito) { $0["fields"]?[Rig.newsletter] == false }
        }
    }

    private static let topic = #"""
        {"id": "Newsletter", "purpose": "newsletter", "preference": "topics",
         "preference_value": "sport"}
        """#

    private func listing(_ values: String, _ key: String) -> String {
        #"""
        {"type": "event.created", "parameters": {"entity": {"id": "list-\#(values)",
         "organization_id": "acme-media", "created_at": "2026-01-02T03:04:05.000Z",
         "user": {"organization_user_id": "\#(key)"},
         "consents": {"purposes": [{"id": "newsletter",
           "values": {"topics": {"value": "\#(values)"}}}]}}}}
        """#
    }

    /// Lets Didomi's list decide something, then unsubscribes at Actito.
    private func unsubscribe(_ key: String, from values: String, _ rig: Rig) async throws {
        _ = try await rig.request("POST", "/webhooks/didomi", listing(values, key))
        _ = try await rig.person(key, at: .actito) { $0["fields"]?[Rig.newsletter] == true }
        try rig.sandbox.act(on: .actito, key: key, field: Rig.newsletter, value: false)
    }

    @Test
    func `a withdrawn value leaves the rest of its list at Didomi`() async throws {
        try await Rig.run(createsProfiles: true, mappings: Self.topic) { rig in
            try await unsubscribe("gil@example.com", from: "other,sport,more", rig)
            try await rig.metric(
                #"consent_bridge_deliveries_total{platform="didomi",state="delivered"} 1"#
            )
            let written = rig.writes(to: .didomi).compactMap { $0["body"] }
            let text = written.map { $0.string ?? $0.serializedText() }.joined()
            #expect(text.contains(#"other,more"#))
        }
    }

    @Test
    func `the last value's withdrawal stays visible and nothing is sent for it`() async throws {
        try await Rig.run(createsProfiles: true, mappings: Self.topic) { rig in
            try await unsubscribe("hal@example.com", from: "sport", rig)
            try await rig.metric(#"consent_bridge_dead_letters{platform="didomi"} 1"#)
            #expect(rig.writes(to: .didomi).isEmpty)
        }
    }

    @Test
    func `what the table cannot hold is left out and counted, and the consent goes`()
        async throws
    {
        try await Rig.run(createsProfiles: true) { rig in
            let key = "fay@example.com"
            try rig.sandbox.act(
                on: .didomi,
                key: key,
                field: "channel:email",
                value: true,
                metadata: JSONObject(uniqueMembers: [
                    .init(name: "no_such_attribute", value: "x"),
                    .init(name: "firstName", value: .string(String(repeating: "x", count: 256))),
                ])
            )
            let profile = try await rig.person(key, at: .actito) {
                $0["fields"]?[Rig.newsletter] == true
            }
            #expect(profile["attributes"]?["firstName"] == nil)
            try await rig.metric(
                #"consent_bridge_attributes_left_out_total{reason="no_attribute"} 1"#
            )
            try await rig.metric(#"consent_bridge_attributes_left_out_total{reason="too_long"} 1"#)
        }
    }
}
