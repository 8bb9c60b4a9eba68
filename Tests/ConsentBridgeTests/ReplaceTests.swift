import Bridge
import CurlHTTPClient
import Foundation
import HTTPTypes
import Logging
import MicroHTTPServer
import Testing

@testable import consent_bridge

/// What a loaded-again configuration changes in a running application.
@Suite(.timeLimit(.minutes(1)))
struct ReplaceTests {
    @Test
    func `a new certificate, new limits and new secrets count without a restart`() async throws {
        try await TestCertificate.run { first in
            try await TestCertificate.run { second in
                try await Self.run(first, secret: "one") { application, url in
                    #expect(try await Self.post(url, trusting: first, secret: "one") == 200)
                    #expect(try await Self.post(url, trusting: first, secret: "two") == 401)
                    let next = try Self.configuration(second, secret: "two", bodyBytesMax: 3)
                    application.gate.replace(
                        Admission(next, madeKey: application.signingSecret)
                    )
                    try application.server.replace(with: next.listening)
                    #expect(try await Self.post(url, trusting: second, secret: "two") == 200)
                    #expect(try await Self.post(url, trusting: second, secret: "one") == 401)
                    let long = try await Self.post(
                        url,
                        trusting: second,
                        secret: "two",
                        body: "{   }"
                    )
                    #expect(long == 413)
                    await #expect(throws: ClientError.self) {
                        try await Self.post(url, trusting: first, secret: "two")
                    }
                    // Nothing is lost if the new place cannot be had.
                    var elsewhere = next.listening
                    elsewhere.host = "192.0.2.1"
                    #expect(throws: ServerError.self) {
                        try application.server.replace(with: elsewhere)
                    }
                    #expect(try await Self.post(url, trusting: second, secret: "two") == 200)
                }
            }
        }
    }

    private static func configuration(
        _ certificate: TestCertificate,
        secret: String,
        bodyBytesMax: Int = 1000
    ) throws -> Configuration {
        let folder = URL(filePath: certificate.file).deletingLastPathComponent()
        let file = folder.appending(path: "bridge.json5")
        try """
        {"server": {"port": 0, "max_body_bytes": \(bodyBytesMax), \(certificate.configuration)},
         "storage": {"url": "sqlite:\(folder.path)/bridge.db"},
         "integrations": [{"type_id": "actito", "authentication": {"private_api_key": "key"},
         "properties": {"entity_id": "e", "table_name": "t", "user_unique_key": "emailAddress"},
         "mappings": [{"id": "N", "value": "consents_channels_email_enabled"}],
         "webhooks": {"didomi": {"secret_header": {"name": "X-S", "values": ["\(secret)"]}}}}]}
        """.write(to: file, atomically: true, encoding: .utf8)
        return try loadConfiguration(path: file.path, environment: [:])
    }

    /// Runs an application in this process around the body.
    private static func run(
        _ certificate: TestCertificate,
        secret: String,
        _ body: (Application, String) async throws -> Void
    ) async throws {
        let (addresses, address) = AsyncStream.makeStream(of: String.self)
        let application = try Application(
            try configuration(certificate, secret: secret),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            onListening: { address.yield($0) }
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await application.run(stoppedBy: []) }
            defer { group.cancelAll() }
            let url = try #require(await addresses.first { _ in true })
            try await body(application, url)
        }
    }

    /// Sends a webhook over a new connection; the status of the answer.
    private static func post(
        _ url: String,
        trusting certificate: TestCertificate,
        secret: String,
        body: String = "{}"
    ) async throws -> Int {
        var configuration = ClientConfiguration()
        configuration.certificateAuthoritiesFile = certificate.file
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let client = try HTTPClient(configuration: configuration, logger: logger)
        let name = try #require(HTTPField.Name("X-S"))
        let request = ClientRequest(
            method: "POST",
            url: url + "/webhooks/didomi",
            headers: [name: secret],
            body: Array(body.utf8)
        )
        let result: Result<ClientResponse, any Error>
        do {
            result = .success(try await client.send(request))
        } catch {
            result = .failure(error)
        }
        await client.shutdown()
        return try result.get().status
    }
}
