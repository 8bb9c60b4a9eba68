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
