import CurlHTTPClient
import Foundation
import Logging
import MicroHTTPServer

/// Authorities and certificates for 127.0.0.1, made with the openssl command.
final class TestCertificates: Sendable {
    let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func path(_ name: String) -> String { folder.appending(path: name).path }

    /// Makes an authority `NAME-ca.pem` and a certificate `NAME.pem` with its key `NAME.key`.
    func make(_ name: String) throws {
        let (authority, certificate) = (path("\(name)-ca"), path(name))
        try openssl(
            ["req", "-x509", "-days", "2", "-subj", "/CN=\(name) authority"]
                + Self.newKey + ["-keyout", authority + ".key", "-out", authority + ".pem"]
        )
        try openssl(
            ["req", "-subj", "/CN=\(name)", "-addext", "subjectAltName=IP:127.0.0.1"]
                + Self.newKey + ["-keyout", certificate + ".key", "-out", certificate + ".csr"]
        )
        try openssl([
            "x509", "-req", "-days", "2", "-copy_extensions", "copyall", "-CAcreateserial",
            "-CA", authority + ".pem", "-CAkey", authority + ".key",
            "-in", certificate + ".csr", "-out", certificate + ".pem",
        ])
    }

    /// The certificate with this name, as the server takes it.
    func certificate(_ name: String) throws -> ServerCertificate {
        try ServerCertificate(
            certificateFile: path("\(name).pem"),
            privateKeyFile: path("\(name).key")
        )
    }

    /// Runs the openssl command.
    func openssl(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/openssl")
        process.arguments = arguments
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw RawClient.Failure(reason: "openssl \(arguments[0]) failed")
        }
    }

    private static let newKey = [
        "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
    ]
}

extension TestCertificates {
    /// The body that a client gets which trusts this authority only beside the system's.
    func get(_ port: UInt16, trusting name: String) async throws -> String {
        try await withClient(trusting: name) { client in
            let url = "https://127.0.0.1:\(port)/"
            let response = try await client.send(ClientRequest(method: "GET", url: url))
            return String(decoding: response.body, as: UTF8.self)
        }
    }

    /// Runs the body with such a client, whose connections are kept as long.
    func withClient<Result>(
        trusting name: String,
        _ body: (HTTPClient) async throws -> Result
    ) async throws -> Result {
        var configuration = ClientConfiguration()
        configuration.certificateAuthoritiesFile = path("\(name)-ca.pem")
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let client = try HTTPClient(configuration: configuration, logger: logger)
        do {
            let result = try await body(client)
            await client.shutdown()
            return result
        } catch {
            await client.shutdown()
            throw error
        }
    }
}
