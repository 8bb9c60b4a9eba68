import ArgumentParser
import CurlHTTPClient
import JSON
import Logging

/// `health`: asks a running bridge how it is; for the image's health check and for scripts.
struct HealthCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health",
        abstract: "Ask a running bridge how it is.",
        discussion: """
            Prints pass, warn or fail, and what is not well. Exit status: 0 for pass and warn, 1 for \
            fail, 69 if nothing answers.
            """
    )

    @Option(help: "The bridge's address, or CONSENT_BRIDGE_URL.")
    var url: String?

    @Flag(help: "Ask only whether the process serves, not whether it can accept webhooks.")
    var live = false

    func run() async throws {
        let base = url ?? environmentValue("CONSENT_BRIDGE_URL") ?? "http://127.0.0.1:8080"
        let logger = Logger(label: "health") { _ in SwiftLogNoOpLogHandler() }
        let client = try HTTPClient(configuration: ClientConfiguration(), logger: logger)
        let result: Result<ClientResponse, any Error>
        do {
            let path = live ? "/health/live" : "/health/ready"
            let request = ClientRequest(
                method: "GET",
                url: base + path,
                timeoutMilliseconds: Self.timeoutMilliseconds
            )
            result = .success(try await client.send(request))
        } catch {
            result = .failure(error)
        }
        await client.shutdown()
        switch result {
        case .failure(let error):
            printError("error: \(base) does not answer: \(error)")
            throw ExitCode.unreachable
        case .success(let response):
            let body = try? JSONValue(parsing: response.body)
            let status = body?["status"]?.string ?? "fail"
            let notWell = (body?["checks"]?.object?.members ?? [])
                .filter { $0.value.array?.first?["status"] != "pass" }.map(\.name)
            printLine(([status] + notWell).joined(separator: " "))
            if response.status != 200 { throw ExitCode.no }
        }
    }

    /// An orchestrator's own patience is seldom longer.
    private static let timeoutMilliseconds = 5_000
}
