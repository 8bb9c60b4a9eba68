/// An IPv4 or IPv6 address.
///
/// An IPv4 address that is written inside an IPv6 one (`::ffff:192.0.2.1`) is the IPv4 address:
/// <https://www.rfc-editor.org/rfc/rfc4291#section-2.5.5.2>.
package struct IPAddress: Hashable, Sendable {
    /// The 16 bytes of the IPv6 form, also of an IPv4 address.
    let bytes: [UInt8]

    /// The first 12 bytes of an IPv4 address.
    static let prefixOfVersion4: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]

    var isVersion4: Bool { bytes.starts(with: Self.prefixOfVersion4) }

    /// Reads the text of an address, without port, zone or brackets.
    package init?(_ text: some StringProtocol) {
        if let version4 = Self.version4(text) {
            bytes = Self.prefixOfVersion4 + version4
        } else if let version6 = Self.version6(text) {
            bytes = version6
        } else {
            return nil
        }
    }

    /// Four decimal numbers; one with a leading zero is refused, since some read it as octal.
    private static func version4(_ text: some StringProtocol) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bytes: [UInt8] = []
        for part in parts {
            guard part.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }),
                part == "0" || !part.hasPrefix("0"), let byte = UInt8(part)
            else { return nil }
            bytes.append(byte)
        }
        return bytes
    }

    /// Groups of 16 bits, of which `::` leaves out one run of zeros; the last two may be IPv4.
    private static func version6(_ text: some StringProtocol) -> [UInt8]? {
        guard let gap = text.firstRange(of: "::") else {
            let bytes = groups(text[...])
            return bytes?.count == 16 ? bytes : nil
        }
        guard let head = groups(text[..<gap.lowerBound], isEnd: false),
            let tail = groups(text[gap.upperBound...]),
            head.count + tail.count <= 14
        else { return nil }
        return head + [UInt8](repeating: 0, count: 16 - head.count - tail.count) + tail
    }

    private static func groups(_ text: some StringProtocol, isEnd: Bool = true) -> [UInt8]? {
        guard !text.isEmpty else { return [] }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        var bytes: [UInt8] = []
        for (index, part) in parts.enumerated() {
            if isEnd, index == parts.count - 1, let version4 = version4(part) {
                bytes += version4
            } else if (1...4).contains(part.utf8.count), part.utf8.allSatisfy(\.isHexDigit),
                let group = UInt16(part, radix: 16)
            {
                bytes += [UInt8(group >> 8), UInt8(group & 0xFF)]
            } else {
                return nil
            }
        }
        return bytes
    }
}

extension UInt8 {
    fileprivate var isHexDigit: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }
}
