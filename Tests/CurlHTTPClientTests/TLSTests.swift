import CurlHTTPClient
import Foundation
import Testing

/// `openssl s_server` with a self-signed certificate of its own.
final class TLSServer {
    static let isAvailable = FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl")

    let certificateFile: String
    let port: UInt16
    private let process = Process()
    private let directory: URL

    /// Starts a server whose certificate is for `subject`, such as `IP:127.0.0.1`.
    init(subject: String) throws {
        directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        certificateFile = directory.appending(path: "certificate.pem").path
        let keyFile = directory.appending(path: "key.pem").path
        let maker = Self.openssl([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-days", "2", "-subj", "/CN=test", "-addext", "subjectAltName=\(subject)",
            "-keyout", keyFile, "-out", certificateFile,
        ])
        try maker.run()
        maker.waitUntilExit()
        process.executableURL = maker.executableURL
        process.arguments = [
            "s_server", "-accept", "127.0.0.1:0", "-www", "-cert", certificateFile,
            "-key", keyFile,
        ]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
        port = try #require(Self.readPort(output.fileHandleForReading))
    }

    func url(host: String = "127.0.0.1") -> String { "https://\(host):\(port)/" }

    func stop() {
        // SIGTERM is blocked in it, inherited from the thread of Swift's pool that started it.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: directory)
    }

    private static func openssl(_ arguments: [String]) -> Process {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/openssl")
        process.arguments = arguments
        process.standardError = FileHandle.nullDevice
        return process
    }

    /// Waits for the line `ACCEPT 127.0.0.1:<port>`.
    private static func readPort(_ file: FileHandle) -> UInt16? {
        var text = ""
        while true {
            let data = file.availableData
            if data.isEmpty { return nil }
            text += String(decoding: data, as: UTF8.self)
            for line in text.split(separator: "\n").dropLast(text.hasSuffix("\n") ? 0 : 1)
            where line.hasPrefix("ACCEPT ") {
                return line.split(separator: ":").last.flatMap { UInt16($0) }
            }
        }
    }
}

@Suite(.timeLimit(.minutes(1)), .enabled(if: TLSServer.isAvailable, "needs the openssl command"))
struct TLSTests {
    private func outcome(
        _ url: String,
        trusting file: String?
    ) async throws -> Result<ClientResponse, ClientError> {
        var configuration = ClientConfiguration()
        configuration.certificateAuthoritiesFile = file
        return try await withClient(to: TestServer(), configuration) { client, _ in
            do throws(ClientError) {
                return .success(try await client.send(ClientRequest(method: "GET", url: url)))
            } catch {
                return .failure(error)
            }
        }
    }

    private func expectRefusal(_ outcome: Result<ClientResponse, ClientError>) {
        guard case .failure(.cannotConnect(let reason)) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(reason.lowercased().contains("certificate"))
    }

    @Test func `a certificate of an unknown authority is refused, of a known one accepted`()
        async throws
    {
        let server = try TLSServer(subject: "IP:127.0.0.1")
        defer { server.stop() }
        expectRefusal(try await outcome(server.url(), trusting: nil))
        let accepted = try await outcome(server.url(), trusting: server.certificateFile)
        #expect(try accepted.get().status == 200)
    }

    @Test func `a trusted certificate for another host is refused`() async throws {
        let server = try TLSServer(subject: "DNS:example.com")
        defer { server.stop() }
        expectRefusal(try await outcome(server.url(), trusting: server.certificateFile))
    }

    @Test func `a server that speaks no TLS is refused`() async throws {
        let server = TestServer(onConnect: { connection in
            connection.send("HTTP/1.1 400 Bad Request\r\n\r\n")
            return .close
        })
        try await withClient(to: server) { client, server in
            let url = "https://127.0.0.1:\(server.port)/"
            let error = await failure(of: client, sending: ClientRequest(method: "GET", url: url))
            #expect(error?.requestMayHaveArrived == false)
            #expect(server.received.isEmpty)
        }
    }

    @Test(arguments: ["/no/such/file.pem", "/etc/hostname", "/tmp"])
    func `a file that holds no certificate stops the client from starting`(path: String) {
        var configuration = ClientConfiguration()
        configuration.certificateAuthoritiesFile = path
        #expect {
            try HTTPClient(configuration: configuration, logger: quiet)
        } throws: { error in
            "\(error)".contains(path)
        }
    }
}
