import JSON
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ValueTests {
    @Test func `a member is replaced in its place, appended or removed`() throws {
        var object = try #require(JSONValue(parsing: #"{"a":1,"b":2}"#).object)
        object["a"] = "x"
        object["c"] = []
        #expect(JSONValue.object(object).serializedText() == #"{"a":"x","b":2,"c":[]}"#)
        object["b"] = nil
        object["none"] = nil
        #expect(JSONValue.object(object).serializedText() == #"{"a":"x","c":[]}"#)
        #expect(!object.isEmpty)
        #expect(JSONObject().isEmpty)
    }

    @Test(arguments: [
        ("9223372036854775807", Int64.max), ("9223372036854775808", nil), ("-0", 0),
        ("12.0", nil), ("1e3", nil),
    ])
    func `only integers that fit are integers`(text: String, expected: Int64?) throws {
        let number = try #require(JSONValue(parsing: text).number)
        #expect(number.integer == expected)
        #expect(number.double == Double(text))
        #expect(number.text == text)
    }

    @Test func `numbers are equal as texts`() throws {
        #expect(try JSONValue(parsing: "1.0") != JSONValue(parsing: "1"))
        #expect(try JSONValue(parsing: "1") == 1)
        #expect(JSONNumber(UInt64.max).text == "18446744073709551615")
    }

    @Test func `a value answers only for its kind`() throws {
        let values: [JSONValue] = [nil, true, 1, "a", [], [:]]
        #expect(values.map(\.isNull) == [true, false, false, false, false, false])
        #expect(values.map(\.bool) == [nil, true, nil, nil, nil, nil])
        #expect(values.map { $0.number?.integer } == [nil, nil, 1, nil, nil, nil])
        #expect(values.map(\.string) == [nil, nil, nil, "a", nil, nil])
        #expect(values.map(\.array) == [nil, nil, nil, nil, [], nil])
        #expect(values.map(\.object) == [nil, nil, nil, nil, nil, JSONObject()])
    }
}
