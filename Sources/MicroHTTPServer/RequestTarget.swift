import Glibc

/// The request line as libmicrohttpd lends it, before it decodes it in place.
struct RequestTarget {
    var path = ""
    var query = ""
    var isValid = false
    /// Where the target's bytes began and how many they were.
    var address: UInt = 0
    var count = 0

    init() {}

    init(lent: UnsafePointer<CChar>) {
        let bytes = UnsafeRawBufferPointer(start: lent, count: strlen(lent))
        address = UInt(bitPattern: lent)
        count = bytes.count
        isValid = !bytes.isEmpty && bytes.allSatisfy { 0x21...0x7E ~= $0 }
        var rest = Self.withoutAuthority(bytes)
        if let mark = rest.firstIndex(of: UInt8(ascii: "?")) {
            query = String(decoding: rest[(mark + 1)...], as: UTF8.self)
            rest = rest[..<mark]
        }
        path = rest.isEmpty ? "/" : String(decoding: rest, as: UTF8.self)
    }

    /// A target may be a whole URL, as sent to a proxy:
    /// <https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2>.
    private static func withoutAuthority(
        _ bytes: UnsafeRawBufferPointer
    ) -> Slice<UnsafeRawBufferPointer> {
        let whole = bytes[...]
        guard bytes.first != UInt8(ascii: "/"),
            let scheme = ["http://", "https://"].first(where: { bytes.starts(with: $0.utf8) })
        else { return whole }
        let afterScheme = whole.dropFirst(scheme.utf8.count)
        return afterScheme.drop { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
    }
}
