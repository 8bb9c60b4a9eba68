import HTTPTypes
import JSON

/// What the values of an attribute look like.
///
/// Contract: `actito.md`, sections 4 (types) and 8 (values).
enum ActitoForm: Sendable {
    case text
    case email
    case integer
    case decimal
    case boolean
    case date
    case timestamp
    case sex
    case title
    case language
    case country
    case phone

    /// The form of a predefined type or of a custom attribute's value type; others are texts.
    init(_ attribute: SandboxAttribute) {
        self =
            switch attribute.valueType ?? attribute.type {
            case "EMAIL_ADDRESS": .email
            case "INTEGER": .integer
            case "DECIMAL": .decimal
            case "BOOLEAN", "MARKETING_CONSENT": .boolean
            case "DATE", "BIRTHDATE": .date
            case "TIMESTAMP": .timestamp
            case "SEX": .sex
            case "TITLE": .title
            case "MOTHER_LANGUAGE", "LANGUAGE": .language
            case "COUNTRY": .country
            case "GSM_NUMBER", "PHONE_NUMBER": .phone
            default: .text
            }
    }

    /// A value that fits, for attributes that must have one.
    var sample: JSONValue {
        switch self {
        case .text: "sandbox"
        case .email: "sandbox@example.com"
        case .integer: 1
        case .decimal: .number(JSONNumber(verbatim: "1.5"))
        case .boolean: true
        case .date: "2000-01-31"
        case .timestamp: "2000-01-31 12:00:00"
        case .sex: "F"
        case .title: "Ms"
        case .language: "FR"
        case .country: "BE"
        case .phone: "+3210458514"
        }
    }

    /// The value as it is stored, or nil if it does not fit.
    ///
    /// V4 writes every value as text; V5 has JSON's own types.
    func stored(_ value: JSONValue, isTextFine: Bool) -> JSONValue? {
        switch self {
        case .integer:
            if value.number?.integer != nil { return value }
            guard isTextFine, let text = value.string, Int64(text) != nil else { return nil }
            return .number(JSONNumber(verbatim: text))
        case .decimal:
            if value.number != nil { return value }
            guard isTextFine, let text = value.string, Self.isDecimal(text) else { return nil }
            return .number(JSONNumber(verbatim: text))
        case .boolean:
            return Self.boolean(value, isTextFine: isTextFine).map(JSONValue.bool)
        default:
            guard let text = value.string, matches(text) else { return nil }
            return value
        }
    }

    private func matches(_ text: String) -> Bool {
        switch self {
        case .email: Self.isAddress(text)
        case .date: Self.isDate(text)
        case .timestamp: Self.isTimestamp(text)
        case .sex: ["M", "F"].contains(text)
        case .title: ["Mr", "Mrs", "Ms"].contains(text)
        case .language, .country: text.utf8.count == 2 && text.utf8.allSatisfy { 65...90 ~= $0 }
        case .phone: text.first == "+" && Self.isNumber(text.dropFirst(), 7...15)
        case .text, .integer, .decimal, .boolean: true
        }
    }

    /// True and false, or 1 and 0, as a public client sends them.
    private static func boolean(_ value: JSONValue, isTextFine: Bool) -> Bool? {
        switch value {
        case .bool(let value): value
        case .number(let number) where number.text == "1": true
        case .number(let number) where number.text == "0": false
        case .string("true") where isTextFine, .string("1") where isTextFine: true
        case .string("false") where isTextFine, .string("0") where isTextFine: false
        default: nil
        }
    }

    private static func isDecimal(_ text: String) -> Bool {
        (try? JSONValue(parsing: Array(text.utf8)))?.number != nil
    }

    private static func isNumber(_ text: Substring, _ digits: ClosedRange<Int>) -> Bool {
        digits.contains(text.utf8.count) && text.utf8.allSatisfy { 0x30...0x39 ~= $0 }
    }

    private static func isDate(_ text: String) -> Bool {
        text.utf8.count == 10 && Moment(iso8601: "\(text)T00:00:00Z") != nil
    }

    /// `2026-11-23 20:00:00`, or with `T` and a zone.
    private static func isTimestamp(_ text: String) -> Bool {
        let isSpaced = text.utf8.count == 19 && text.dropFirst(10).first == " "
        let whole = isSpaced ? text.replacing(" ", with: "T", maxReplacements: 1) + "Z" : text
        return Moment(iso8601: whole) != nil
    }

    /// No accents and no `..` before the `@`; labels that neither begin nor end with `-`.
    private static func isAddress(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, let local = parts.first, !local.isEmpty, !local.contains(".."),
            local.utf8.allSatisfy({ 0x21...0x7E ~= $0 })
        else { return false }
        let labels = parts[1].split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count >= 2, let last = labels.last, last.utf8.count >= 2 else { return false }
        return labels.allSatisfy { label in
            !label.isEmpty && label.first != "-" && label.last != "-"
                && label.utf8.allSatisfy { byte in
                    byte == 0x2D || 0x30...0x39 ~= byte || 0x41...0x5A ~= byte
                        || 0x61...0x7A ~= byte
                }
        }
    }
}

extension SandboxAttribute {
    /// The value as this attribute stores it; what does not fit is refused with 400.
    ///
    /// The message names the attribute, never the value.
    func stored(_ value: JSONValue, isTextFine: Bool) throws(Refusal) -> JSONValue {
        if let elements = value.array, multiValued {
            var values: [JSONValue] = []
            for element in elements { values.append(try one(element, isTextFine)) }
            return .array(values)
        }
        return try one(value, isTextFine)
    }

    private func one(_ value: JSONValue, _ isTextFine: Bool) throws(Refusal) -> JSONValue {
        if let text = value.string, text.unicodeScalars.count > maxLength {
            throw Refusal(
                .badRequest,
                "Attribute '\(name)' is longer than \(maxLength) characters"
            )
        }
        guard let stored = ActitoForm(self).stored(value, isTextFine: isTextFine) else {
            throw Refusal(.badRequest, "Attribute '\(name)' has an invalid value")
        }
        return stored
    }
}
