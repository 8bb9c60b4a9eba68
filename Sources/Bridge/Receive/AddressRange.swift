/// One address or a network in CIDR notation, such as `35.159.1.63` or `2001:db8::/32`.
///
/// Contract: <https://www.rfc-editor.org/rfc/rfc4632#section-3.1>.
package struct AddressRange: Hashable, Sendable {
    private let network: [UInt8]
    /// How many bits of the 128 of the IPv6 form must agree.
    private let bitsCount: Int

    /// Reads an address, or an address and the number of leading bits that count.
    ///
    /// Bits of the address beyond that number are ignored.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let address = IPAddress(parts[0]) else { return nil }
        // An IPv4 network that is written in IPv6 counts its bits in IPv6.
        let isWrittenShort = address.isVersion4 && !parts[0].contains(":")
        let bitsMax = isWrittenShort ? 32 : 128
        var bits = bitsMax
        if parts.count == 2 {
            let isPlain = parts[1].utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
            guard isPlain, parts[1].utf8.count <= 3, let given = Int(parts[1]), given <= bitsMax
            else { return nil }
            bits = given
        }
        network = address.bytes
        bitsCount = bits + 128 - bitsMax
    }

    /// Whether the address lies in the range.
    ///
    /// `::/0` contains every IPv6 address and no IPv4 address, and `0.0.0.0/0` the other way round.
    package func contains(_ address: IPAddress) -> Bool {
        let isVersion4 = network.starts(with: IPAddress.prefixOfVersion4)
        guard address.isVersion4 == isVersion4 else { return false }
        for (index, byte) in network.enumerated() {
            let bits = min(max(bitsCount - index * 8, 0), 8)
            let mask = ~UInt8(truncatingIfNeeded: 0xFF >> bits)
            guard (byte ^ address.bytes[index]) & mask == 0 else { return false }
        }
        return true
    }
}

extension [AddressRange] {
    /// Whether one of the ranges contains the address.
    func contains(_ address: IPAddress) -> Bool {
        contains { $0.contains(address) }
    }
}
