/// The values that a secret may have: several while it is being changed.
package struct SecretValues: Hashable, Sendable {
    private let values: [[UInt8]]

    /// Empty values are dropped: nothing that is sent may equal them.
    package init(_ values: [String]) {
        self.values = values.filter { !$0.isEmpty }.map { Array($0.utf8) }
    }

    /// Nothing that is sent is right.
    var isEmpty: Bool { values.isEmpty }

    /// Whether this was sent.
    ///
    /// Every value is compared whole, so how long it takes says nothing about the values.
    func contain(_ sent: String) -> Bool {
        let sent = Array(sent.utf8)
        var matches = 0
        for value in values {
            var difference = value.count ^ sent.count
            for index in sent.indices {
                difference |= Int(sent[index] ^ value[index % value.count])
            }
            matches += difference == 0 ? 1 : 0
        }
        return matches > 0
    }
}

extension SecretValues: CustomStringConvertible, CustomReflectable {
    /// Never a value.
    package var description: String { "<redacted>" }

    /// Never a value.
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
