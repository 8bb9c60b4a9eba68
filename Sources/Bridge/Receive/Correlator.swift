import BridgeCore
package import HTTPTypes
import Synchronization

/// Gives each webhook the id by which it is found in logs, here and at the platforms.
final class Correlator: Sendable {
    private let ids: Mutex<RequestIDSource>

    init(_ ports: Ports) {
        var randomness = AnyRandomness(source: ports.randomness)
        ids = Mutex(RequestIDSource(using: &randomness))
    }

    /// The sender's id if it is a sane token, else a new one; and the sender's trace, if it is well
    /// formed.
    func correlation(of headers: HTTPFields) -> Correlation {
        Correlation(
            requestID: headers[.requestID].flatMap { RequestID($0) }
                ?? ids.withLock { $0.next() },
            trace: headers[.traceparent].flatMap { TraceContext($0) }
        )
    }
}

extension HTTPField.Name {
    /// `X-Request-Id`: in a webhook, in its answer, and in each request to a platform.
    package static let requestID: Self = {
        guard let name = Self("X-Request-Id") else { preconditionFailure("this is a token") }
        return name
    }()
}
