package import HTTPTypes

/// The secret header that a platform sends with each webhook.
package struct WebhookCredential: Sendable {
    package var headerName: HTTPField.Name
    /// Several while a secret is being changed.
    private let values: [[UInt8]]

    package init(headerName: HTTPField.Name, values: [String]) {
        self.headerName = headerName
        self.values = values.map { Array($0.utf8) }
    }

    /// Whether one of the secrets was sent.
    ///
    /// How long it takes says nothing about the secrets but their lengths.
    package func matches(_ headers: HTTPFields) -> Bool {
        guard let sent = headers[headerName].map({ Array($0.utf8) }) else { return false }
        var isMatched = false
        for value in values {
            var difference = value.count ^ sent.count
            for index in sent.indices {
                difference |= Int(sent[index] ^ value[index % max(value.count, 1)])
            }
            if difference == 0, !value.isEmpty { isMatched = true }
        }
        return isMatched
    }
}
