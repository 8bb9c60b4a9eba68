import HTTPTypes

extension InboundRequest {
    /// The address that the request comes from, as far as it can be believed; nil: unknown.
    ///
    /// `X-Forwarded-For` is read from the right, since each proxy appends the peer that it saw: an
    /// entry counts only if the one after it, in the end the peer itself, is a trusted proxy.
    /// Whatever stands further left may have been written by the client.
    /// See <https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/X-Forwarded-For>.
    func clientAddress(trusting proxies: [AddressRange]) -> IPAddress? {
        guard var address = IPAddress(peer) else { return nil }
        guard proxies.contains(address), let name = HTTPField.Name("X-Forwarded-For") else {
            return address
        }
        let entries = headers[values: name].flatMap { $0.split(separator: ",") }
        for entry in entries.reversed() {
            // A trusted proxy that writes something else hides who the client is.
            guard let named = IPAddress(forwarded: entry) else { return nil }
            address = named
            guard proxies.contains(address) else { return address }
        }
        return address
    }
}

extension IPAddress {
    /// Reads an entry as proxies write it: also `[::1]`, and with a port, `192.0.2.1:5000` or
    /// `[::1]:5000`.
    fileprivate init?(forwarded entry: Substring) {
        let entry = entry.filter { $0 != " " && $0 != "\t" }
        if entry.hasPrefix("["), let end = entry.firstIndex(of: "]") {
            self.init(entry[..<end].dropFirst())
        } else if entry.contains("."), let colon = entry.firstIndex(of: ":"),
            colon == entry.lastIndex(of: ":")
        {
            self.init(entry[..<colon])
        } else {
            self.init(entry)
        }
    }
}
