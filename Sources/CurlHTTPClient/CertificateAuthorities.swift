import CCurl
import Glibc

/// The authorities of the system and those of one more file, as PEM.
///
/// CURLOPT_CAINFO would replace those of the system, so both are read here, once, and handed over
/// in memory: <https://curl.se/libcurl/c/CURLOPT_CAINFO_BLOB.html>.
final class CertificateAuthorities {
    /// Far more than any bundle (the system's is about 220 KiB).
    private static let fileBytesMax = 16 * 1024 * 1024

    private let bytes: UnsafeMutableRawBufferPointer

    /// - Throws: ``ClientError/cannotConnect(_:)`` when the file cannot be read or holds no PEM
    ///   certificate: no connection could be trusted as its operator means it.
    init(addingFile path: String) throws(ClientError) {
        let added = try Self.read(path)
        guard String(decoding: added, as: UTF8.self).contains("-----BEGIN CERTIFICATE-----") else {
            throw .cannotConnect("\(path) holds no certificate in PEM format")
        }
        var all = try Self.systemFile().map(Self.read) ?? []
        all.append(UInt8(ascii: "\n"))
        all.append(contentsOf: added)
        bytes = .allocate(byteCount: all.count, alignment: 1)
        bytes.copyBytes(from: all)
    }

    deinit { bytes.deallocate() }

    /// Lends the certificates to a handle; they must outlive its transfer, as the loop does.
    func apply(to options: inout OptionWriter) {
        var blob = curl_blob(
            data: bytes.baseAddress,
            len: bytes.count,
            flags: UInt32(CURL_BLOB_NOCOPY)
        )
        options.set(CURLOPT_CAINFO_BLOB, blob: &blob)
    }

    /// The bundle that libcurl was built to use, if this machine has it.
    private static func systemFile() throws(ClientError) -> String? {
        let handle = try EasyHandle()
        var path: UnsafeMutablePointer<CChar>?
        ccurl_getinfo_pointer(handle.raw, CURLINFO_CAINFO, &path)
        guard let path, access(path, R_OK) == 0 else { return nil }
        return String(cString: path)
    }

    private static func read(_ path: String) throws(ClientError) -> [UInt8] {
        guard let file = fopen(path, "re") else {
            throw .cannotConnect("cannot read \(path): \(String(cString: strerror(errno)))")
        }
        defer { fclose(file) }
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 * 1024)
        while case let count = fread(&chunk, 1, chunk.count, file), count > 0 {
            content.append(contentsOf: chunk[..<count])
            guard content.count <= fileBytesMax else {
                throw .cannotConnect("\(path) exceeds \(fileBytesMax) bytes")
            }
        }
        guard ferror(file) == 0 else {
            throw .cannotConnect("cannot read \(path)")
        }
        return content
    }
}
