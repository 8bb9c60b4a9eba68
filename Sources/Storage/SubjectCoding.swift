package import BridgeCore

extension Subject {
    /// The form in which a subject is stored: `k:claire@example.com`, `p:12345`.
    package var storedText: String {
        switch self {
        case .key(let key): "k:\(key.text.withoutZeros)"
        case .profile(let id): "p:\(id.withoutZeros)"
        }
    }

    package init?(storedText: String) {
        if let key = storedText.removingPrefix("k:") {
            self = .key(SubjectKey(key.withZerosRestored))
        } else if let id = storedText.removingPrefix("p:") {
            self = .profile(id: id.withZerosRestored)
        } else {
            return nil
        }
    }
}

/// A database's text ends at a zero character (PostgreSQL refuses it), and what platforms send may
/// hold one: two people, or two identities, would become one. U+0010 marks what stands for it.
extension String {
    /// The text with another spelling of zero characters; different texts stay different.
    package var withoutZeros: String {
        guard holdsZeros else { return self }
        var result = UnicodeScalarView()
        for scalar in unicodeScalars {
            switch scalar {
            case "\u{0}": result.append(contentsOf: "\u{10}0".unicodeScalars)
            case "\u{10}": result.append(contentsOf: "\u{10}1".unicodeScalars)
            default: result.append(scalar)
            }
        }
        return String(result)
    }

    private var holdsZeros: Bool {
        var text = self
        return text.withUTF8 { bytes in
            var found = false
            for byte in bytes { found = found || byte == 0 || byte == 0x10 }
            return found
        }
    }

    /// The text from which ``withoutZeros`` made this one.
    package var withZerosRestored: String {
        guard utf8.contains(0x10) else { return self }
        var result = UnicodeScalarView()
        var isMarked = false
        for scalar in unicodeScalars {
            if isMarked {
                result.append(scalar == "0" ? "\u{0}" : "\u{10}")
                isMarked = false
            } else if scalar == "\u{10}" {
                isMarked = true
            } else {
                result.append(scalar)
            }
        }
        return String(result)
    }
}
