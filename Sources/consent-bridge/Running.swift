import CurlHTTPClient
import Synchronization

/// The configuration that the bridge runs by, with its client; others after a reload.
final class Running: Sendable {
    private struct State {
        var configuration: Configuration
        var client: HTTPClient
        var reloads = 0
    }

    private let state: Mutex<State>

    init(_ configuration: Configuration, _ client: HTTPClient) {
        state = Mutex(State(configuration: configuration, client: client))
    }

    var configuration: Configuration { state.withLock(\.configuration) }
    var client: HTTPClient { state.withLock(\.client) }

    /// How often the configuration was replaced.
    var reloads: Int { state.withLock(\.reloads) }

    func replace(_ configuration: Configuration, _ client: HTTPClient) {
        state.withLock { state in
            state.configuration = configuration
            state.client = client
            state.reloads += 1
        }
    }
}
