import CurlHTTPClient
import Foundation
import HTTPTypes
import JSON
import Logging
import Sandbox
import Synchronization

@testable import consent_bridge

/// A sandbox and a `serve` process between its platforms.
final class Rig: Sendable {
    static let newsletter = "subscription:Newsletter"

    static let secretHeader =
        #"{"secret_header": {"name": "X-Webhook-Secret", "values": ["open-sesame"]}}"#

    /// What a test changes in the configuration, as members in JSON5.
    struct Options {
        var createsProfiles = false
        var mappings = #"{"id": "Newsletter", "value": "consents_channels_email_enabled"}"#
        /// Members of the file beside those that the rig writes.
        var top = ""
        /// Members of `server`.
        var server = ""
        /// Members of `delivery`.
        var delivery = ""
        /// A look at the platforms' schema at a time of its own would meet a test's faults.
        var driftMinutes = 0
        /// Where the database is, if not beside the configuration.
        var storageFolder: String?
        /// Didomi's webhook endpoint instead of one with the secret header.
        var didomiWebhooks = Rig.secretHeader
        /// The authority that the client trusts besides the system's.
        var authorityFile: String?
        /// The whole file instead of the rig's own, for these addresses and this storage; the
        /// sandbox takes the names in it over and sends no webhooks.
        var text: ((_ didomi: String, _ actito: String, _ storage: String) throws -> String)?
        /// Attributes of the sandbox's table besides its own.
        var attributes: [String] = []
        /// The member `log`.
        var log = #"{"level": "notice"}"#
    }

    struct Missing: Error {
        let what: String
    }

    let sandbox: SandboxPlatforms
    private let client: HTTPClient
    private let folder: URL
    let databaseFile: String
    private let process: Mutex<Process>
    private let address = Mutex("")
    private let adminAddress = Mutex<String?>(nil)
    /// `server.admin` is among the options.
    private let hasAdminListener: Bool

    private init(
        sandbox: SandboxPlatforms,
        client: HTTPClient,
        folder: URL,
        _ options: Options
    ) {
        self.sandbox = sandbox
        self.client = client
        self.folder = folder
        databaseFile = (options.storageFolder ?? folder.path) + "/bridge.db"
        hasAdminListener = options.server.contains(#""admin":"#)
        process = Mutex(Process())
    }

    /// Runs a test between started platforms and ends everything afterwards, also when it throws:
    /// a process that is left running would keep the whole test run from ending.
    static func run(
        createsProfiles: Bool = false,
        mappings: String = Options().mappings,
        _ test: (Rig) async throws -> Void
    ) async throws {
        var options = Options()
        options.createsProfiles = createsProfiles
        options.mappings = mappings
        try await run(options, test)
    }

    /// The same with another configuration.
    static func run(_ options: Options, _ test: (Rig) async throws -> Void) async throws {
        let rig = try await start(options)
        do {
            try await test(rig)
        } catch {
            await rig.stop()
            throw error
        }
        await rig.stop()
    }

    private static func start(_ options: Options) async throws -> Rig {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        var configuration = SandboxConfiguration()
        configuration.webhookHeader = ("X-Webhook-Secret", "open-sesame")
        configuration.preferences["topics", default: []] += ["other", "sport", "more"]
        configuration.attributes += options.attributes.map { SandboxAttribute(name: $0) }
        try adopt(options, &configuration)
        let sandbox = try SandboxPlatforms(configuration: configuration, logger: logger)
        let addresses = try sandbox.start()
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("consent-bridge-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        var clientConfiguration = ClientConfiguration()
        clientConfiguration.certificateAuthoritiesFile = options.authorityFile
        let rig = Rig(
            sandbox: sandbox,
            client: try HTTPClient(configuration: clientConfiguration, logger: logger),
            folder: folder,
            options
        )
        do {
            let text =
                try options.text?(addresses.didomi, addresses.actito, rig.storage)
                ?? rig.configuration(addresses, options)
            try text.write(to: rig.configurationFile, atomically: true, encoding: .utf8)
            try await rig.restart()
        } catch {
            await rig.stop()
            throw error
        }
        return rig
    }

    private static func adopt(
        _ options: Options,
        _ configuration: inout SandboxConfiguration
    ) throws {
        guard let text = options.text else { return }
        let file = FileManager.default.temporaryDirectory
            .appendingPathComponent("adopt-\(UUID().uuidString).json5")
        defer { try? FileManager.default.removeItem(at: file) }
        try text("http://127.0.0.1:1", "http://127.0.0.1:1", "sqlite:unused.db")
            .write(to: file, atomically: true, encoding: .utf8)
        try configuration.adopt(configurationFile: file.path)
    }

    private var storage: String { "sqlite:\(databaseFile)" }

    var configurationFile: URL { folder.appendingPathComponent("bridge.json5") }

    private func configuration(
        _ addresses: (didomi: String, actito: String),
        _ options: Options
    ) -> String {
        let secret = Self.secretHeader
        return """
            {
              "server": {"port": 0, "shutdown_grace_seconds": 2, \(options.server)},
              \(options.top)
              "storage": {"url": "\(storage)"},
              "delivery": {"base_delay_seconds": 0.05, \(options.delivery)},
              "drift": {"interval_minutes": \(options.driftMinutes)},
              "log": \(options.log),
              "integrations": [{
                "type_id": "actito",
                "authentication": {"private_api_key": "key"},
                "properties": {"entity_id": "acme", "table_name": "Profiles",
                  "user_unique_key": "emailAddress", "api_url": "\(addresses.actito)"},
                "mappings": [\(options.mappings)],
                "upsert_mode": \(options.createsProfiles),
                "didomi": {"api_url": "\(addresses.didomi)/v1", "organization_id": "acme-media",
                  "api_key": "id", "api_secret": "secret"},
                "webhooks": {"didomi": \(options.didomiWebhooks), "actito": \(secret)},
              }],
            }
            """
    }

    /// Starts the process, again after ``kill()``, and waits until it listens.
    func restart() async throws {
        let started = Process()
        started.executableURL = Program.executable
        started.arguments = ["serve", "--config", configurationFile.path]
        let output = Pipe()
        started.standardOutput = output
        started.standardError = try logHandle()
        try started.run()
        process.withLock { $0 = started }
        var text = ""
        while text.count(where: \.isNewline) < (hasAdminListener ? 2 : 1) {
            let bytes = Self.bytes(from: output.fileHandleForReading.fileDescriptor)
            guard !bytes.isEmpty else {
                throw Missing(what: "the line that says where it listens")
            }
            text += String(decoding: bytes, as: UTF8.self)
        }
        let found = try Self.address(after: "listening on ", in: text)
        address.withLock { $0 = found }
        sandbox.setBridge(url: found)
        guard hasAdminListener else { return }
        let admin = try Self.address(after: "admin API on ", in: text)
        adminAddress.withLock { $0 = admin }
    }

    private static func address(after words: String, in text: String) throws -> String {
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix(words) }) else {
            throw Missing(what: words)
        }
        return String(line.dropFirst(words.count))
    }

    /// What a pipe holds, or nothing at its end; `FileHandle` ends the process when the end of
    /// another one interrupts it.
    private static func bytes(from pipe: Int32) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = read(pipe, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            return Array(buffer.prefix(max(0, count)))
        }
    }

    var logFile: URL { folder.appendingPathComponent("serve.log") }

    private func logHandle() throws -> FileHandle {
        if !FileManager.default.fileExists(atPath: logFile.path) {
            try Data().write(to: logFile)
        }
        let handle = try FileHandle(forWritingTo: logFile)
        try handle.seekToEnd()
        return handle
    }

    /// Changes the configuration's text and has the process read it again.
    func reload(_ change: (String) -> String) throws {
        let text = try String(contentsOf: configurationFile, encoding: .utf8)
        try change(text).write(to: configurationFile, atomically: true, encoding: .utf8)
        process.withLock { _ = Foundation.kill($0.processIdentifier, SIGHUP) }
    }

    /// Waits until the log holds a text this often.
    func log(_ text: String, times: Int = 1) async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < deadline {
            let log = try String(contentsOf: logFile, encoding: .utf8)
            if log.components(separatedBy: text).count > times { return }
            _ = try await request("GET", "/health/live", "", hasSecret: false)
        }
        throw Missing(what: "\"\(text)\" in the log")
    }

    /// Where the bridge listens.
    var url: String { address.withLock(\.self) }

    /// Where the admin API is.
    var adminURL: String { adminAddress.withLock(\.self) ?? url }

    func kill() {
        process.withLock { process in
            Foundation.kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
    }

    /// Sends the process a signal that it does not expect.
    func send(_ signal: Int32) {
        process.withLock { _ = Foundation.kill($0.processIdentifier, signal) }
    }

    /// Asks the process to stop and returns its exit status.
    @discardableResult
    func terminate() -> Int32 {
        process.withLock { process in
            // Never started, or ended already by the test.
            guard process.processIdentifier > 0 else { return -1 }
            if process.isRunning { process.terminate() }
            process.waitUntilExit()
            return process.terminationStatus
        }
    }

    private func stop() async {
        terminate()
        await sandbox.stop()
        await client.shutdown()
        try? FileManager.default.removeItem(at: folder)
    }

    func request(
        _ method: String,
        _ path: String,
        _ body: String = "",
        hasSecret: Bool = true
    ) async throws -> ClientResponse {
        var headers: HTTPFields = [:]
        if hasSecret, let name = HTTPField.Name("X-Webhook-Secret") {
            headers[name] = "open-sesame"
        }
        return try await request(method, path, body, headers)
    }

    func request(
        _ method: String,
        _ path: String,
        _ body: String,
        _ headers: HTTPFields
    ) async throws -> ClientResponse {
        try await send(method, url + path, body, headers)
    }

    func send(
        _ method: String,
        _ url: String,
        _ body: String,
        _ headers: HTTPFields
    ) async throws -> ClientResponse {
        try await client.send(
            ClientRequest(method: method, url: url, headers: headers, body: Array(body.utf8))
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
    func metric(_ prefix: String, within limit: Duration = .seconds(30)) async throws {
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            let text = try await send("GET", adminURL + "/metrics", "", [:]).body
            if String(decoding: text, as: UTF8.self).contains("\n\(prefix)") { return }
        }
        throw Missing(what: prefix)
    }

    /// The calls that changed something, without log-ins and reads.
    func writes(to platform: SandboxPlatform) -> [JSONValue] {
        calls(to: platform).filter {
            $0["method"] != "GET" && $0["path"]?.string?.hasSuffix("/sessions") == false
        }
    }

    func calls(to platform: SandboxPlatform) -> [JSONValue] {
        sandbox.calls(of: platform)["items"]?.array ?? []
    }
}
