import ActitoAdapter
import Foundation
import Testing

@testable import consent_bridge

@Suite struct ConfigurationSecretTests {
    private func withFile<Result>(
        _ bytes: [UInt8],
        _ body: (String) throws -> Result
    ) throws -> Result {
        let file = FileManager.default.temporaryDirectory
            .appendingPathComponent("consent-bridge-secret-\(UUID().uuidString)")
        try Data(bytes).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        return try body(file.path)
    }

    private func text(key: String) -> String {
        configurationText().replacingOccurrences(
            of: #"private_api_key: "key""#,
            with: "private_api_key: \(key)"
        )
    }

    @Test(arguments: ["secret", "secret\n", "secret\r\n", "\nsecret\n\n"])
    func `a file's secret has no line ends around it`(content: String) throws {
        let configuration = try withFile(Array(content.utf8)) {
            try load(text(key: "{ file: \"\($0)\" }"))
        }
        #expect(configuration.integrations.first?.actito.apiKey == "secret")
    }

    @Test func `an environment variable's secret is taken as it is`() throws {
        let configuration = try load(
            text(key: "{ env: \"KEY\" }"),
            environment: ["KEY": " spaces stay "]
        )
        #expect(configuration.integrations.first?.actito.apiKey == " spaces stay ")
    }

    @Test func `a file of other bytes is refused without showing them`() throws {
        let found = try withFile([0x73, 0xFF]) {
            try faults(of: text(key: "{ file: \"\($0)\" }"))
        }
        #expect(found.count == 1)
        #expect(
            found.first?.what.hasSuffix("which \"private_api_key\" needs, is not UTF-8") == true
        )
    }

    /// Each file below is wrong beside its secrets, so that there is a message to look at.
    @Test(arguments: [
        #"authentication: { private_api_key: "hush-hush", other: "hush-hush" }"#,
        #"authentication: { private_api_key: ["hush-hush"] }"#,
        #"authentication: { private_api_key: { value: "hush-hush" } }"#,
        #"authentication: { private_api_key: { env: "SECRET", file: "hush-hush" } }"#,
        #"authentication: "hush-hush""#,
        #"authentication: { private_api_key: "ok" }, properties: { api_url: "http://jo:hush-hush@h" }"#,
        #"didomi: { api_key: "hush-hush", api_secret: { env: "SECRET" } }"#,
        #"authentication: { private_api_key: "hush-hush }"#,
        #"webhooks: { didomi: { secret_header: { name: "X Y", values: ["hush-hush"] } } }"#,
        #"webhooks: { actito: { secret_header: { name: "X", values: "hush-hush" } } }"#,
    ])
    func `no message shows a secret`(members: String) throws {
        let error = #expect(throws: ConfigurationFaults.self) {
            try load("{ type_id: \"actito\", \(members) }", environment: ["SECRET": "hush-hush"])
        }
        #expect(try !#require(error).description.contains("hush-hush"))
    }
}
