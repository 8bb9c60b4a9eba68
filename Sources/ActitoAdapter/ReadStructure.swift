import BridgeCore
import JSON

extension AttributeDefinition {
    /// Reads an attribute of the structure API (`contracts/actito.md` section 4).
    ///
    /// Custom attributes have a `valueType`; predefined ones say by their `type` what they hold. nil
    /// if neither is told or known.
    init?(structure attribute: JSONValue) {
        let type = attribute["type"]?.string?.uppercased()
        let format: Format? =
            if let valueType = attribute["valueType"]?.string {
                Self.formats[valueType.uppercased()]
            } else {
                type.flatMap(Self.predefinedFormat)
            }
        guard let format else { return nil }
        let restriction = attribute["valueRestriction"]
        self.init(
            format,
            lengthMin: restriction?["minLength"]?.number?.integer.flatMap { Int($0) },
            lengthMax: restriction?["maxLength"]?.number?.integer.flatMap { Int($0) },
            isMultiValued: attribute["multiValued"] == true
        )
    }

    /// The value types of custom attributes; only the first three and `TIMESTAMP` were seen.
    private static let formats: [String: Format] = [
        "STRING": .text, "TEXT": .text, "INTEGER": .integer, "LONG": .integer,
        "DECIMAL": .decimal, "DOUBLE": .decimal, "FLOAT": .decimal, "NUMBER": .decimal,
        "NUMERIC": .decimal, "BOOLEAN": .boolean, "DATE": .date, "TIMESTAMP": .dateTime,
        "DATETIME": .dateTime,
    ]

    private static func predefinedFormat(_ type: String) -> Format? {
        switch type {
        case "CUSTOM": nil
        case "BIRTHDATE": .date
        case "SEX": .sex
        case "TITLE", "CIVILITY": .title
        case "MARKETING_CONSENT": .boolean
        case _ where type.contains("LANGUAGE"): .language
        case _ where type.contains("COUNTRY"): .country
        case _ where type.contains("EMAIL"): .emailAddress
        case _ where ["PHONE", "GSM", "MOBILE", "FAX"].contains { type.contains($0) }:
            .phoneNumber
        default: .text
        }
    }

    /// How an attribute of this definition holds a yes or no.
    func value(of isOn: Bool) -> JSONValue {
        switch format {
        case .integer, .decimal: .number(JSONNumber(isOn ? 1 : 0))
        case .text: isOn ? "true" : "false"
        case .boolean, .emailAddress, .date, .dateTime, .language, .country, .phoneNumber, .sex,
            .title:
            .bool(isOn)
        }
    }
}
