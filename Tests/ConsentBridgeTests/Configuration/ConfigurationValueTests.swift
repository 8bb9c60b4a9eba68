import ActitoAdapter
import Bridge
import BridgeCore
import CurlHTTPClient
import DidomiAdapter
import Foundation
import JSON
import Logging
import MicroHTTPServer
import Testing

@testable import consent_bridge

@Suite struct ConfigurationValueTests {
    private func fixture(_ name: String) throws -> Configuration {
        let example = try #require(ConfigurationCase.valid.first { $0.name == "\(name).json5" })
        return try loadConfiguration(
            path: example.file.path,
            environment: ConfigurationCase.environment
        )
    }

    @Test(arguments: ["smallest", "defaults-written-out", "didomi-fixed"])
    func `what is left out has the default of the interface`(name: String) throws {
        let configuration = try fixture(name)
        #expect(configuration.listening.host == "127.0.0.1")
        #expect(configuration.listening.port == 8080)
        #expect(configuration.listening.bodyBytesMax == 1_048_576)
        #expect(configuration.listening.connectionsMax == 1024)
        #expect(configuration.listening.connectionsPerAddressMax == 0)
        #expect(configuration.listening.requestTimeoutMilliseconds == 15_000)
        #expect(configuration.listening.idleTimeoutMilliseconds == 60_000)
        #expect(configuration.shutdownGrace == .seconds(20))
        #expect(configuration.storagePath == "consent-bridge.db")
        #expect(configuration.policy.retry == RetryPolicy())
        #expect(configuration.policy.retry.attemptsMax == 100)
        #expect(configuration.policy.retry.delayBase == .seconds(1))
        #expect(configuration.policy.retry.delayMax == .seconds(900))
        #expect(configuration.policy.withdrawalShare == 0.8)
        #expect(configuration.policy.breaker == Breaker.Policy())
        #expect(configuration.client.requestTimeoutMilliseconds == 75_000)
        #expect(configuration.client.connectTimeoutMilliseconds == 10_000)
        #expect(configuration.brake.peopleMax == 1000)
        #expect(configuration.brake.window == .seconds(3600))
        #expect(configuration.logLevel == .info)
        #expect(configuration.logFormat == .json)
        #expect(configuration.driftInterval == .seconds(3600))
        #expect(configuration.alerts.url == nil)
        #expect(configuration.alerts.withdrawalAfter == .seconds(300))
    }

    @Test func `drift and alerts are read, an address also as a secret`() throws {
        let configuration = try fixture("drift-and-alerts")
        #expect(configuration.driftInterval == nil)
        #expect(
            configuration.alerts.url == "https://chat.example.com/hook?key=from-the-environment"
        )
        #expect(configuration.alerts.withdrawalAfter == .seconds(60.5))
    }

    @Test func `an integration has the defaults of the interface`() throws {
        let integration = try #require(fixture("smallest").integrations.first)
        let settings = integration.settings
        #expect(settings.name.text == "default")
        #expect(settings.regulation == "gdpr")
        #expect(settings.metadata == MetadataRule())
        #expect(settings.subjectKey == SubjectKeyRule(trims: true, lowercases: false))
        #expect(!settings.createsProfiles)
        #expect(!settings.isBidirectional)
        #expect(settings.window == .seconds(900))
        #expect(!settings.withdrawsDeletedUsers)
        #expect(!settings.withdrawsDeletedProfiles)
        #expect(integration.actito.apiURL == "https://api.actito.com")
        #expect(integration.actito.tokenURL == nil)
        #expect(integration.actito.tableID == nil)
        #expect(integration.actito.urlStyle == .prefixed)
        #expect(integration.actito.apiKey == "key-from-the-environment")
        #expect(integration.didomi.api == nil)
        #expect(integration.didomi.delegateID == "consent-bridge")
        #expect(integration.licences[.actito]?.limits == .init(perMinute: 80, concurrent: 3))
        #expect(integration.licences[.didomi]?.limits == .init(perMinute: 0, concurrent: 20))
        #expect(integration.licences[.actito]?.name == "default")
    }

    @Test func `zero in a limit is unlimited`() throws {
        let configuration = try fixture("zero-is-unlimited")
        let dayInMilliseconds = 86_400_000
        #expect(configuration.listening.port == 0)
        #expect(configuration.listening.bodyBytesMax == .max)
        #expect(configuration.listening.connectionsMax == 1_000_000)
        #expect(configuration.listening.requestTimeoutMilliseconds == dayInMilliseconds)
        #expect(configuration.listening.idleTimeoutMilliseconds == dayInMilliseconds)
        #expect(configuration.policy.retry.attemptsMax == .max)
        #expect(configuration.policy.retry.delayMax == .zero)
        #expect(configuration.policy.breaker.failures == .max)
        // Never without a pause.
        #expect(configuration.policy.breaker.configurationPause == .seconds(15))
        #expect(configuration.client.requestTimeoutMilliseconds == dayInMilliseconds)
        #expect(configuration.client.connectTimeoutMilliseconds == dayInMilliseconds)
        #expect(configuration.brake.peopleMax == 0)
    }

    @Test func `seconds and minutes may be fractions`() throws {
        let configuration = try fixture("fractions")
        #expect(configuration.listening.port == 1000)
        // Less than a millisecond must not become 0.
        #expect(configuration.listening.requestTimeoutMilliseconds == 1)
        #expect(configuration.listening.idleTimeoutMilliseconds == 500)
        #expect(configuration.shutdownGrace == Interval(milliseconds: 1250))
        #expect(configuration.policy.retry.delayBase == Interval(milliseconds: 50))
        #expect(configuration.policy.retry.delayMax == Interval(milliseconds: 2500))
        #expect(configuration.policy.retry.attemptsMax == 3)
        #expect(configuration.policy.breaker.probePause == Interval(milliseconds: 500))
        #expect(configuration.policy.breaker.configurationPause == Interval(milliseconds: 2500))
        #expect(configuration.integrations.first?.settings.window == Interval(milliseconds: 250))
        #expect(configuration.integrations.first?.settings.brake.window == .seconds(30))
    }

    @Test func `addresses lose the slash at their end`() throws {
        let configuration = try fixture("addresses")
        let integration = try #require(configuration.integrations.first)
        #expect(configuration.listening.host == "::1")
        #expect(integration.actito.apiURL == "http://127.0.0.1:9002")
        #expect(integration.actito.tokenURL == "http://[::1]:9002/auth/token")
        #expect(integration.actito.urlStyle == .legacy)
        #expect(integration.didomi.api?.url == "http://localhost:9001/v1")
    }

    @Test(arguments: ["api", "api1", "api3", "api-pre1"])
    func `each of Actito's environments can be named`(host: String) throws {
        let integration = try #require(fixture("actito-\(host)").integrations.first)
        #expect(integration.actito.apiURL == "https://\(host).actito.com")
    }

    @Test func `Didomi's printed object goes to Actito only`() throws {
        let configuration = try fixture("didomi-as-printed-corrected")
        let integration = try #require(configuration.integrations.first)
        #expect(integration.settings.createsProfiles)
        #expect(!integration.settings.isBidirectional)
        #expect(integration.actito.apiKey == "PRIVATE_API_KEY")
        #expect(integration.actito.entity == "ENTITY_NAME")
        #expect(integration.actito.tableName == "TABLE_NAME")
        #expect(integration.settings.uniqueKeyAttribute == "USER_UNIQUE_KEY")
        #expect(integration.settings.mapping.subscriptions == ["ACTITO_EMAIL_SUBSCRIPTION"])
    }

    @Test(arguments: [
        (block: false, enables: nil as Bool?, expected: false), (false, true, false),
        (true, nil, true), (true, true, true), (true, false, false),
    ])
    func `both directions need Didomi's block and webhooks`(
        block: Bool,
        enables: Bool?,
        expected: Bool
    ) throws {
        let didomi =
            block ? #"didomi: { organization_id: "o", api_key: "i", api_secret: "s" },"# : ""
        let webhooks = enables.map { "enable_webhooks: \($0)," } ?? ""
        let configuration = try load(configurationText(integration: didomi + webhooks))
        #expect(configuration.integrations.first?.settings.isBidirectional == expected)
    }

    @Test func `every other key of an integration is read`() throws {
        let configuration = try load(
            configurationText(
                integration: """
                    upsert_mode: true, name: "north", regulation: "cpra",
                    subject_key: { trim: false, lowercase: true },
                    metadata: { include: ["a", "b"], exclude: ["b"], rename: { a: "first" } },
                    on_user_deleted: "unsubscribe", on_profile_deleted: "withdraw",
                    limits: { actito: { licence: "acme", per_minute: 7, concurrent: 2 },
                              didomi: { per_minute: 9, concurrent: 0 } },
                    didomi: { organization_id: "acme-media", api_key: "id", api_secret: "secret",
                              delegate_id: "sync", disable_integrations: true, consents_api: 1 },
                    """,
                properties: #"table_id: "42""#
            )
        )
        let integration = try #require(configuration.integrations.first)
        let settings = integration.settings
        #expect(settings.createsProfiles)
        #expect(settings.name.text == "north")
        #expect(settings.regulation == "cpra")
        #expect(settings.subjectKey == SubjectKeyRule(trims: false, lowercases: true))
        #expect(
            settings.metadata
                == MetadataRule(include: ["a", "b"], exclude: ["b"], rename: ["a": "first"])
        )
        #expect(settings.withdrawsDeletedUsers)
        #expect(settings.withdrawsDeletedProfiles)
        #expect(integration.licences[.actito]?.name == "acme")
        #expect(integration.licences[.actito]?.limits == .init(perMinute: 7, concurrent: 2))
        #expect(integration.licences[.didomi]?.limits == .init(perMinute: 9, concurrent: 0))
        #expect(integration.didomi.organizationID == "acme-media")
        #expect(integration.didomi.delegateID == "sync")
        #expect(integration.didomi.api?.key == "id")
        #expect(integration.didomi.api?.secret == "secret")
        #expect(integration.didomi.api?.disablesIntegrations == true)
        #expect(integration.actito.tableID == "42")
    }
}
