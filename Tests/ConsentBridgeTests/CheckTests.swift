import CurlHTTPClient
import Foundation
import HTTPTypes
import JSON
import Logging
import Sandbox
import Testing

@testable import consent_bridge

/// `check` as a process, alone and against the two sandbox platforms.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct CheckTests {
    @Test
    func `every fault has its line, and none is a success`() throws {
        let file = try Written(Self.configuration(["change": ("\"text\"", "\"txt\"")]))
        let ending = try Program.run(["check", "--config", file.path])
        #expect(ending.status == 1)
        #expect(ending.errors.hasPrefix("\(file.path):2:18: error: \"format\" is not one of"))
        #expect(ending.errors.contains("\(file.path):5:40: error: the environment variable"))
        #expect(ending.output == "4 errors in \(file.path)\n")
    }

    @Test(arguments: [nil, "{ integrations: [", "integrations = 1"])
    func `a file that is missing or not JSON5 is told apart`(text: String?) throws {
        let file = try text.map { try Written($0) }
        let path = file?.path ?? "/nowhere/bridge.json5"
        let ending = try Program.run(["check", "--config", path])
        #expect(ending.status == 78)
        #expect(ending.errors.contains("error: "))
    }

    @Test
    func `without a configuration it is bad usage`() throws {
        let ending = try Program.run(["check"], environment: ["CONSENT_BRIDGE_CONFIG": ""])
        #expect(ending.status == 64)
    }

    @Test
    func `accounts that fit give nothing to say`() async throws {
        let ending = try await Self.online()
        #expect(ending.status == 0)
        #expect(ending.output.contains("ok     the profile table acme/Profiles (16) can be read"))
        #expect(ending.output.hasSuffix("no problem found in \(ending.path)\n"))
        #expect(ending.errors.isEmpty)
    }

    /// What is written instead, at which line it is found, and what the hint says.
    @Test(arguments: [
        ("\"acme\"", "\"acmee\"", 6, "did you mean \"acme\"?"),
        ("\"Profiles\"", "\"Profile\"", 6, "did you mean \"Profiles\"?"),
        ("\"emailAddress\"", "\"emailAdress\"", 6, "did you mean \"emailAddress\"?"),
        ("\"emailAddress\"", "\"shop\"", 6, "unique are: \"customerId\", \"emailAddress\""),
        ("\"Newsletter\"", "\"NewsLetter\"", 9, "did you mean \"Newsletter\"?"),
        ("\"product_news\"", "\"produkt_news\"", 10, "did you mean \"product_news\"?"),
        ("\"marketingConsent\"", "\"birthDate\"", 11, "map to a boolean attribute"),
        ("\"acme-media\"", "\"acme\"", 13, "its id stands in the address"),
    ])
    func `what the accounts do not have is named at its line`(
        right: String,
        wrong: String,
        line: Int,
        hint: String
    ) async throws {
        let ending = try await Self.online(["change": (right, wrong)])
        #expect(ending.status == 1)
        let found = ending.errors.split(separator: "\n").filter { $0.contains(": error: ") }
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("\(ending.path):\(line):") == true)
        #expect(found.first?.contains(hint) == true)
    }

    @Test
    func `a mandatory attribute that nothing fills is an error where profiles are created`()
        async throws
    {
        let changes = [
            "upsert": ("upsert_mode: false", "upsert_mode: true"),
            "metadata": ("metadata: {}", "metadata: { include: [\"shop\"] }"),
        ]
        let ending = try await Self.online(
            changes,
            sandbox: { sandbox in
                for index in sandbox.attributes.indices
                where ["lastName", "shop"].contains(sandbox.attributes[index].name) {
                    sandbox.attributes[index].mandatory = true
                }
            }
        )
        #expect(ending.status == 1)
        #expect(
            ending.errors.contains("7:18: error: no profile can be created without \"lastName\"")
        )
        #expect(
            ending.errors.contains("7:18: warning: only people whose Didomi data fills \"shop\"")
        )
    }

    @Test
    func `an integration of Didomi's own on the same table is an error`() async throws {
        let native = #"""
            {"type_id": "actito", "authentication": {"private_api_key": "k"},
             "properties": {"table_name": "Profiles"}, "mappings": []}
            """#
        let ending = try await Self.online(prepare: { addresses in
            try await Self.addIntegration(native, at: "\(addresses.didomi)/v1")
        })
        #expect(ending.status == 1)
        #expect(ending.errors.contains("Didomi's own Actito integration runs on the same table"))
    }

    @Test
    func `what Didomi does not let be seen is said, and is no fault`() async throws {
        let ending = try await Self.online(sandbox: { $0.features.remove("integrations") })
        #expect(ending.status == 0)
        #expect(
            ending.output.contains("?      no Actito integration of Didomi runs in parallel: 403")
        )
    }

    @Test
    func `an organization without the Consents API is an error`() async throws {
        let ending = try await Self.online(sandbox: { $0.features.remove("consents_api") })
        #expect(ending.status == 1)
        #expect(ending.errors.contains("has not bought Didomi's Consents API"))
    }

    @Test
    func `a platform that nobody answers for is an error at its address`() throws {
        let file = try Written(
            Self.configuration().replacingOccurrences(of: "ACTITO", with: "http://127.0.0.1:1")
                .replacingOccurrences(of: "DIDOMI", with: "http://127.0.0.1:1")
        )
        let ending = try Program.run(
            ["check", "--online", "--config", file.path],
            environment: ["BRIDGE_TEST_KEY": "very-secret"]
        )
        #expect(ending.status == 1)
        #expect(ending.errors.contains("error: Actito does not answer at http://127.0.0.1:1"))
        #expect(ending.errors.contains("error: Didomi does not answer at http://127.0.0.1:1/v1"))
        #expect(!(ending.errors + ending.output).contains("very-secret"))
    }

    @Test
    func `as JSON it is one object`() async throws {
        let ending = try await Self.online(
            ["change": ("\"Newsletter\"", "\"NewsLetter\"")],
            options: ["--json"]
        )
        let report = try JSONValue(parsing: Array(ending.output.utf8))
        #expect(report["ok"] == false)
        #expect(report["findings"]?.array?.count == 1)
        #expect(report["findings"]?.array?.first?["line"] == 9)
        #expect(ending.errors.isEmpty)
    }
}

extension CheckTests {
    /// A configuration file that lives as long as the test.
    private final class Written {
        let path: String

        init(_ text: String) throws {
            path =
                FileManager.default.temporaryDirectory
                .appendingPathComponent("check-\(UUID().uuidString).json5").path
            try text.write(toFile: path, atomically: true, encoding: .utf8)
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }
    }

    private struct OnlineEnding {
        var path: String
        var status: Int32
        var output: String
        var errors: String
    }

    /// Runs `check --online` against a sandbox of its own.
    private static func online(
        _ changes: [String: (String, String)] = [:],
        options: [String] = [],
        sandbox configure: (inout SandboxConfiguration) -> Void = { _ in },
        prepare: ((didomi: String, actito: String)) async throws -> Void = { _ in }
    ) async throws -> OnlineEnding {
        var configuration = SandboxConfiguration()
        configure(&configuration)
        let sandbox = try SandboxPlatforms(
            configuration: configuration,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        let addresses = try sandbox.start()
        do { try await prepare(addresses) } catch {
            await sandbox.stop()
            throw error
        }
        let result = Result {
            let text = Self.configuration(changes)
                .replacingOccurrences(of: "ACTITO", with: addresses.actito)
                .replacingOccurrences(of: "DIDOMI", with: addresses.didomi)
            let file = try Written(text)
            let ending = try Program.run(
                ["check", "--online", "--config", file.path] + options,
                environment: ["BRIDGE_TEST_KEY": "k"]
            )
            return OnlineEnding(
                path: file.path,
                status: ending.status,
                output: ending.output,
                errors: ending.errors
            )
        }
        await sandbox.stop()
        return try result.get()
    }

    private static func addIntegration(_ body: String, at didomi: String) async throws {
        let client = try HTTPClient(
            configuration: ClientConfiguration(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        let json: HTTPFields = [.contentType: "application/json"]
        let session = try await client.send(
            ClientRequest(
                method: "POST",
                url: "\(didomi)/sessions",
                headers: json,
                body: Array(#"{"type": "api-key", "key": "k", "secret": "s"}"#.utf8)
            )
        )
        let token = try JSONValue(parsing: session.body)["access_token"]?.string ?? ""
        var headers = json
        headers[.authorization] = "Bearer \(token)"
        let answer = try await client.send(
            ClientRequest(
                method: "POST",
                url: "\(didomi)/marketplace/integrations?organization_id=acme-media",
                headers: headers,
                body: Array(body.utf8)
            )
        )
        await client.shutdown()
        #expect(answer.status == 200)
    }

    private static func configuration(_ changes: [String: (String, String)] = [:]) -> String {
        var text = """
            {
              log: { format: "text" },
              integrations: [{
                type_id: "actito",
                authentication: { private_api_key: { env: "BRIDGE_TEST_KEY" } },
                properties: { entity_id: "acme", table_name: "Profiles", user_unique_key: "emailAddress", api_url: "ACTITO" },
                upsert_mode: false, metadata: {},
                mappings: [
                  { id: "Newsletter", value: "consents_channels_email_enabled" },
                  { id: "ProductNews", purpose: "product_news" },
                  { id: "marketingConsent", target: "attribute", channel: "sms" },
                ],
                didomi: { api_url: "DIDOMI/v1", organization_id: "acme-media", api_key: "a", api_secret: "b" },
              }],
            }
            """
        for (right, wrong) in changes.values {
            text = text.replacingOccurrences(of: right, with: wrong)
        }
        return text
    }
}
