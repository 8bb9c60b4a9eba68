package import BridgeCore
import JSON
import Storage
import HTTPTypes

/// The first half of a webhook's way: authenticate, parse, commit to the inbox, 2xx.
///
/// Called on the server's thread and never blocks: the answer is given when the commit is done.
package struct Receiver: Sendable {
    /// One webhook as the server received it.
    package struct Webhook: Sendable {
        package var platform: PlatformName
        /// The integration that the path named.
        package var integration: String?
        /// The event type that the path or the query named.
        package var event: String?
        package var request: InboundRequest

        package init(
            platform: PlatformName,
            integration: String?,
            event: String?,
            request: InboundRequest
        ) {
            self.platform = platform
            self.integration = integration
            self.event = event
            self.request = request
        }
    }

    let gate: Gate
    let loop: BridgeLoop
    let metrics: BridgeMetrics

    package init(gate: Gate, loop: BridgeLoop, metrics: BridgeMetrics) {
        self.gate = gate
        self.loop = loop
        self.metrics = metrics
    }

    /// Accepts one webhook.
    ///
    /// A 2xx is a promise, so it comes only after the durable commit.
    func receive(_ webhook: Webhook, answer: @escaping @Sendable (OutboundResponse) -> Void) {
        let admission = gate.admission
        var trusted = admission.addressee(of: webhook).map { [$0] } ?? []
        func refuse(_ problem: OutboundResponse) {
            metrics.webhookReceived(webhook.platform, for: trusted, .refused)
            answer(problem)
        }
        switch admission.integrations(trusting: webhook, at: loop.now()) {
        case .success(let found): trusted = found
        case .failure(let refusal): return refuse(refusal.response)
        }
        let payload: JSONValue
        switch webhook.parse() {
        case .success(let parsed): payload = parsed
        case .failure(let refusal): return refuse(refusal.response)
        }
        let entry = webhook.entry(payload, for: trusted, at: loop.now())
        loop.append(entry) { [metrics, trusted] result in
            switch result {
            case .success(.accepted(let id)):
                metrics.webhookReceived(webhook.platform, for: trusted, .accepted)
                answer(.accepted(id, "accepted"))
            case .success(.duplicate(let first)):
                metrics.webhookReceived(webhook.platform, for: trusted, .duplicate)
                answer(.accepted(first, "duplicate"))
            case .failure:
                metrics.webhookReceived(webhook.platform, for: trusted, .refused)
                answer(.storageUnavailable)
            }
        }
    }
}

/// A response that ends the way of a webhook, as an error.
package struct Refusal: Error {
    package let response: OutboundResponse

    init(_ response: OutboundResponse) {
        self.response = response
    }

    /// What is wrong, for people.
    package var detail: String {
        (try? JSONValue(parsing: response.body))?["detail"]?.string ?? "\(response.status)"
    }
}
