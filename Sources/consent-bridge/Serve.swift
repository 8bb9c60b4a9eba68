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
            SIGTERM and SIGINT stop it: what was received is finished first. SIGHUP reads the \
            configuration and its secrets again; one with a fault changes nothing.
            """
    )

    @OptionGroup var options: ConfigurationOption

    func run() async throws {
        CrashReport.omitMemory()
        let configuration = try options.load()
        let writer = configuration.makeLogWriter()
        let result: Result<Void, any Error>
        do {
            result = .success(
                try await serve(configuration, logger: configuration.makeLogger(writer: writer))
            )
        } catch {
            result = .failure(error)
        }
        // Whatever ends it, the log is complete and the message is its last line.
        writer.close()
        do {
            try result.get()
        } catch let error as StoreError {
            printError("error: \(error)")
            throw ExitCode.no
        } catch let error as ServerError {
            printError("error: \(error)")
            throw ExitCode.no
        }
    }

    private func serve(_ configuration: Configuration, logger: Logger) async throws {
        let application = try Application(
            configuration,
            logger: logger,
            onListening: { printLine("listening on \($0)") },
            onAdminListening: { printLine("admin API on \($0)") }
        )
        let path = try options.path()
        try await application.run(stoppedBy: [.sigterm, .sigint]) {
            try loadConfiguration(path: path, environment: ProcessInfo.processInfo.environment)
        }
    }
}
