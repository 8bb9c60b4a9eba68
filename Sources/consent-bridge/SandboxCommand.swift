import ArgumentParser
import JSON
import Logging
import Sandbox
import ServiceLifecycle
import UnixSignals

/// `sandbox`: only the two platforms, for users' own integration tests.
struct SandboxCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sandbox",
        abstract: "Run a working Didomi and Actito on this machine.",
        discussion: """
            Prints one JSON line with both addresses. SIGTERM ends it. Without further options both \
            are as strict as their documentation where that is clear; --mandatory-attribute, \
            --put-semantics replace and --without-feature make them stricter.
            """
    )

    @Option(help: "Port of the sandbox's Didomi; 0: a free one.") var didomiPort: UInt16 = 0
    @Option(help: "Port of the sandbox's Actito; 0: a free one.") var actitoPort: UInt16 = 0
    @Option(help: "Where webhooks go: http://host:port of the bridge.") var bridge: String?
    @Option(help: "The secret header of webhooks, NAME=VALUE.") var webhookSecret: String?
    @Option(help: "Take names of tables, subscriptions and purposes from this configuration.")
    var config: String?
    @OptionGroup(title: "What the platforms do") var behaviour: SandboxBehaviourOptions

    func run() async throws {
        var configuration = SandboxConfiguration()
        if let config { try configuration.adopt(configurationFile: config) }
        configuration.didomiPort = didomiPort
        configuration.actitoPort = actitoPort
        configuration.bridgeURL = bridge
        configuration.webhookHeader = try webhookSecret.map(header)
        try behaviour.apply(to: &configuration)
        var logger = Logger(label: "sandbox") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .warning
        let sandbox = try SandboxPlatforms(configuration: configuration, logger: logger)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [.init(service: SandboxService(sandbox: sandbox))],
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: logger
            )
        )
        try await group.run()
    }

    private func header(_ text: String) throws -> (name: String, value: String) {
        let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2 else {
            throw ValidationError("--webhook-secret takes NAME=VALUE, such as X-Secret=abc.")
        }
        return (parts[0], parts[1])
    }
}

private struct SandboxService: Service {
    let sandbox: SandboxPlatforms

    func run() async throws {
        do {
            let addresses = try sandbox.start()
            let line: JSONValue = [
                "didomi": .string(addresses.didomi), "actito": .string(addresses.actito),
            ]
            printLine(line.serializedText())
            try? await gracefulShutdown()
        } catch {
            await sandbox.stop()
            throw error
        }
        await sandbox.stop()
    }
}
