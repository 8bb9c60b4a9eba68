import BridgeCore
import JSON

/// Metadata values in Actito's formats (`contracts/actito.md` section 8).
extension AttributeDefinition {
    /// The value as the attribute takes it.
    ///
    /// Nothing is guessed and nothing is cut: what does not surely mean one value of the format is
    /// refused.
    func converted(_ value: JSONValue) throws(AttributeFault) -> JSONValue {
        guard let elements = value.array else {
            let single = try convertedSingle(value)
            return isMultiValued ? .array([single]) : single
        }
        guard isMultiValued else { throw .severalValues }
        var converted: [JSONValue] = []
        for element in elements { converted.append(try convertedSingle(element)) }
        return .array(converted)
    }

    private func convertedSingle(_ value: JSONValue) throws(AttributeFault) -> JSONValue {
        let isText = value.string != nil
        guard let text = value.plainText?.trimmed, !text.isEmpty else { throw .wrongFormat }
        let converted: JSONValue? =
            switch format {
            case .text: .string(value.string ?? text)
            case .emailAddress: isText && text.looksLikeEmailAddress ? .string(text) : nil
            case .integer: value.bool == nil ? wholeNumber(text) : nil
            case .decimal: value.bool == nil ? decimalNumber(text) : nil
            case .boolean: truthValue(text).map(JSONValue.bool)
            case .date: isText ? CalendarText(text)?.date.map(JSONValue.string) : nil
            case .dateTime: isText ? CalendarText(text)?.dateTime.map(JSONValue.string) : nil
            case .language: isText ? languageCode(text).map(JSONValue.string) : nil
            case .country: isText ? countryCode(text).map(JSONValue.string) : nil
            case .phoneNumber: isText ? phoneNumber(text).map(JSONValue.string) : nil
            case .sex: isText ? Self.sexes[text.lowercased()].map(JSONValue.string) : nil
            case .title: isText ? Self.titles[text.lowercased()].map(JSONValue.string) : nil
            }
        guard let converted else { throw .wrongFormat }
        if let written = converted.string { try checkLength(of: written) }
        return converted
    }

    /// In UTF-16 units, the strictest of the usual ways to count.
    private func checkLength(of text: String) throws(AttributeFault) {
        let length = text.utf16.count
        if length > lengthMax ?? Self.textLengthMax { throw .tooLong }
        if length < lengthMin ?? 0 { throw .tooShort }
    }

    /// `12`, `"12"`, `12.0` and `1.2e1` are the same whole number.
    private func wholeNumber(_ text: String) -> JSONValue? {
        if let integer = Int64(text) { return .number(JSONNumber(integer)) }
        guard isPlainNumber(text), let double = Double(text), let integer = Int64(exactly: double),
            integer.magnitude <= Self.exactIntegerMax
        else { return nil }
        return .number(JSONNumber(integer))
    }

    /// Digits are kept as written.
    private func decimalNumber(_ text: String) -> JSONValue? {
        guard isPlainNumber(text), Double(text)?.isFinite == true,
            case .number(let number)? = try? JSONValue(parsing: Array(text.utf8))
        else { return nil }
        return .number(number)
    }

    /// No `inf`, `nan` or hexadecimal, which Swift would read too.
    private func isPlainNumber(_ text: String) -> Bool {
        text.utf8.allSatisfy { "+-.0123456789eE".utf8.contains($0) }
    }

    private func truthValue(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "true", "1", "y", "yes": true
        case "false", "0", "n", "no": false
        default: nil
        }
    }

    /// `fr`, `FR`, `fr-FR`, `fr_BE` are `FR`.
    private func languageCode(_ text: String) -> String? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
            .flatMap { $0.split(separator: "_", omittingEmptySubsequences: false) }
        guard let first = parts.first, parts.allSatisfy(\.isSubtag) else { return nil }
        let code = first.uppercased()
        return LanguageCodes.all.contains(code) ? code : nil
    }

    private func countryCode(_ text: String) -> String? {
        let code = text.uppercased()
        return CountryCodes.all.contains(code) ? code : nil
    }

    /// `+32 10 45 85 14`, `0032 10/45.85.14` and `+32 (0)10 45 85 14` are `+3210458514`; without
    /// the country nobody knows where it rings.
    private func phoneNumber(_ text: String) -> String? {
        var rest = Substring(text)
        if rest.hasPrefix("+") {
            rest.removeFirst()
        } else if rest.hasPrefix("00") {
            rest.removeFirst(2)
        } else {
            return nil
        }
        if let range = rest.firstRange(of: "(0)") { rest.removeSubrange(range) }
        let digits = rest.filter { !" .-/()\u{A0}".contains($0) }
        guard digits.utf8.allSatisfy({ (48...57).contains($0) }), digits.first != "0",
            Self.phoneDigits.contains(digits.utf8.count)
        else { return nil }
        return "+\(digits)"
    }

    private static let sexes = ["m": "M", "male": "M", "f": "F", "female": "F"]
    private static let titles = [
        "mr": "Mr", "mr.": "Mr", "mrs": "Mrs", "mrs.": "Mrs", "ms": "Ms", "ms.": "Ms",
    ]
    /// What texts may be without a restriction of their own.
    private static let textLengthMax = 255
    /// Every whole number up to here has a floating-point number of its own.
    private static let exactIntegerMax: UInt64 = 1 << 53
    /// The longest is E.164's; shorter ones are no full number.
    private static let phoneDigits = 7...15
}

extension JSONValue {
    /// A single value as text.
    fileprivate var plainText: String? {
        switch self {
        case .string(let text): text
        case .number(let number): number.text
        case .bool(let isOn): isOn ? "true" : "false"
        case .null, .array, .object: nil
        }
    }
}

extension StringProtocol {
    fileprivate var trimmed: String {
        var rest = self[...]
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }

    /// A part of a language tag (RFC 5646).
    fileprivate var isSubtag: Bool {
        (1...8).contains(utf8.count)
            && utf8.allSatisfy { byte in
                (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
            }
    }
}

extension String {
    /// One `@` between two parts, a dot in the second, and no white space.
    fileprivate var looksLikeEmailAddress: Bool {
        let parts = split(separator: "@", omittingEmptySubsequences: false)
        return parts.count == 2 && parts.allSatisfy { !$0.isEmpty } && parts[1].contains(".")
            && !parts[1].hasPrefix(".") && !parts[1].hasSuffix(".") && !contains { $0.isWhitespace }
    }
}
