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
        func refuse(_ problem: OutboundResponse) {
            metrics.webhookReceived(webhook.platform, "refused")
            answer(problem)
        }
        let trusted: [IntegrationName]
        switch gate.admission.integrations(trusting: webhook, at: loop.now()) {
        case .success(let found): trusted = found
        case .failure(let refusal): return refuse(refusal.response)
        }
        let payload: JSONValue
        switch parse(webhook.request) {
        case .success(let parsed): payload = parsed
        case .failure(let refusal): return refuse(refusal.response)
        }
        let entry = NewInboxEntry(
            platform: webhook.platform,
            integrations: trusted,
            type: type(of: payload, webhook),
            event: webhook.event,
            identity: senderIdentity(of: payload, from: webhook.platform),
            payload: webhook.request.body,
            receivedAt: loop.now()
        )
        loop.append(entry) { [metrics] result in
            switch result {
            case .success(.accepted(let id)):
                metrics.webhookReceived(webhook.platform, "accepted")
                answer(.accepted(id, "accepted"))
            case .success(.duplicate(let first)):
                metrics.webhookReceived(webhook.platform, "duplicate")
                answer(.accepted(first, "duplicate"))
            case .failure:
                metrics.webhookReceived(webhook.platform, "refused")
                answer(.storageUnavailable)
            }
        }
    }

    private func parse(_ request: InboundRequest) -> Result<JSONValue, Refusal> {
        if let coding = request.headers[.contentEncoding], coding.lowercased() != "identity" {
            return .failure(Refusal(.unsupportedCoding))
        }
        do {
            let payload = try JSONValue(parsing: request.body)
            let elements = payload.array ?? payload["data"]?.array ?? []
            if elements.count > Self.bulkElementsMax { return .failure(Refusal(.bulkTooLarge)) }
            switch payload {
            case .object, .array: return .success(payload)
            case .null, .bool, .number, .string: return .failure(Refusal(.notAnObject))
            }
        } catch {
            return .failure(Refusal(.notJSON(error)))
        }
    }

    /// `interface.md` section 7.
    private static let bulkElementsMax = 10_000

    /// What people see in the inbox: bounded, and never a value of a person.
    private func type(of payload: JSONValue, _ webhook: Webhook) -> String {
        let named =
            switch webhook.platform {
            case .didomi: payload["type"]?.string
            case .actito: payload["eventType"]?.string ?? webhook.event
            }
        let type = named ?? (webhook.platform == .actito ? "UPDATED_SUBSCRIPTION" : "unknown")
        return String(type.prefix(64))
    }
}

/// A response that ends the way of a webhook, as an error.
struct Refusal: Error {
    let response: OutboundResponse

    init(_ response: OutboundResponse) {
        self.response = response
    }
}
