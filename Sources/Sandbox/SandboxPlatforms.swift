import CurlHTTPClient
package import JSON
package import Logging
import MicroHTTPServer

/// A working Didomi and a working Actito on this machine, for integration tests and the demo.
///
/// Both are written from the two contracts alone. What they know is in memory and ends with them.
package final class SandboxPlatforms: Sendable {
    private let host: String
    private let client: HTTPClient
    private let runner: JobRunner
    private let didomi: PlatformServer<DidomiPlatform>
    private let actito: PlatformServer<ActitoPlatform>

    /// Prepares both platforms; nothing listens yet.
    ///
    /// - Throws: what the HTTP client throws when it cannot start.
    package init(configuration: SandboxConfiguration, logger: Logger) throws {
        let client = try HTTPClient(configuration: ClientConfiguration(), logger: logger)
        let runner = JobRunner()
        func server<Platform: SimulatedPlatform>(
            _ platform: Platform,
            port: UInt16
        ) -> PlatformServer<Platform> {
            var serving = ServerConfiguration()
            serving.host = configuration.host
            serving.port = port
            let sender = WebhookSender(
                configuration: configuration,
                client: client,
                runner: runner,
                logger: logger
            )
            return PlatformServer(
                platform,
                on: serving,
                sender: sender,
                runner: runner,
                logger: logger
            )
        }
        didomi = server(DidomiPlatform(configuration), port: configuration.didomiPort)
        actito = server(ActitoPlatform(configuration), port: configuration.actitoPort)
        host = configuration.host
        self.client = client
        self.runner = runner
    }

    /// Begins to listen and returns both base addresses; Didomi's API is there
    /// with and without `/v1`.
    ///
    /// Call it once, and `stop` even if it throws. The control addresses are under `/sandbox` of
    /// each port, not under `/v1`.
    ///
    /// - Throws: what the HTTP server throws when an address cannot be listened on.
    package func start() throws -> (didomi: String, actito: String) {
        runner.start()
        let didomiPort = try didomi.start()
        let actitoPort = try actito.start()
        let host = host.contains(":") ? "[\(host)]" : host
        return ("http://\(host):\(didomiPort)", "http://\(host):\(actitoPort)")
    }

    /// Stops both platforms; webhooks that are still waiting are lost.
    package func stop() async {
        // First the jobs, so that late answers go out now instead of holding up the servers.
        await runner.stop()
        await didomi.stop()
        await actito.stop()
        await client.shutdown()
    }

    /// Sends the webhooks of both platforms to this bridge, `http://host:port`, from now on.
    package func setBridge(url: String) {
        didomi.setBridge(url: url)
        actito.setBridge(url: url)
    }

    /// A person chooses by hand on one platform, as with `POST /sandbox/act`.
    ///
    /// - Throws: ``SandboxError/refused(_:)`` when the platform does not know the field.
    package func act(
        on platform: SandboxPlatform,
        key: String,
        field: String,
        value: Bool?,
        metadata: JSONObject = JSONObject()
    ) throws(SandboxError) {
        let act = PersonalAct(key: key, field: field, value: value, metadata: metadata)
        do throws(Refusal) {
            switch platform {
            case .didomi: try didomi.act(act)
            case .actito: try actito.act(act)
            }
        } catch {
            throw .refused(error.message)
        }
    }

    /// Everyone that a platform knows, as `GET /sandbox/state` answers it.
    package func state(of platform: SandboxPlatform) -> JSONValue {
        switch platform {
        case .didomi: didomi.people
        case .actito: actito.people
        }
    }

    /// The API calls that a platform got, as `GET /sandbox/calls` answers them.
    package func calls(of platform: SandboxPlatform) -> JSONValue {
        switch platform {
        case .didomi: didomi.calls
        case .actito: actito.calls
        }
    }

    /// Lets something go wrong on a platform, as `POST /sandbox/faults` does.
    package func setFault(_ fault: SandboxFault, on platform: SandboxPlatform) {
        switch platform {
        case .didomi: didomi.add(fault)
        case .actito: actito.add(fault)
        }
    }

    /// Ends all faults of a platform, as `DELETE /sandbox/faults` does.
    package func clearFaults(on platform: SandboxPlatform) {
        switch platform {
        case .didomi: didomi.clearFaults()
        case .actito: actito.clearFaults()
        }
    }

    /// Makes every access token that a platform gave out an expired one, whatever it promised.
    package func expireTokens(of platform: SandboxPlatform) {
        switch platform {
        case .didomi: didomi.expireTokens()
        case .actito: actito.expireTokens()
        }
    }
}

/// One of the two platforms of a ``SandboxPlatforms``.
package enum SandboxPlatform: String, Sendable, CaseIterable {
    case didomi
    case actito
}

/// Why an act by hand did not happen.
package enum SandboxError: Error, Equatable {
    /// The platform does not know the field or the value; the text says which.
    case refused(String)
}

extension SandboxError: CustomStringConvertible {
    /// What was wrong.
    package var description: String {
        switch self {
        case .refused(let reason): "the sandbox refuses the act: \(reason)"
        }
    }
}
