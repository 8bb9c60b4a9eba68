import HTTPTypes

/// Collects the header lines of a response as libcurl hands them over.
///
/// Each line comes whole, interim responses (1xx) and trailers included:
/// <https://curl.se/libcurl/c/CURLOPT_HEADERFUNCTION.html>.
struct ResponseHead {
    /// The fields of the last response that began, so of the final one at the end.
    private(set) var fields = HTTPFields()
    private(set) var bytesCount = 0
    private(set) var hasEnded = false

    private static let statusLineStart = Array("HTTP/".utf8)

    /// Takes one line with its line end.
    mutating func append(_ line: UnsafeBufferPointer<UInt8>) {
        bytesCount += line.count
        let text = Self.trimmed(line[...])
        if line.starts(with: Self.statusLineStart), hasEnded || fields.isEmpty {
            fields = HTTPFields()
            hasEnded = false
        } else if text.isEmpty {
            hasEnded = true
        } else if !hasEnded {
            appendField(text, isFolded: line.first == 0x20 || line.first == 0x09)
        }
        // What follows the end is a trailer, which nobody asked for.
    }

    private mutating func appendField(_ text: Slice<UnsafeBufferPointer<UInt8>>, isFolded: Bool) {
        if isFolded {
            // An obsolete line fold counts as one space (RFC 9112, 5.2).
            guard let last = fields.indices.last else { return }
            let value = fields[last].withUnsafeBytesOfValue { Array($0) } + [0x20] + text
            fields[last] = HTTPField(name: fields[last].name, value: value)
            return
        }
        guard let colon = text.firstIndex(of: UInt8(ascii: ":")),
            let name = HTTPField.Name(String(decoding: text[..<colon], as: UTF8.self))
        else { return }
        let value = Self.trimmed(text[text.index(after: colon)...])
        fields.append(HTTPField(name: name, value: value))
    }

    private static func trimmed(
        _ bytes: Slice<UnsafeBufferPointer<UInt8>>
    ) -> Slice<UnsafeBufferPointer<UInt8>> {
        let isBlank = { (byte: UInt8) in
            byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A
        }
        guard let first = bytes.firstIndex(where: { !isBlank($0) }),
            let last = bytes.lastIndex(where: { !isBlank($0) })
        else { return bytes[bytes.endIndex...] }
        return bytes[first...last]
    }
}
