import ArgumentParser
import Bridge
import BridgeCore
import Foundation
import JSON

extension PlatformName: ExpressibleByArgument {}

extension Timestamp: ExpressibleByArgument {
    public init?(argument: String) { self.init(iso8601: argument) }
}

/// `preview`: what a webhook would come to, without sending or storing anything.
struct PreviewCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "preview",
        abstract: "Show what a webhook would come to; nothing is sent.",
        discussion: """
            Prints the outcome of each change and the exact requests as JSON, as for people of whom \
            nothing is known yet. Log-ins are left out, and so is what follows the answers of reads. \
            Exit status: 0 shown, 65 the payload is not JSON, 78 the configuration is wrong.
            """
    )

    @OptionGroup var options: ConfigurationOption

    @Option(help: "Which platform sends the webhook: didomi or actito.")
    var from: PlatformName

    @Option(help: "Actito's event type, if the payload does not name it, such as CREATE.")
    var event: String?

    @Option(help: "Only this integration; otherwise all.")
    var integration: String?

    @Option(help: "As if received then, such as 2026-11-24T09:00:00Z; otherwise now.")
    var at: Timestamp?

    @Flag(help: "Has no effect: the output is JSON in any case.")
    var json = false

    @Argument(help: "The webhook's body: a file, or - for standard input.")
    var payload = "-"

    func run() async throws {
        let integrations = try options.load().integrations.map { Integration($0) }
            .filter { integration == nil || $0.name.text == integration }
        if integrations.isEmpty {
            throw ValidationError("There is no integration \"\(integration ?? "")\".")
        }
        let webhook = Receiver.Webhook(
            platform: from,
            integration: integration,
            event: event,
            request: InboundRequest(method: "POST", path: "/", body: try body())
        )
        do throws(Refusal) {
            let ports = Ports(now: { [at] in at ?? .now() })
            let preview = try Preview(webhook, for: integrations, ports: ports)
            printLine(preview.json.serializedPretty())
        } catch {
            printError("error: \(payload == "-" ? "standard input" : payload): \(error.detail)")
            throw ExitCode.undecodable
        }
    }

    private func body() throws -> [UInt8] {
        if payload == "-" {
            return try FileHandle.standardInput.readToEnd().map { [UInt8]($0) } ?? []
        }
        guard let bytes = FileManager.default.contents(atPath: payload) else {
            throw ValidationError("The payload \(payload) cannot be read.")
        }
        return Array(bytes)
    }
}
