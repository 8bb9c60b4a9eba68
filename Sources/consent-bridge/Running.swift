import CurlHTTPClient
import Synchronization

/// The configuration that the bridge runs by, with its client; others after a reload.
final class Running: Sendable {
    private let state: Mutex<(configuration: Configuration, client: HTTPClient)>

    init(_ configuration: Configuration, _ client: HTTPClient) {
        state = Mutex((configuration, client))
    }

    var configuration: Configuration { state.withLock(\.configuration) }
    var client: HTTPClient { state.withLock(\.client) }

    func replace(_ configuration: Configuration, _ client: HTTPClient) {
        state.withLock { $0 = (configuration, client) }
    }
}
