import Foundation

/// A self-signed certificate for 127.0.0.1 in a folder that is gone after the test.
struct TestCertificate {
    let file: String
    let keyFile: String

    /// The member `tls` of `server`.
    var configuration: String {
        #""tls": {"certificate_file": "\#(file)", "private_key_file": "\#(keyFile)"}"#
    }

    static func run(_ body: (Self) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let certificate = TestCertificate(
            file: folder.appending(path: "certificate.pem").path,
            keyFile: folder.appending(path: "key.pem").path
        )
        let maker = Process()
        maker.executableURL = URL(filePath: "/usr/bin/openssl")
        maker.arguments = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-days", "2", "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1",
            "-keyout", certificate.keyFile, "-out", certificate.file,
        ]
        maker.standardError = FileHandle.nullDevice
        try maker.run()
        maker.waitUntilExit()
        try await body(certificate)
    }
}
