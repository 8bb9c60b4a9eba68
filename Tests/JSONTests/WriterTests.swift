import JSON
import Testing

@Suite(.timeLimit(.minutes(1)))
struct WriterTests {
    @Test func `compact text has members in order and numbers as written`() {
        let value: JSONValue = [
            "b": [1, true, nil, .number(JSONNumber(verbatim: "1.50"))], "a": [:], "": [],
        ]
        let expected = #"{"b":[1,true,null,1.50],"a":{},"":[]}"#
        #expect(value.serializedText() == expected)
        #expect(value.serialized() == Array(expected.utf8))
    }

    @Test func `only what must be escaped is escaped`() {
        let text = "\u{0}\u{8}\t\n\u{B}\u{C}\r\u{1F} \"\\/'\u{7F}é\u{2028}😀"
        let expected = #""\u0000\b\t\n\u000b\f\r\u001f \"\\/'"# + "\u{7F}é\u{2028}😀\""
        #expect(JSONValue.string(text).serializedText() == expected)
    }

    @Test func `names are escaped too`() {
        #expect(JSONValue.object(["a\"\n": 1]).serializedText() == #"{"a\"\n":1}"#)
    }

    @Test func `text for people is indented by two spaces`() {
        let value: JSONValue = ["a": [1, ["b": "c"]], "d": [:], "e": [], "f": nil]
        let expected = """
            {
              "a": [
                1,
                {
                  "b": "c"
                }
              ],
              "d": {},
              "e": [],
              "f": null
            }
            """
        #expect(value.serializedPretty() == expected)
        #expect(JSONValue.null.serializedPretty() == "null")
    }
}

extension JSONValue {
    /// An object of unique names, for tests.
    static func object(_ members: KeyValuePairs<String, JSONValue>) -> JSONValue {
        .object(
            JSONObject(
                uniqueMembers: members.map { JSONObject.Member(name: $0.key, value: $0.value) }
            )
        )
    }
}
