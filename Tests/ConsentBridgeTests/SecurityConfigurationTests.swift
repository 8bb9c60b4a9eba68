import Foundation
import Testing

@testable import consent_bridge

/// Which configurations of tokens, addresses and certificates are refused, and where.
struct SecurityConfigurationTests {
    /// The faults of a configuration with these members, without the file's name.
    private func faults(
        top: String = "",
        server: String = "",
        webhooks: String = "{}"
    ) throws -> [String] {
        let file = FileManager.default.temporaryDirectory
            .appending(path: "bridge-\(UUID().uuidString).json5")
        defer { try? FileManager.default.removeItem(at: file) }
        // One line each, so that a fault's line tells which part it is about.
        try """
        {"server": {\(server)},
        \(top)
        "integrations": [{"type_id": "actito", "authentication": {"private_api_key": "key"},
        "properties": {"entity_id": "e", "table_name": "t", "user_unique_key": "emailAddress"},
        "mappings": [{"id": "N", "value": "consents_channels_email_enabled"}],
        "webhooks": \(webhooks)}]}
        """.write(to: file, atomically: true, encoding: .utf8)
        do {
            _ = try loadConfiguration(path: file.path, environment: [:])
            return []
        } catch {
            return error.description.split(separator: "\n").map {
                String($0.dropFirst(file.path.count + 1))
            }
        }
    }

    private let open = #""host": "0.0.0.0""#

    @Test
    func `OAuth counts as a credential on a public address, an address rule does not`() throws {
        let oauth = #""oauth": {"client_id": "i", "client_secrets": ["s"]}"#
        let secret = #"{"secret_header": {"name": "X-S", "values": ["s"]}}"#
        let good = #"{"didomi": {\#(oauth)}, "actito": \#(secret)}"#
        #expect(try faults(server: open, webhooks: good) == [])
        let ruled = #"{"didomi": {"allowed_ips": ["192.0.2.1"]}, "actito": \#(secret)}"#
        let refused = try faults(server: open, webhooks: ruled)
        #expect(refused.count == 1)
        #expect(refused.first?.contains("the webhooks of didomi need a credential") == true)
        #expect(refused.first?.contains("\"oauth\"") == true)
        #expect(try faults(server: open).count == 2)
        let insecure = #"{"didomi": {"insecure": true}, "actito": {"insecure": true}}"#
        #expect(try faults(server: open, webhooks: insecure) == [])
        #expect(try faults(webhooks: #"{"actito": {\#(oauth)}}"#).first?.contains("oauth") == true)
    }

    @Test(arguments: ["X-Request-Id", "x-request-id", "traceparent"])
    func `a header whose value is logged holds no secret`(name: String) throws {
        let webhooks = #"{"actito": {"secret_header": {"name": "\#(name)", "values": ["s"]}}}"#
        let found = try faults(webhooks: webhooks)
        #expect(found.count == 1)
        #expect(found.first?.contains("its value is logged") == true)
    }

    @Test(arguments: [
        (#"{"client_secrets": ["s"]}"#, "\"client_id\" is missing"),
        (#"{"client_id": "i"}"#, "\"client_secrets\" holds no secret"),
        (#"{"client_id": "i", "client_secrets": []}"#, "\"client_secrets\" holds no secret"),
        (#"{"client_id": "i", "client_secrets": "s"}"#, "\"client_secrets\" holds no secret"),
        (#"{"client_id": "i", "client_secrets": [{"env": "NONE"}]}"#, "NONE"),
        (#"{"client_id": "i", "client_secrets": ["s"], "secret": 1}"#, "unknown key \"secret\""),
    ])
    func `a client without id or secret is one fault at its place`(
        client: String,
        what: String
    ) throws {
        let faults = try faults(
            server: open,
            webhooks: """
                {"didomi": {"oauth": \(client)}, "actito": {"insecure": true}}
                """
        )
        #expect(faults.count == 1, "\(faults)")
        #expect(faults.first?.hasPrefix("6:") == true)
        #expect(faults.first?.contains(what) == true, "\(faults)")
    }

    @Test(arguments: [
        (#""oauth": {"token_lifetime_seconds": 0},"#, "a token lives from 1 second"),
        (#""oauth": {"token_lifetime_seconds": 1e9},"#, "a token lives from 1 second"),
        (#""oauth": {"signing_keys": ["short"]},"#, "at least 32 bytes (make one with"),
        (#""oauth": {"signing_keys": "x"},"#, "\"signing_keys\" is not a list"),
        (#""oauth": {"grace_seconds": "x"},"#, "\"grace_seconds\" is not"),
        (#""oauth": {"lifetime": 5},"#, "unknown key \"lifetime\""),
    ])
    func `tokens have bounds`(top: String, what: String) throws {
        let faults = try faults(top: top)
        #expect(faults.count == 1 && faults.first?.hasPrefix("2:") == true, "\(faults)")
        #expect(faults.first?.contains(what) == true, "\(faults)")
        #expect(faults.first?.contains("short") != true)
    }

    @Test
    func `each address that is none has its own fault`() throws {
        let list = #"["10.0.0.0/8", "10.0.0.0/99", "nobody", 5]"#
        for faults in [
            try faults(server: "\"trusted_proxies\": \(list)"),
            try faults(webhooks: #"{"didomi": {"allowed_ips": \#(list)}}"#),
        ] {
            #expect(faults.count == 3)
            #expect(faults.allSatisfy { $0.contains("this is no address and no network") })
        }
    }

    @Test
    func `a certificate that cannot be used is named`() async throws {
        try await TestCertificate.run { certificate in
            let right = try faults(server: certificate.configuration)
            #expect(right == [])
            try await TestCertificate.run { other in
                let mixed = TestCertificate(file: certificate.file, keyFile: other.keyFile)
                let found = try faults(server: mixed.configuration)
                #expect(found.count == 1 && found.first?.contains(other.keyFile) == true)
            }
            let missing = TestCertificate(file: certificate.file, keyFile: "/none/key.pem")
            let found = try faults(server: missing.configuration)
            #expect(found.count == 1)
            #expect(found.first?.contains("/none/key.pem cannot be used: No such file") == true)
        }
        #expect(try faults(server: #""tls": {"certificate": "x"}"#).count == 3)
    }
}
