extension JSONParser {
    /// Reads the number that is next.
    ///
    /// JSON numbers keep their text. Those that only JSON5 has are rewritten as the JSON number of
    /// the same value (`+.5` is `0.5`, `0xFF` is `255`), but for `Infinity`, `-Infinity` and
    /// `NaN`, which keep these texts.
    mutating func parseNumber() throws(JSONSyntaxError) -> JSONNumber {
        let start = index
        guard let number = try parseNumberText(), !continuesNumber() else {
            let isWord = bytes[start] == UInt8(ascii: "I") || bytes[start] == UInt8(ascii: "N")
            throw JSONSyntaxError(isWord ? .unexpectedCharacter : .invalidNumber, at: start)
        }
        return JSONNumber(verbatim: number)
    }

    private mutating func parseNumberText() throws(JSONSyntaxError) -> String? {
        let start = index
        let isNegative = bytes[index] == UInt8(ascii: "-")
        let hasPlus = isJSON5 && bytes[index] == UInt8(ascii: "+")
        if isNegative || hasPlus { index += 1 }
        if isJSON5, let special = parseJSON5Number(isNegative: isNegative) { return special }

        let integer = skipDigits()
        if integer.count > 1, bytes[integer.lowerBound] == UInt8(ascii: "0") { return nil }
        guard isJSON5 || !integer.isEmpty else { return nil }
        var fraction = index..<index
        var hasPoint = false
        if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
            hasPoint = true
            index += 1
            fraction = skipDigits()
        }
        guard !integer.isEmpty || !fraction.isEmpty else { return nil }
        let exponentStart = index
        guard skipExponent() else { return nil }

        if !hasPlus, !integer.isEmpty, !hasPoint || !fraction.isEmpty {
            return try makeString(start..<index)
        }
        guard isJSON5 else { return nil }
        return try (isNegative ? "-" : "") + (integer.isEmpty ? "0" : makeString(integer))
            + (fraction.isEmpty ? "" : "." + makeString(fraction))
            + makeString(exponentStart..<index)
    }

    private mutating func skipDigits() -> Range<Int> {
        let start = index
        while index < bytes.count, isDigit(bytes[index]) { index += 1 }
        return start..<index
    }

    /// Steps over an exponent, if there is one; false if it has no digits.
    private mutating func skipExponent() -> Bool {
        guard index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") else { return true }
        index += 1
        if index < bytes.count,
            bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-")
        {
            index += 1
        }
        return !skipDigits().isEmpty
    }

    /// Whether the number runs into something that would belong to it, as in `1x`, `0.0.1`, `1-2`.
    private func continuesNumber() -> Bool {
        guard index < bytes.count else { return false }
        switch bytes[index] {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "."), UInt8(ascii: "+"),
            UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "$"), UInt8(ascii: "\\"):
            return true
        default:
            return false
        }
    }

    /// The text of a number that has no decimal digits, if one is next; its sign is read.
    private mutating func parseJSON5Number(isNegative: Bool) -> String? {
        if skip("Infinity") { return isNegative ? "-Infinity" : "Infinity" }
        if skip("NaN") { return "NaN" }
        guard index + 1 < bytes.count, bytes[index] == UInt8(ascii: "0"),
            bytes[index + 1] | 0x20 == UInt8(ascii: "x")
        else { return nil }
        // If this fails, the `x` is left over and so refuses the number.
        var next = index + 2
        var value: UInt128 = 0
        while next < bytes.count, let digit = hexadecimalDigit(bytes[next]) {
            guard value >> 124 == 0 else { return nil }
            value = value << 4 | UInt128(digit)
            next += 1
        }
        guard next > index + 2 else { return nil }
        index = next
        return (isNegative ? "-" : "") + String(value)
    }

    private mutating func skip(_ word: String) -> Bool {
        guard bytes[index...].starts(with: word.utf8) else { return false }
        index += word.utf8.count
        return true
    }
}

/// Whether a byte is one of the ten ASCII digits.
func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
}
