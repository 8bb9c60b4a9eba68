import CurlHTTPClient
import Foundation
import HTTPTypes
import JSON
import Logging
import Sandbox
import Synchronization

/// A sandbox and a `serve` process between its platforms.
final class Rig: Sendable {
    static let newsletter = "subscription:Newsletter"

    struct Missing: Error {
        let what: String
    }

    let sandbox: Sandbox
    private let client: HTTPClient
    private let folder: URL
    private let process: Mutex<Process>
    private let address = Mutex("")

    private init(sandbox: Sandbox, client: HTTPClient, folder: URL) {
        self.sandbox = sandbox
        self.client = client
        self.folder = folder
        process = Mutex(Process())
    }

    static func start(createsProfiles: Bool = false) async throws -> Rig {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        var configuration = SandboxConfiguration()
        configuration.webhookHeader = ("X-Webhook-Secret", "open-sesame")
        let sandbox = try Sandbox(configuration: configuration, logger: logger)
        let addresses = try sandbox.start()
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("consent-bridge-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let rig = Rig(
            sandbox: sandbox,
            client: try HTTPClient(configuration: ClientConfiguration(), logger: logger),
            folder: folder
        )
        try rig.configuration(addresses, createsProfiles: createsProfiles)
            .write(to: rig.configurationFile, atomically: true, encoding: .utf8)
        try await rig.restart()
        return rig
    }

    private var configurationFile: URL { folder.appendingPathComponent("bridge.json5") }

    private func configuration(
        _ addresses: (didomi: String, actito: String),
        createsProfiles: Bool
    ) -> String {
        let secret = #"{"secret_header": {"name": "X-Webhook-Secret", "values": ["open-sesame"]}}"#
        return """
            {
              "server": {"port": 0, "shutdown_grace_seconds": 2},
              "storage": {"url": "sqlite:\(folder.path)/bridge.db"},
              "delivery": {"base_delay_seconds": 0.05},
              "log": {"level": "error"},
              "integrations": [{
                "type_id": "actito",
                "authentication": {"private_api_key": "key"},
                "properties": {"entity_id": "acme", "table_name": "Profiles",
                  "user_unique_key": "emailAddress", "api_url": "\(addresses.actito)"},
                "mappings": [{"id": "Newsletter", "value": "consents_channels_email_enabled"}],
                "upsert_mode": \(createsProfiles),
                "didomi": {"api_url": "\(addresses.didomi)", "organization_id": "acme-media",
                  "api_key": "id", "api_secret": "secret"},
                "webhooks": {"didomi": \(secret), "actito": \(secret)},
              }],
            }
            """
    }

    /// Starts the process, again after ``kill()``, and waits until it listens.
    func restart() async throws {
        let started = Process()
        started.executableURL = Self.executable
        started.arguments = ["serve", "--config", configurationFile.path]
        let output = Pipe()
        started.standardOutput = output
        try started.run()
        process.withLock { $0 = started }
        var text = ""
        while !text.contains("\n") {
            let data = output.fileHandleForReading.availableData
            guard !data.isEmpty else { throw Missing(what: "the line that says where it listens") }
            text += String(decoding: data, as: UTF8.self)
        }
        let found = String(text.dropFirst("listening on ".count).prefix { $0 != "\n" })
        address.withLock { $0 = found }
        sandbox.setBridge(url: found)
    }

    /// The program that this test run built, beside the test bundle.
    private static var executable: URL {
        var folder = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        while folder.path != "/" {
            folder.deleteLastPathComponent()
            let candidate = folder.appendingPathComponent("consent-bridge")
            if FileManager.default.isExecutableFile(atPath: candidate.path) { return candidate }
        }
        return URL(fileURLWithPath: ".build/debug/consent-bridge")
    }

    func kill() {
        process.withLock { process in
            Foundation.kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
    }

    /// Asks the process to stop and returns its exit status.
    @discardableResult
    func stop() async -> Int32 {
        let status = process.withLock { process in
            process.terminate()
            process.waitUntilExit()
            return process.terminationStatus
        }
        await sandbox.stop()
        await client.shutdown()
        try? FileManager.default.removeItem(at: folder)
        return status
    }

    func request(
        _ method: String,
        _ path: String,
        _ body: String,
        hasSecret: Bool
    ) async throws -> ClientResponse {
        var headers: HTTPFields = [:]
        if hasSecret, let name = HTTPField.Name("X-Webhook-Secret") { headers[name] = "open-sesame" }
        return try await client.send(
            ClientRequest(
                method: method,
                url: address.withLock(\.self) + path,
                headers: headers,
                body: Array(body.utf8)
            )
        )
    }

    /// Waits until a person's state on a platform is as wanted.
    func person(
        _ key: String,
        at platform: SandboxPlatform,
        where isWanted: (JSONValue) -> Bool
    ) async throws -> JSONValue {
        let deadline = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < deadline {
            if let person = sandbox.state(of: platform)["people"]?[key], isWanted(person) {
                return person
            }
            await Task.yield()
            _ = try await request("GET", "/health/live", "", hasSecret: false)
        }
        throw Missing(what: "\(key) at \(platform.rawValue)")
    }

    /// Waits until the metrics hold a series that begins so.
    func metric(_ prefix: String) async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < deadline {
            let text = try await request("GET", "/metrics", "", hasSecret: false).body
            if String(decoding: text, as: UTF8.self).contains("\n\(prefix)") { return }
        }
        throw Missing(what: prefix)
    }

    func calls(to platform: SandboxPlatform) -> [JSONValue] {
        sandbox.calls(of: platform)["items"]?.array ?? []
    }
}
