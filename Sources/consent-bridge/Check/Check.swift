import ActitoAdapter
import ArgumentParser
import BridgeCore
import CurlHTTPClient
import Foundation
import JSON
import Logging

/// `check`: says everything that is wrong with a configuration, and with the accounts behind it.
struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say what is wrong with a configuration, all of it at once.",
        discussion: """
            Prints faults as `FILE:LINE:COLUMN: error: what (hint)` on stderr. --online logs in to \
            both platforms and compares every mapping with what is there; it only reads. Exit \
            status: 0 all is well, 1 something is wrong, 78 the file is missing or not JSON5.
            """
    )

    @OptionGroup var options: ConfigurationOption

    @Flag(help: "Ask the platforms too; nothing is written there.")
    var online = false

    @Flag(help: "Print the findings as one JSON object on stdout.")
    var json = false

    func run() async throws {
        let path = try options.path()
        var report = CheckReport(file: path)
        let configuration: Configuration
        do {
            configuration = try loadConfiguration(
                path: path,
                environment: ProcessInfo.processInfo.environment
            )
        } catch {
            report.faults = error.faults
            report.print(asJSON: json)
            throw error.isReadable ? ExitCode.no : ExitCode.configuration
        }
        report.integrations = configuration.integrations.map { ($0, AccountReport()) }
        if online {
            for (index, integration) in configuration.integrations.enumerated() {
                report.integrations[index].report = try await ask(integration, configuration)
            }
        }
        report.print(asJSON: json)
        if report.hasErrors { throw ExitCode.no }
    }

    private func ask(
        _ integration: IntegrationConfiguration,
        _ configuration: Configuration
    ) async throws -> AccountReport {
        let logger = Logger(label: "check") { _ in SwiftLogNoOpLogHandler() }
        let http = try HTTPClient(configuration: configuration.client, logger: logger)
        let client = AccountClient(client: http)
        var report = AccountReport()
        await ActitoAccountCheck(client: client, settings: integration.actito, now: .now())
            .run(&report)
        await DidomiAccountCheck(
            client: client,
            settings: integration.didomi,
            actitoTable: integration.actito.tableName,
            now: .now()
        ).run(&report)
        await http.shutdown()
        return report
    }
}
