import Bridge
import BridgeCore
import CurlHTTPClient
import Logging
import MicroHTTPServer
import ServiceLifecycle
import UnixSignals

/// Reads the configuration again at SIGHUP.
struct ReloadService: Service {
    let application: Application
    /// Trapped before anybody can know that the bridge runs: until then a signal would end it.
    let signals: UnixSignalsSequence
    let load: @Sendable () throws -> Configuration

    func run() async throws {
        for await _ in signals.cancelOnGracefulShutdown() {
            do {
                try await application.reload(try load())
            } catch let faults as ConfigurationFaults {
                for line in faults.description.split(separator: "\n") { refuse("\(line)") }
            } catch {
                refuse("\(error)")
            }
        }
    }

    private func refuse(_ reason: String) {
        application.logger.error(
            "the configuration was not reloaded; the bridge goes on as before",
            metadata: ["error": "\(reason)"]
        )
    }
}

extension Application {
    /// Goes on with another configuration, or throws and goes on with the one it has.
    ///
    /// Who may send webhooks, and where, changes at once; the calls to the platforms change when
    /// those in flight have ended. Webhooks are taken and answered all the while.
    func reload(_ new: Configuration) async throws {
        let old = running.configuration
        let oldClient = running.client
        let newClient =
            new.client == old.client
            ? oldClient : try HTTPClient(configuration: new.client, logger: logger)
        do {
            try server.replace(with: new.listening)
            if let adminServer, let listening = new.adminListening {
                try adminServer.replace(with: listening)
            }
        } catch {
            if newClient !== oldClient { await newClient.shutdown() }
            throw error
        }
        let admission = Admission(new, madeKey: signingSecret)
        // What the loop does not know yet is not taken yet.
        let known = Set(old.integrations.map(\.settings.name))
        var meanwhile = admission
        meanwhile.integrations.removeAll { !known.contains($0.name) }
        gate.replace(meanwhile)
        running.replace(new, newClient)
        loop.metrics.expect(new.integrations.map(\.settings.name))
        await loop.replace(BridgeLoop.Setup(new, newClient))
        gate.replace(admission)
        if newClient !== oldClient { await oldClient.shutdown() }
        let names = new.integrations.map(\.settings.name.text).joined(separator: " ")
        let later = new.namesForNextStart(after: old).joined(separator: " ")
        logger.notice(
            "configuration reloaded",
            metadata: ["integrations": "\(names)", "at_next_start": "\(later)"]
        )
    }
}

extension BridgeLoop.Setup {
    init(_ configuration: Configuration, _ client: HTTPClient) {
        self.init(
            integrations: configuration.integrations.map { Integration($0).withBoundedCalls },
            policy: configuration.policy,
            transport: CurlTransport(client: client)
        )
        limits = configuration.intakeLimits
    }
}

extension Integration {
    /// Without a limit of the licence calls at once are bounded all the same: a backlog that waits in the
    /// client would time out there before it is sent.
    fileprivate var withBoundedCalls: Integration {
        var integration = self
        for (platform, licence) in licences where licence.limits.concurrent == 0 {
            integration.licences[platform]?.limits.concurrent = Self.callsMax
        }
        return integration
    }

    /// At 5 ms a call more than one core decides.
    private static let callsMax = 64
}

extension Configuration {
    /// The keys with a new value that only a restart can take.
    fileprivate func namesForNextStart(after old: Configuration) -> [String] {
        [
            storagePath == old.storagePath ? nil : "storage.url",
            (adminListening == nil) == (old.adminListening == nil) ? nil : "server.admin",
            shutdownGrace == old.shutdownGrace ? nil : "server.shutdown_grace_seconds",
            logLevel == old.logLevel && logFormat == old.logFormat ? nil : "log",
        ].compactMap(\.self)
    }
}
