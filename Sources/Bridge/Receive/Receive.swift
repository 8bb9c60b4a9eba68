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
    private let correlator: Correlator

    package init(gate: Gate, loop: BridgeLoop, metrics: BridgeMetrics) {
        self.gate = gate
        self.loop = loop
        self.metrics = metrics
        correlator = Correlator(loop.ports)
    }

    /// Accepts one webhook.
    ///
    /// A 2xx is a promise, so it comes only after the durable commit.
    func receive(_ webhook: Webhook, answer: @escaping @Sendable (OutboundResponse) -> Void) {
        let correlation = correlator.correlation(of: webhook.request.headers)
        var arrival = Arrival(webhook, correlation, at: loop.now())
        let admission = gate.admission
        switch admission.integrations(trusting: webhook, at: arrival.receivedAt) {
        case .success(let trusted): arrival.integrations = trusted
        case .failure(let refusal):
            arrival.addressee = admission.addressee(of: webhook)
            return end(arrival, .refused(refusal.response), answer)
        }
        let payload: JSONValue
        switch webhook.parse() {
        case .success(let parsed): payload = parsed
        case .failure(let refusal): return end(arrival, .refused(refusal.response), answer)
        }
        var entry = webhook.entry(payload, for: arrival.integrations, at: arrival.receivedAt)
        entry.correlation = correlation
        arrival.type = entry.type
        loop.append(entry) { [self, arrival] result in
            switch result {
            case .success(.accepted(let id)): end(arrival, .accepted(id), answer)
            case .success(.duplicate(let first)): end(arrival, .duplicate(first), answer)
            case .failure: end(arrival, .refused(.storageUnavailable), answer)
            }
        }
    }

    /// Counts, answers and logs; the sender need not wait for the log.
    private func end(
        _ arrival: Arrival,
        _ ending: Arrival.Ending,
        _ answer: (OutboundResponse) -> Void
    ) {
        var response = ending.response
        response.headers[.requestID] = arrival.correlation.requestID.text
        let addressed = arrival.addressee.map { [$0] } ?? arrival.integrations
        metrics.webhookReceived(arrival.platform, for: addressed, ending.reception)
        answer(response)
        loop.journal.received(arrival, ending, response.status, at: loop.now())
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
