import Glibc
import HTTPTypes

/// The names of header fields seen lately, so that each is validated and put in lower case once.
///
/// Clients send the same dozen names with every request; making them anew was a tenth of the time
/// a request took. A fixed table, in which a name replaces the one in its place, stays small
/// whatever is sent.
// SAFETY: used by libmicrohttpd's one thread only.
final class FieldNames: @unchecked Sendable {
    /// What the server itself must know about a field.
    enum Role {
        case host
        case contentLength
        case transferEncoding
        case other
    }

    struct Entry {
        let name: HTTPField.Name
        let role: Role
        fileprivate let bytes: [UInt8]
    }

    private static let placesMax = 128
    private var places = [Entry?](repeating: nil, count: placesMax)

    /// Nil if the name is no token.
    func entry(for lent: UnsafeRawBufferPointer) -> Entry? {
        guard lent.count > 0 else { return nil }
        let mix = lent.count &* 31 ^ Int(lent[0]) &* 7 ^ Int(lent[lent.count / 2]) &* 3
        let place = (mix ^ Int(lent[lent.count - 1])) & (Self.placesMax - 1)
        if let entry = places[place], Self.isEqual(entry.bytes, lent) { return entry }
        guard let name = HTTPField.Name(String(decoding: lent, as: UTF8.self)) else { return nil }
        let entry = Entry(name: name, role: Self.role(of: name), bytes: Array(lent))
        places[place] = entry
        return entry
    }

    private static func isEqual(_ bytes: [UInt8], _ lent: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count == lent.count, let start = lent.baseAddress else { return false }
        return bytes.withUnsafeBytes { own in
            guard let own = own.baseAddress else { return false }
            return memcmp(own, start, lent.count) == 0
        }
    }

    private static func role(of name: HTTPField.Name) -> Role {
        switch name.canonicalName {
        case "host": .host
        case "content-length": .contentLength
        case "transfer-encoding": .transferEncoding
        default: .other
        }
    }
}
