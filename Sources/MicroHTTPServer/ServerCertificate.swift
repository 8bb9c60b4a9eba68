import CMicroHTTPD
import Glibc

/// A certificate chain with its private key, tried out with the library that will use them.
///
/// The files are read once, here; make another one to see that they have changed.
package struct ServerCertificate: Sendable, Equatable {
    /// A key and a long chain take about 20 KiB.
    private static let fileBytesMax = 1_048_576

    /// The file of the certificate and those that signed it, in this order, as PEM.
    package let certificateFile: String
    /// The file of the private key, as PEM, without a passphrase.
    package let privateKeyFile: String
    private let certificate: String
    private let privateKey: String

    /// Reads both files.
    ///
    /// Throws ``ServerError/unusableCertificate(file:reason:)``, which names the file and what to
    /// do, if one cannot be read, is not what it should be, or both do not belong together.
    package init(certificateFile: String, privateKeyFile: String) throws(ServerError) {
        self.certificateFile = certificateFile
        self.privateKeyFile = privateKeyFile
        certificate = try Self.read(certificateFile)
        guard certificate.contains("-----BEGIN CERTIFICATE-----") else {
            throw .unusableCertificate(
                file: certificateFile,
                reason: "it holds no certificate in PEM format; give the chain file of your "
                    + "certificate authority, such as fullchain.pem"
            )
        }
        privateKey = try Self.read(privateKeyFile)
        guard privateKey.contains("PRIVATE KEY-----") else {
            throw .unusableCertificate(
                file: privateKeyFile,
                reason: "it holds no private key in PEM format; give the key that the certificate "
                    + "was made for, such as privkey.pem"
            )
        }
        guard !privateKey.contains("ENCRYPTED") else {
            throw .unusableCertificate(
                file: privateKeyFile,
                reason: "the private key has a passphrase; take it off with "
                    + "`openssl pkey -in FILE -out NEW`"
            )
        }
        if let reason = tryOut() {
            throw .unusableCertificate(
                file: certificateFile,
                reason: "with the key in \(privateKeyFile): \(reason); give a certificate and "
                    + "the private key that it was made for"
            )
        }
    }

    /// Starts a daemon with these settings and the certificate.
    func start(_ settings: inout cmhd_settings) -> OpaquePointer? {
        certificate.withCString { certificate in
            privateKey.withCString { privateKey in
                Limit.tlsPriorities.withCString { priorities in
                    settings.certificate = certificate
                    settings.private_key = privateKey
                    settings.priorities = priorities
                    return cmhd_start(&settings)
                }
            }
        }
    }

    /// Starts a daemon that has neither a socket nor a thread; what it complained about, or nil.
    private func tryOut() -> String? {
        let complaints = Complaints()
        var settings = cmhd_settings()
        settings.flags =
            MHD_USE_TLS.rawValue | MHD_USE_NO_LISTEN_SOCKET.rawValue
            | MHD_USE_ERROR_LOG.rawValue
        settings.connections_max = 1
        settings.connection_memory_bytes = Limit.connectionMemoryBytes
        settings.handler = { _, _, _, _, _, _, _, _ in .NO }
        settings.logger = noteComplaint
        // SAFETY: the daemon, which calls back with it, ends before this function does.
        settings.owner = Unmanaged.passUnretained(complaints).toOpaque()
        return withExtendedLifetime(complaints) {
            guard let daemon = start(&settings) else {
                return complaints.texts.first ?? "libmicrohttpd gave no reason"
            }
            MHD_stop_daemon(daemon)
            return nil
        }
    }

    private static func read(_ path: String) throws(ServerError) -> String {
        func unreadable(_ reason: String) -> ServerError {
            .unusableCertificate(
                file: path,
                reason: "\(reason); give the path of a PEM file that this user may read"
            )
        }
        guard let file = fopen(path, "re") else {
            throw unreadable(String(cString: strerror(errno)))
        }
        defer { fclose(file) }
        var content = [UInt8](repeating: 0, count: fileBytesMax)
        let count = fread(&content, 1, content.count, file)
        guard ferror(file) == 0 else { throw unreadable(String(cString: strerror(errno))) }
        guard count < fileBytesMax else { throw unreadable("it is longer than 1 MiB") }
        return String(decoding: content[..<count], as: UTF8.self)
    }
}

extension ServerCertificate: CustomStringConvertible, CustomReflectable {
    /// The paths, never the key.
    package var description: String { "\(certificateFile), \(privateKeyFile)" }

    /// The paths, never the key.
    package var customMirror: Mirror {
        Mirror(self, children: [("files", description)])
    }
}

/// What the library reports while it starts.
private final class Complaints {
    var texts: [String] = []
}

/// Unlike in a running server the arguments may be shown: no request has come.
private func noteComplaint(
    owner: UnsafeMutableRawPointer?,
    format: UnsafePointer<CChar>?,
    arguments: CVaListPointer?
) {
    guard let owner, let format, let arguments else { return }
    var text = [CChar](repeating: 0, count: 512)
    vsnprintf(&text, text.count, format, arguments)
    let line = text.withUnsafeBufferPointer { buffer in
        buffer.baseAddress.map { String(cString: $0) } ?? ""
    }
    Unmanaged<Complaints>.fromOpaque(owner).takeUnretainedValue().texts
        .append(line.split { $0.isNewline }.joined(separator: " ").removingPeriod)
}

extension String {
    /// So that it can stand inside a sentence.
    fileprivate var removingPeriod: String { hasSuffix(".") ? String(dropLast()) : self }
}
