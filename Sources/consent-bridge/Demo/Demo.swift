import ArgumentParser
import Foundation
import Logging
import Sandbox
import ServiceLifecycle
import UnixSignals

/// `demo`: the main job on the sandbox platforms, with a table of what happened.
struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Play a short story between two sandbox platforms and show what happened."
    )

    enum Fault: String, ExpressibleByArgument, CaseIterable {
        case actitoDown = "actito-down"
    }

    @Flag(help: "End after the story: 0 if both platforms ended as expected, else 1.")
    var once = false
    @Option(help: "Something that stays broken: actito-down.") var fault: Fault?

    func run() async throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent(
                "consent-bridge-demo-\(ProcessInfo.processInfo.processIdentifier)"
            )
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }

        var logger = Logger(label: "demo") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .critical
        var sandboxConfiguration = SandboxConfiguration()
        sandboxConfiguration.webhookHeader = (
            DemoConfiguration.secretHeader, DemoConfiguration.secret
        )
        let sandbox = try SandboxPlatforms(configuration: sandboxConfiguration, logger: logger)
        let addresses = try sandbox.start()
        let file = folder.appendingPathComponent("consent-bridge.json5")
        try DemoConfiguration.text(addresses, folder: folder.path)
            .write(to: file, atomically: true, encoding: .utf8)
        let configuration = try loadConfiguration(path: file.path, environment: [:])

        let (bridges, bridge) = AsyncStream.makeStream(of: String.self)
        let application = try Application(configuration, logger: logger) { address in
            bridge.yield(address)
            bridge.finish()
        }
        let isExpected = try await withThrowingTaskGroup(of: Bool?.self) { group in
            group.addTask {
                try await application.run(stoppedBy: [.sigterm, .sigint])
                return nil
            }
            group.addTask {
                guard let address = await bridges.first(where: { _ in true }) else { return false }
                return try await play(sandbox, addresses, bridge: address)
            }
            // The story ends first with --once; without it a signal ends the application.
            var result = true
            for try await ended in group {
                guard let ended else { break }
                result = ended
                if once { break }
            }
            group.cancelAll()
            return result
        }
        await sandbox.stop()
        if !isExpected { throw ExitCode.no }
    }

    private func play(
        _ sandbox: SandboxPlatforms,
        _ addresses: (didomi: String, actito: String),
        bridge: String
    ) async throws -> Bool {
        printLine(DemoText.opening)
        let story = Story(sandbox: sandbox, isActitoDown: fault == .actitoDown)
        let scenes = try await story.play(bridge: bridge)
        printLine(DemoText.table(of: scenes))
        printLine(DemoText.addresses(addresses, bridge: bridge, staysUp: !once))
        return scenes.allSatisfy(\.isExpected)
    }
}
