import CCurl
import HTTPTypes

/// The headers of one request as libcurl wants them.
///
/// The owner of a `curl_slist`. It must outlive the transfer:
/// <https://curl.se/libcurl/c/CURLOPT_HTTPHEADER.html>.
final class HeaderList {
    private(set) var first: UnsafeMutablePointer<curl_slist>?

    init(_ request: CheckedRequest) throws(ClientError) {
        for field in request.headers {
            try append(Self.line(field))
        }
        // A name without value removes what libcurl would add by itself.
        for (name, own) in [(HTTPField.Name.accept, "Accept:"), (.contentType, "Content-Type:")]
        where !request.headers.contains(name) {
            try append(Array(own.utf8CString))
        }
        // Waiting for "100 Continue" would cost a round trip, or a second when it is not known.
        try append(Array("Expect:".utf8CString))
    }

    deinit { curl_slist_free_all(first) }

    private func append(_ line: [CChar]) throws(ClientError) {
        guard let longer = curl_slist_append(first, line) else {
            throw .library(CURLE_OUT_OF_MEMORY)
        }
        first = longer
    }

    /// The field as a C string; an empty value is written `Name;`, since `Name:` means removal.
    private static func line(_ field: HTTPField) -> [CChar] {
        field.withUnsafeBytesOfValue { value in
            let isBlank = value.allSatisfy { $0 == 0x20 || $0 == 0x09 }
            var line: [CChar] = []
            line.reserveCapacity(field.name.rawName.utf8.count + value.count + 3)
            line.append(contentsOf: field.name.rawName.utf8.lazy.map(CChar.init(bitPattern:)))
            if isBlank {
                line.append(CChar(bitPattern: UInt8(ascii: ";")))
            } else {
                line.append(CChar(bitPattern: UInt8(ascii: ":")))
                line.append(CChar(bitPattern: UInt8(ascii: " ")))
                line.append(contentsOf: value.lazy.map(CChar.init(bitPattern:)))
            }
            line.append(0)
            return line
        }
    }
}
