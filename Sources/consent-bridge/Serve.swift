import ArgumentParser
import Foundation
import Logging
import MicroHTTPServer
import ServiceLifecycle
import Storage
import UnixSignals

/// `serve`: runs the bridge until SIGTERM or SIGINT.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the bridge.",
        discussion: """
            Prints `listening on http://HOST:PORT` (https with TLS) once webhooks are taken; logs go to stderr. \
            SIGTERM and SIGINT stop it: what was received is finished first.
            """
    )

    @Option(name: .long, help: "The configuration file, or CONSENT_BRIDGE_CONFIG.")
    var config: String?

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        guard let path = config ?? environment["CONSENT_BRIDGE_CONFIG"] else {
            throw ValidationError("Give the configuration: --config FILE or CONSENT_BRIDGE_CONFIG.")
        }
        let configuration: Configuration
        do {
            configuration = try loadConfiguration(path: path, environment: environment)
        } catch {
            printError(error.description)
            throw ExitCode.configuration
        }
        let logger = configuration.makeLogger()
        do {
            let application = try Application(configuration, logger: logger) { address in
                printLine("listening on \(address)")
            }
            try await application.run(stoppedBy: [.sigterm, .sigint])
        } catch let error as StoreError {
            printError("error: \(error)")
            throw ExitCode.no
        } catch let error as ServerError {
            printError("error: \(error)")
            throw ExitCode.no
        }
    }
}
