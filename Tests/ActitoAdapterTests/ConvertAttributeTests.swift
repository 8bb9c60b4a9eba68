import BridgeTesting
import ActitoAdapter
import BridgeCore
import HTTPTypes
import JSON
import Testing

/// Metadata in the formats of the live table (`contracts/actito.md` sections 4 and 8).
@Suite struct ConvertAttributeTests {
    /// The structure API's text of one attribute, a value, and what is written.
    struct Case: CustomTestStringConvertible, Sendable {
        let definition: String
        let value: JSONValue
        let written: JSONValue?
        let fault: AttributeFault?

        init(_ definition: String, _ value: JSONValue, _ written: JSONValue) {
            (self.definition, self.value, self.written, fault) = (definition, value, written, nil)
        }

        init(_ definition: String, _ value: JSONValue, fault: AttributeFault) {
            (self.definition, self.value, written) = (definition, value, nil)
            self.fault = fault
        }

        var testDescription: String { "\(definition) \(value.serializedText())" }
    }

    private static func number(_ text: String) -> JSONValue { .number(JSONNumber(verbatim: text)) }
    private static func custom(_ type: String) -> String {
        #""type":"CUSTOM","valueType":"\#(type)","multiValued":false"#
    }
    private static func predefined(_ type: String) -> String { #""type":"\#(type)""# }
    private static let name = predefined("LASTNAME")
    private static let shop =
        custom("STRING") + #","valueRestriction":{"maxLength":5,"minLength":2}"#
    private static let tags = #""type":"CUSTOM","valueType":"STRING","multiValued":true"#

    private static let texts = [
        Case(name, "Léa", "Léa"), Case(name, " Léa ", " Léa "), Case(name, 7, "7"),
        Case(name, true, "true"), Case(name, number("12.50"), "12.50"),
        Case(
            name,
            .string(String(repeating: "x", count: 255)),
            .string(String(repeating: "x", count: 255))
        ),
        Case(name, .string(String(repeating: "x", count: 256)), fault: .tooLong),
        Case(name, "  ", fault: .wrongFormat), Case(shop, "Liège", "Liège"),
        Case(shop, "Anvers", fault: .tooLong), Case(shop, "A", fault: .tooShort),
        Case(shop, "👩‍👧", "👩‍👧"), Case(shop, "👩‍👧x", fault: .tooLong),
        Case(predefined("EMAIL_ADDRESS"), "lea@example.com", "lea@example.com"),
        Case(predefined("EMAIL_ADDRESS"), "lea", fault: .wrongFormat),
        Case(predefined("EMAIL_ADDRESS"), "lea@example", fault: .wrongFormat),
        Case(predefined("EMAIL_ADDRESS"), "l ea@example.com", fault: .wrongFormat),
    ]

    private static let numbers = [
        Case(custom("INTEGER"), 12, 12), Case(custom("INTEGER"), "12", 12),
        Case(custom("INTEGER"), " -3 ", -3), Case(custom("INTEGER"), number("12.0"), 12),
        Case(custom("INTEGER"), number("1.2e1"), 12),
        Case(custom("INTEGER"), number("12.5"), fault: .wrongFormat),
        Case(custom("INTEGER"), "twelve", fault: .wrongFormat),
        Case(custom("INTEGER"), true, fault: .wrongFormat),
        Case(custom("INTEGER"), "0x1F", fault: .wrongFormat),
        Case(custom("INTEGER"), "1e300", fault: .wrongFormat),
        Case(custom("INTEGER"), "-9.223372036854775808e18", fault: .wrongFormat),
        Case(custom("DECIMAL"), number("12.50"), number("12.50")),
        Case(custom("DECIMAL"), "0.10", number("0.10")), Case(custom("DECIMAL"), "-7", -7),
        Case(custom("DECIMAL"), "12,5", fault: .wrongFormat),
        Case(custom("DECIMAL"), "nan", fault: .wrongFormat),
        Case(custom("DECIMAL"), number("1e999"), fault: .wrongFormat),
        Case(custom("BOOLEAN"), true, true), Case(custom("BOOLEAN"), "False", false),
        Case(custom("BOOLEAN"), 1, true), Case(custom("BOOLEAN"), "N", false),
        Case(custom("BOOLEAN"), "Yes", true), Case(custom("BOOLEAN"), 2, fault: .wrongFormat),
        Case(custom("BOOLEAN"), "maybe", fault: .wrongFormat),
    ]

    private static let dates = [
        Case(predefined("BIRTHDATE"), "1980-05-01", "1980-05-01"),
        Case(predefined("BIRTHDATE"), "1980-05-01T00:00:00+02:00", "1980-05-01"),
        Case(custom("DATE"), "2024-02-29", "2024-02-29"),
        Case(custom("DATE"), "2023-02-29", fault: .wrongFormat),
        Case(custom("DATE"), "2023-13-01", fault: .wrongFormat),
        Case(custom("DATE"), "01/05/1980", fault: .wrongFormat),
        Case(custom("DATE"), "1980-5-1", fault: .wrongFormat),
        Case(custom("DATE"), "1980-05-01x", fault: .wrongFormat),
        Case(custom("DATE"), 19_800_501, fault: .wrongFormat),
        Case(custom("TIMESTAMP"), "2026-11-23T09:15:02.417Z", "2026-11-23 09:15:02"),
        Case(custom("TIMESTAMP"), "2026-11-23T00:30:00+01:00", "2026-11-22 23:30:00"),
        Case(custom("TIMESTAMP"), "2026-11-23 09:15:02", "2026-11-23 09:15:02"),
        Case(custom("TIMESTAMP"), "2026-11-23T09:15", "2026-11-23 09:15:00"),
        Case(custom("TIMESTAMP"), "2026-11-23", "2026-11-23 00:00:00"),
        Case(custom("TIMESTAMP"), "2026-11-23T25:00:00Z", fault: .wrongFormat),
        Case(custom("TIMESTAMP"), "2026-11-23 noon", fault: .wrongFormat),
    ]

    private static let codes = [
        Case(predefined("MOTHER_LANGUAGE"), "fr-FR", "FR"),
        Case(predefined("MOTHER_LANGUAGE"), "fr", "FR"),
        Case(predefined("MOTHER_LANGUAGE"), "NL_be", "NL"),
        Case(predefined("MOTHER_LANGUAGE"), "zh-Hant-TW", "ZH"),
        Case(predefined("MOTHER_LANGUAGE"), "French", fault: .wrongFormat),
        Case(predefined("MOTHER_LANGUAGE"), "xx-FR", fault: .wrongFormat),
        Case(predefined("MOTHER_LANGUAGE"), "fr-", fault: .wrongFormat),
        Case(predefined("MOTHER_LANGUAGE"), 12, fault: .wrongFormat),
        Case(custom("STRING"), "fr-FR", "fr-FR"),
        Case(predefined("ADDRESS_COUNTRY"), "be", "BE"),
        Case(predefined("ADDRESS_COUNTRY"), "BEL", fault: .wrongFormat),
        Case(predefined("ADDRESS_COUNTRY"), "UK", fault: .wrongFormat),
        Case(predefined("GSM_NUMBER"), "+32 10 45.85-14", "+3210458514"),
        Case(predefined("GSM_NUMBER"), "0032 10/45 85 14", "+3210458514"),
        Case(predefined("PHONE_NUMBER"), "+32 (0)10 45 85 14", "+3210458514"),
        Case(predefined("PHONE_NUMBER"), "010458514", fault: .wrongFormat),
        Case(predefined("PHONE_NUMBER"), "+32 10 CALL", fault: .wrongFormat),
        Case(predefined("PHONE_NUMBER"), "+1234567890123456", fault: .wrongFormat),
        Case(predefined("PHONE_NUMBER"), 3_210_458_514, fault: .wrongFormat),
        Case(predefined("SEX"), "female", "F"), Case(predefined("SEX"), "m", "M"),
        Case(predefined("SEX"), "x", fault: .wrongFormat),
        Case(predefined("TITLE"), "MR.", "Mr"), Case(predefined("TITLE"), "ms", "Ms"),
        Case(predefined("TITLE"), "Dr", fault: .wrongFormat),
    ]

    private static let lists = [
        Case(tags, ["a", "b"], ["a", "b"]), Case(tags, "a", ["a"]),
        Case(tags, [1, true], ["1", "true"]),
        Case(tags, ["a", ""], fault: .wrongFormat),
        Case(name, ["a"], fault: .severalValues),
        // What the platform did not tell, or nobody knows.
        Case(predefined("CUSTOM"), "as it is", "as it is"),
        Case(custom("GEOMETRY"), 7, 7), Case(custom("GEOMETRY"), ["a"], fault: .severalValues),
    ]

    @Test(arguments: texts + numbers + dates + codes + lists)
    func `a value is written in the attribute's format or left out`(example: Case) throws {
        let table = #"""
            {"id":"16","name":"Readers","subscriptions":[],
             "attributes":[{"name":"a",\#(example.definition)}]}
            """#
        var access = Sample.access()
        access.schema = nil
        let reply = PlatformReply(status: 200, body: Array(table.utf8))
        #expect(Sample.platform().prepare(&access, with: reply, at: Sample.now) == .accepted)
        let write = PlannedWrite(
            choices: [Sample.newsletter: .denied],
            attributes: ["a": example.value]
        )
        let call = Sample.call(.write(write))
        let request = Sample.platform().encode(call, with: access)
        let body = try JSONValue(parsing: request?.body ?? [])
        #expect(body["attributes"]?["a"] == example.written)
        #expect(
            Sample.platform().attributesLeftOut(of: call, with: access)
                == [example.fault].compactMap(\.self)
        )
        // Whatever becomes of it, the consent goes.
        #expect(body["subscriptions"] == ["Newsletter": false])
    }

    @Test func `what the table lacks is counted as such`() {
        let write = PlannedWrite(choices: [:], attributes: ["a": 1, "b": 2, "language": "FR"])
        let faults = Sample.platform()
            .attributesLeftOut(
                of: Sample.call(.write(write)),
                with: Sample.access(attributes: ["a"])
            )
        #expect(faults == [.noAttribute, .noAttribute])
        let read = Sample.call(.readProfile)
        #expect(Sample.platform().attributesLeftOut(of: read, with: Sample.access()).isEmpty)
    }

    @Test func `no value of any kind traps`() {
        var random = SeededRandom(seed: 11)
        let words = [
            "2026-11-23T09:15:02Z", "+32", "(0)", "fr-FR", "1e400", "é", "\u{0}", "00", "",
        ]
        for _ in 0..<4000 {
            let value = random.json(words: words, depth: 2)
            for format in formats {
                let definition = AttributeDefinition(format, isMultiValued: .random(using: &random))
                var access = Sample.access(attributes: ["a"])
                access.schema?.definitions = ["a": definition]
                let write = PlannedWrite(choices: [:], attributes: ["a": value])
                let call = Sample.call(.write(write))
                let request = Sample.platform().encode(call, with: access)
                let faults = Sample.platform().attributesLeftOut(of: call, with: access)
                #expect((request == nil) == (faults.count == 1))
            }
        }
    }

    private let formats: [AttributeDefinition.Format] = [
        .text, .emailAddress, .integer, .decimal, .boolean, .date, .dateTime, .language, .country,
        .phoneNumber, .sex, .title,
    ]
}
