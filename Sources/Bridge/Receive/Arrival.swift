import BridgeCore
import Storage

/// What is known of a webhook on its way: for its canonical log line and its entry.
struct Arrival: Sendable {
    let platform: PlatformName
    let bytesCount: Int
    let receivedAt: Timestamp
    let correlation: Correlation
    /// Those whose credential it carries; empty until that is known.
    var integrations: [IntegrationName] = []
    /// The one that it can only be meant for, if it carries no credential.
    var addressee: IntegrationName?
    /// The sender's event type; nil until the body is read.
    var type: String?

    init(_ webhook: Receiver.Webhook, _ correlation: Correlation, at now: Timestamp) {
        platform = webhook.platform
        bytesCount = webhook.request.body.count
        receivedAt = now
        self.correlation = correlation
    }

    /// How it ended.
    enum Ending {
        case accepted(InboxID)
        /// The sender had sent it before: the entry of that time.
        case duplicate(InboxID)
        case refused(OutboundResponse)

        var reception: BridgeMetrics.Reception {
            switch self {
            case .accepted: .accepted
            case .duplicate: .duplicate
            case .refused: .refused
            }
        }

        /// As in the metrics.
        var label: String { reception.rawValue }

        var entry: InboxID? {
            switch self {
            case .accepted(let id), .duplicate(let id): id
            case .refused: nil
            }
        }

        var response: OutboundResponse {
            switch self {
            case .accepted(let id), .duplicate(let id): .accepted(id, label)
            case .refused(let response): response
            }
        }
    }
}
