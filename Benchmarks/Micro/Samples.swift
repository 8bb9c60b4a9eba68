import ActitoAdapter
import Bridge
import BridgeCore
import CoreMetrics
import DidomiAdapter
import JSON
import Logging
import Storage

/// One integration, and one webhook at each point of its way.
struct Samples {
    static let now = Timestamp(milliseconds: 1_795_000_000_000)
    let template: Template
    let settings = Self.settings
    let didomi: DidomiPlatform
    let actito: ActitoPlatform
    let body: [UInt8]
    let payload: JSONValue
    let statement: Statement
    let mapped: Statement
    /// The person's snapshot after the decision.
    let decided: Snapshot
    /// What is planned of it.
    let call: PlannedCall
    /// The person's row in the storage.
    let stored: [UInt8]

    init(template: Template) throws {
        self.template = template
        didomi = Self.didomi
        actito = Self.actito
        body = template.filled(number: 1, person: 1, isGranted: true, at: Self.now)
        payload = try JSONValue(parsing: body)
        statement = didomi.decode(payload, event: nil)[0]
        mapped = settings.map(statement)[0]
        decided = Self.decide(mapped, settings)
        guard let call = makePlan(for: .actito, decided, settings) else {
            preconditionFailure("the sample webhook leads to no call")
        }
        self.call = call
        stored = decided.document.serialized()
    }

    static let settings = {
        var settings = IntegrationSettings(
            name: IntegrationName("default"),
            mapping: MappingTable([
                MappingRule(subscription: "Newsletter", field: .purpose("newsletter")),
                MappingRule(subscription: "EmailOptin", field: .channel("email")),
            ]),
            uniqueKeyAttribute: "emailAddress"
        )
        // Nobody here releases what the brake holds.
        settings.brake.peopleMax = 0
        return settings
    }()
    static let didomi = DidomiPlatform(
        DidomiSettings(
            api: .init(url: "http://didomi.example.com/v1", key: "key", secret: "secret"),
            organizationID: "acme-media",
            integration: settings
        )
    )
    static let actito = ActitoPlatform(
        ActitoSettings(
            apiURL: "http://actito.example.com",
            apiKey: "key",
            entity: "acme",
            tableName: "Profiles",
            tableID: "16",
            integration: settings
        )
    )

    /// Decides a statement about somebody of whom nothing is known.
    static func decide(_ statement: Statement, _ settings: IntegrationSettings) -> Snapshot {
        guard case .changes(let changes) = statement.content, let subject = statement.subject
        else { preconditionFailure("the sample webhook says nothing") }
        var decider = Decider(
            snapshot: Snapshot(integration: settings.name, subject: subject),
            settings: settings,
            firstStart: now
        )
        for (index, change) in changes.enumerated() {
            _ = decider.decide(
                change,
                Decider.Receipt(
                    change: ChangeReference(entry: InboxID(1), index: index),
                    origin: .didomi,
                    at: now
                )
            )
        }
        return decider.snapshot
    }

    /// A processor as `serve` makes it, without log and metrics.
    static func processor(
        on store: any Store,
        limits: Governor.Limits = Governor.Limits(perMinute: 0, concurrent: 0)
    ) throws -> Processor {
        let processor = Processor(
            store: store,
            integrations: [
                Integration(
                    settings: settings,
                    actito: actito,
                    didomi: didomi,
                    credentials: [:],
                    licences: [
                        .actito: ("actito", limits),
                        .didomi: ("didomi", Governor.Limits(perMinute: 0, concurrent: 20)),
                    ],
                    callsDidomi: true
                )
            ],
            policy: Engine.Policy(),
            randomness: SystemRandomNumberGenerator(),
            metrics: BridgeMetrics(factory: NOOPMetricsHandler.instance),
            journal: Journal(logger: Logger(label: "micro") { _ in SwiftLogNoOpLogHandler() })
        )
        try processor.recover(at: now)
        return processor
    }

    /// What the receiver stores of a webhook.
    static func entry(
        _ body: [UInt8],
        from platform: PlatformName,
        at now: Timestamp
    ) throws -> NewInboxEntry {
        let payload = try JSONValue(parsing: body)
        return NewInboxEntry(
            platform: platform,
            integrations: [settings.name],
            type: payload["type"]?.string ?? "UPDATED_SUBSCRIPTION",
            identity: senderIdentity(of: payload, from: platform),
            payload: body,
            receivedAt: now
        )
    }
}
