extension JSONParser {
    /// Reads the string whose opening quote is next.
    @inline(__always)
    mutating func parseString() throws(JSONSyntaxError) -> String {
        let quote = bytes[index]
        let start = index + 1
        index = endOfPlainText(from: start, quote: quote)
        guard index < bytes.count, bytes[index] == quote else {
            return try parseStringEnd(startingAt: start, quote: quote)
        }
        let range = start..<index
        index += 1
        return try makeString(range)
    }

    /// The first byte that is the quote, a backslash, a control character or not ASCII.
    @inline(__always)
    private func endOfPlainText(from start: Int, quote: UInt8) -> Int {
        let text = bytes.span
        var end = start
        while end < text.count {
            let byte = text[end]
            guard byte >= 0x20, byte < 0x80, byte != quote, byte != UInt8(ascii: "\\") else {
                break
            }
            end += 1
        }
        return end
    }

    /// Goes on with a string at its first byte that is not plain ASCII.
    @inline(never)
    private mutating func parseStringEnd(
        startingAt start: Int,
        quote: UInt8
    ) throws(JSONSyntaxError) -> String {
        var unescaped: [UInt8] = []
        var hasEscapes = false
        var runStart = start
        while index < bytes.count {
            switch bytes[index] {
            case quote:
                let run = runStart..<index
                index += 1
                guard hasEscapes else { return try makeString(run) }
                unescaped.append(contentsOf: bytes[run])
                return String(decoding: unescaped, as: UTF8.self)
            case UInt8(ascii: "\\"):
                unescaped.append(contentsOf: bytes[runStart..<index])
                hasEscapes = true
                try parseEscape(into: &unescaped, stringStart: start - 1)
                runStart = index
            case 0..<0x20:
                guard isJSON5 else { throw JSONSyntaxError(.controlCharacter, at: index) }
                guard bytes[index] != 0x0A, bytes[index] != 0x0D else {
                    throw JSONSyntaxError(.unterminatedString, at: start - 1)
                }
                index += 1
            case 0x80...:
                index += UTF8.width(try scalar(at: index))
            default:
                index += 1
            }
        }
        throw JSONSyntaxError(.unterminatedString, at: start - 1)
    }

    /// The text of some bytes.
    @inline(__always)
    func makeString(_ range: Range<Int>) throws(JSONSyntaxError) -> String {
        do {
            return String(copying: try UTF8Span(validating: bytes.span.extracting(range)))
        } catch {
            let offset = range.lowerBound + error.byteOffsets.lowerBound
            throw JSONSyntaxError(.invalidUTF8, at: offset)
        }
    }

    /// Reads the escape sequence whose backslash is next.
    private mutating func parseEscape(
        into unescaped: inout [UInt8],
        stringStart: Int
    ) throws(JSONSyntaxError) {
        let backslash = index
        guard backslash + 1 < bytes.count else {
            throw JSONSyntaxError(.unterminatedString, at: stringStart)
        }
        index += 2
        switch bytes[backslash + 1] {
        case UInt8(ascii: "\""): unescaped.append(UInt8(ascii: "\""))
        case UInt8(ascii: "\\"): unescaped.append(UInt8(ascii: "\\"))
        case UInt8(ascii: "/"): unescaped.append(UInt8(ascii: "/"))
        case UInt8(ascii: "b"): unescaped.append(0x08)
        case UInt8(ascii: "f"): unescaped.append(0x0C)
        case UInt8(ascii: "n"): unescaped.append(0x0A)
        case UInt8(ascii: "r"): unescaped.append(0x0D)
        case UInt8(ascii: "t"): unescaped.append(0x09)
        case UInt8(ascii: "u"):
            unescaped.append(contentsOf: String(try parseUnicodeEscape(at: backslash)).utf8)
        default:
            guard isJSON5 else { throw JSONSyntaxError(.invalidEscape, at: backslash) }
            try parseJSON5Escape(at: backslash, into: &unescaped)
        }
    }

    /// Reads the digits of `\uXXXX`, of which the backslash and the `u` are read, and the second
    /// half of a surrogate pair.
    private mutating func parseUnicodeEscape(
        at backslash: Int
    ) throws(JSONSyntaxError) -> Unicode.Scalar {
        let unit = try parseHexadecimal(digits: 4, escapeAt: backslash)
        if let scalar = Unicode.Scalar(unit) { return scalar }
        guard unit < 0xDC00, index + 1 < bytes.count, bytes[index] == UInt8(ascii: "\\"),
            bytes[index + 1] == UInt8(ascii: "u")
        else { throw JSONSyntaxError(.loneSurrogate, at: backslash) }
        let second = index
        index += 2
        let low = try parseHexadecimal(digits: 4, escapeAt: second)
        guard (0xDC00...0xDFFF).contains(low),
            let scalar = Unicode.Scalar(0x1_0000 + (unit - 0xD800) << 10 + (low - 0xDC00))
        else { throw JSONSyntaxError(.loneSurrogate, at: backslash) }
        return scalar
    }

    /// Reads exactly so many hexadecimal digits of an escape sequence.
    mutating func parseHexadecimal(
        digits: Int,
        escapeAt backslash: Int
    ) throws(JSONSyntaxError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<digits {
            guard index < bytes.count, let digit = hexadecimalDigit(bytes[index]) else {
                throw JSONSyntaxError(.invalidEscape, at: backslash)
            }
            value = value << 4 | UInt32(digit)
            index += 1
        }
        return value
    }

    /// The scalar whose UTF-8 starts at a byte of 0x80 or more.
    ///
    /// Contract: table 3-7 of <https://www.unicode.org/versions/latest/core-spec/chapter-3/>.
    func scalar(at offset: Int) throws(JSONSyntaxError) -> Unicode.Scalar {
        let first = bytes[offset]
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch first {
        case 0xC2...0xDF: length = 2
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: length = 3
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        case 0xF1...0xF3: length = 4
        default: throw JSONSyntaxError(.invalidUTF8, at: offset)
        }
        guard offset + length <= bytes.count, second.contains(bytes[offset + 1]) else {
            throw JSONSyntaxError(.invalidUTF8, at: offset)
        }
        var value = UInt32(first) & (0x7F >> UInt32(length))
        for byte in bytes[offset + 1..<offset + length] {
            guard (0x80...0xBF).contains(byte) else {
                throw JSONSyntaxError(.invalidUTF8, at: offset)
            }
            value = value << 6 | UInt32(byte & 0x3F)
        }
        guard let scalar = Unicode.Scalar(value) else {
            throw JSONSyntaxError(.invalidUTF8, at: offset)
        }
        return scalar
    }
}

/// The value of a hexadecimal digit, if the byte is one.
func hexadecimalDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
}
