package import BridgeCore
import CoreMetrics
import HTTPTypes
import Logging
package import Storage

/// What a webhook would come to for people of whom nothing is known yet: the outcome of each change
/// and the requests that would be sent first.
///
/// Nothing is sent or stored. Reads that decide first are among the requests; what follows their
/// answers is not made up.
package struct Preview: Sendable {
    package struct Request: Hashable, Sendable {
        package var platform: PlatformName
        package var request: PlatformRequest
    }

    package var changes: [ChangeRecord]
    package var requests: [Request]

    /// Takes the whole way of a webhook, on a storage of its own and without authentication.
    ///
    /// - Throws: what the webhook endpoint would answer to a body that it does not take.
    package init(
        _ webhook: Receiver.Webhook,
        for integrations: [Integration],
        ports: Ports
    ) throws(Refusal) {
        let payload = try webhook.parse().get()
        let now = ports.now()
        let store = InMemoryStore()
        let processor = Processor(
            store: store,
            integrations: integrations.map(\.unlimited),
            policy: Engine.Policy(),
            randomness: ports.randomness,
            metrics: BridgeMetrics(factory: NOOPMetricsHandler.instance),
            journal: Journal(logger: Logger(label: "preview") { _ in SwiftLogNoOpLogHandler() })
        )
        for integration in integrations { processor.open(integration, at: now) }
        do {
            let entry = webhook.entry(payload, for: integrations.map(\.name), at: now)
            guard case .accepted(let id)? = try store.append([entry]).first else {
                preconditionFailure("the first entry of a storage is no duplicate")
            }
            try processor.recover(at: now)
            var requests: [Request] = []
            repeat {
                try processor.turn([], at: now)
                requests += try processor.finish().map(Request.init)
            } while processor.mayHaveUndecided
            changes = try store.changes(of: id)
            self.requests = requests
        } catch {
            preconditionFailure("a storage in memory does not fail: \(error)")
        }
    }
}

extension Preview.Request {
    fileprivate init(_ send: Processor.Send) {
        platform = send.purpose.platform
        request = send.request
    }
}

extension Integration {
    /// The same without limits: a preview shows every request at once.
    fileprivate var unlimited: Integration {
        var integration = self
        for platform in integration.licences.keys {
            integration.licences[platform]?.limits = .init(perMinute: 0, concurrent: 0)
        }
        return integration
    }
}

extension Processor {
    /// Stands for the log-ins and for a table about which nothing is known but its name.
    fileprivate func open(_ integration: Integration, at now: Timestamp) {
        let token = Access.Token(text: "<redacted>", renewAt: now + .seconds(3_600))
        for platform in PlatformName.allCases {
            let schema = Access.LiveSchema(
                tableID: integration.table,
                attributes: nil,
                subscriptions: nil,
                readAt: now
            )
            accesses[AccessKey(integration: integration.name, platform: platform)] =
                Access(token: token, schema: schema)
        }
    }
}
