// What only JSON5 has: <https://spec.json5.org>.

extension JSONParser {
    /// Steps over white space and, in JSON5, comments.
    @inline(__always)
    mutating func skipBlank() throws(JSONSyntaxError) {
        while index < bytes.count {
            switch bytes[index] {
            case 0x20, 0x0A, 0x0D, 0x09: index += 1
            default:
                if isJSON5 { try skipJSON5Blank() }
                return
            }
        }
    }

    @inline(never)
    private mutating func skipJSON5Blank() throws(JSONSyntaxError) {
        while index < bytes.count {
            switch bytes[index] {
            case 0x09...0x0D, 0x20: index += 1
            case UInt8(ascii: "/"):
                guard try skipComment() else { return }
            case 0x80...:
                let scalar = try scalar(at: index)
                guard scalar.isJSON5WhiteSpace else { return }
                index += UTF8.width(scalar)
            default: return
            }
        }
    }

    /// Steps over a comment; false if the slash does not start one.
    private mutating func skipComment() throws(JSONSyntaxError) -> Bool {
        let start = index
        guard start + 1 < bytes.count else { return false }
        switch bytes[start + 1] {
        case UInt8(ascii: "/"):
            index += 2
            while index < bytes.count, bytes[index] != 0x0A, bytes[index] != 0x0D {
                let width = try characterWidth()
                if isLineSeparator(at: index) { break }
                index += width
            }
            return true
        case UInt8(ascii: "*"):
            index += 2
            while index + 1 < bytes.count {
                if bytes[index] == UInt8(ascii: "*"), bytes[index + 1] == UInt8(ascii: "/") {
                    index += 2
                    return true
                }
                index += try characterWidth()
            }
            throw JSONSyntaxError(.unterminatedComment, at: start)
        default:
            return false
        }
    }

    /// How many bytes the next character has.
    private func characterWidth() throws(JSONSyntaxError) -> Int {
        bytes[index] < 0x80 ? 1 : UTF8.width(try scalar(at: index))
    }

    /// Whether U+2028 or U+2029 stands here.
    private func isLineSeparator(at offset: Int) -> Bool {
        offset + 2 < bytes.count && bytes[offset] == 0xE2 && bytes[offset + 1] == 0x80
            && bytes[offset + 2] & 0xFE == 0xA8
    }

    /// Reads the escape sequences that JSON does not have; backslash and next byte are read.
    mutating func parseJSON5Escape(
        at backslash: Int,
        into unescaped: inout [UInt8]
    ) throws(JSONSyntaxError) {
        let byte = bytes[backslash + 1]
        switch byte {
        case 0x0A: break
        case 0x0D:
            if index < bytes.count, bytes[index] == 0x0A { index += 1 }
        case UInt8(ascii: "v"): unescaped.append(0x0B)
        case UInt8(ascii: "0"):
            if index < bytes.count, isDigit(bytes[index]) {
                throw JSONSyntaxError(.invalidEscape, at: backslash)
            }
            unescaped.append(0)
        case UInt8(ascii: "1")...UInt8(ascii: "9"):
            throw JSONSyntaxError(.invalidEscape, at: backslash)
        case UInt8(ascii: "x"):
            let value = try parseHexadecimal(digits: 2, escapeAt: backslash)
            unescaped.append(contentsOf: String(Unicode.Scalar(UInt8(value))).utf8)
        case 0x80...:
            let scalar = try scalar(at: backslash + 1)
            index = backslash + 1 + UTF8.width(scalar)
            if scalar != "\u{2028}", scalar != "\u{2029}" {
                unescaped.append(contentsOf: String(scalar).utf8)
            }
        default:
            unescaped.append(byte)
        }
    }

    /// Reads the unquoted member name that is next.
    mutating func parseIdentifier() throws(JSONSyntaxError) -> String {
        var name = ""
        while index < bytes.count {
            let start = index
            let scalar: Unicode.Scalar
            switch bytes[start] {
            case UInt8(ascii: "\\"):
                guard start + 1 < bytes.count, bytes[start + 1] == UInt8(ascii: "u") else {
                    throw JSONSyntaxError(.invalidEscape, at: start)
                }
                index += 2
                let value = try parseHexadecimal(digits: 4, escapeAt: start)
                guard let escaped = Unicode.Scalar(value),
                    escaped.isIdentifierPart(first: name.isEmpty)
                else { throw JSONSyntaxError(.invalidEscape, at: start) }
                scalar = escaped
            case 0x80...:
                scalar = try self.scalar(at: start)
                index += UTF8.width(scalar)
            case let byte:
                scalar = Unicode.Scalar(byte)
                index += 1
            }
            guard scalar.isIdentifierPart(first: name.isEmpty) else {
                index = start
                break
            }
            name.unicodeScalars.append(scalar)
        }
        guard !name.isEmpty else { throw JSONSyntaxError(.expectedName, at: index) }
        return name
    }
}

extension Unicode.Scalar {
    /// White space of JSON5 besides ASCII's, line ends included.
    fileprivate var isJSON5WhiteSpace: Bool {
        switch self {
        case "\u{A0}", "\u{FEFF}", "\u{2028}", "\u{2029}": true
        default: properties.generalCategory == .spaceSeparator
        }
    }

    /// Whether an ECMAScript 5.1 identifier may start or go on with this scalar.
    fileprivate func isIdentifierPart(first: Bool) -> Bool {
        switch self {
        case "a"..."z", "A"..."Z", "_", "$": return true
        case "0"..."9": return !first
        case "\u{0}"..."\u{7F}": return false
        case "\u{200C}", "\u{200D}": return !first
        default: break
        }
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
            .letterNumber:
            return true
        case .nonspacingMark, .spacingMark, .decimalNumber, .connectorPunctuation:
            return !first
        default:
            return false
        }
    }
}
