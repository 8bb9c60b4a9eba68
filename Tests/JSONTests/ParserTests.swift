import JSON
import Testing

/// Runs a closure that must meet a fault, and returns the fault.
func fault(_ body: () throws -> Void) throws -> JSONSyntaxError {
    try #require(throws: JSONSyntaxError.self, performing: body)
}

@Suite(.timeLimit(.minutes(1)))
struct ParserTests {
    @Test func `a value is found by name, as it was written`() throws {
        let value = try JSONValue(
            parsing: #"{"user":{"id":"x","tier":null,"count":12.50},"list":[1,"a",false]}"#
        )
        #expect(value["user"]?["id"]?.string == "x")
        #expect(value["user"]?["tier"]?.isNull == true)
        #expect(value["user"]?["count"]?.number?.text == "12.50")
        #expect(value["list"]?.array == [1, "a", false])
        #expect(value["none"] == nil)
        #expect(value.object?.members.map(\.name) == ["user", "list"])
    }

    @Test func `the depth limit is the caller's`() throws {
        #expect(try JSONValue(parsing: "7", depthMax: 0) == 7)
        #expect(try JSONValue(parsing: "[[]]", depthMax: 2).serializedText() == "[[]]")
        let error = try fault { _ = try JSONValue(parsing: #"{"a":[]}"#, depthMax: 1) }
        #expect(error == JSONSyntaxError(.tooDeep(limit: 1), at: 5))
        #expect(
            try fault { _ = try JSONValue(parsing: "[]", depthMax: 0) }
                == JSONSyntaxError(.tooDeep(limit: 0), at: 0)
        )
    }

    @Test(arguments: [JSONDialect.json, .json5])
    func `the deepest limit fits the stack`(dialect: JSONDialect) throws {
        let depth = 512
        let open = String(repeating: #"{"a":["#, count: depth / 2)
        let text = open + String(repeating: "]}", count: depth / 2)
        let document = try JSONDocument(parsing: text, dialect: dialect, depthMax: depth)
        #expect(document.root.value.serializedText() == text)
        #expect(try JSONValue(parsing: text, depthMax: depth).serializedText() == text)
        #expect(throws: JSONSyntaxError(.tooDeep(limit: 511), at: (depth / 2 - 1) * 6 + 5)) {
            _ = try JSONDocument(parsing: text, dialect: dialect, depthMax: depth - 1)
        }
    }

    @Test(arguments: [-1, 513])
    func `a depth limit out of range is a bug`(depthMax: Int) async {
        if depthMax < 0 {
            await #expect(processExitsWith: .failure) {
                _ = try JSONValue(parsing: "1", depthMax: -1)
            }
        } else {
            await #expect(processExitsWith: .failure) {
                _ = try JSONValue(parsing: "1", depthMax: 513)
            }
        }
    }

    @Test(arguments: 1...40)
    func `a repeated name is found among any number of members`(count: Int) throws {
        let names = (0..<count).map { "\"n\($0)\":\($0)" }
        let object = try JSONValue(parsing: "{" + names.joined(separator: ",") + "}")
        #expect(object.object?.members.count == count)
        for repeated in 0..<count {
            let text = "{" + (names + ["\"n\(repeated)\":0"]).joined(separator: ",") + "}"
            let error = try fault { _ = try JSONValue(parsing: text) }
            #expect(error.reason == .duplicateKey("n\(repeated)"))
        }
    }

    @Test func `100 000 members take no quadratic time`() throws {
        let names = (0..<100_000).map { "\"n\($0)\":0" }
        let value = try JSONValue(parsing: "{" + names.joined(separator: ",") + "}")
        #expect(value.object?.members.last?.name == "n99999")
    }

    @Test func `Infinity and NaN are told from numbers`() throws {
        let text = "[1, -0.5, 1e3, 5., 0xF, Infinity, -Infinity, NaN]"
        let value = try JSONDocument(parsing: text, dialect: .json5).root.value
        #expect(
            value.array?.map { $0.number?.isNumeric } == [
                true, true, true, true, true, false, false, false,
            ]
        )
    }
}

@Suite(.timeLimit(.minutes(1)))
struct SyntaxErrorTests {
    /// As the platform's manual prints it.
    let printed = """
        {
            "type_id": "actito",
            "authentication": {
                "private_api_key:" "PRIVATE_API_KEY"
            },
            "mappings": [
                {
                    "value": "consents_channels_email_enabled",
                }
            ]
        }
        """

    @Test(arguments: [JSONDialect.json, .json5])
    func `a misplaced quote is explained`(dialect: JSONDialect) throws {
        let error = try fault { _ = try JSONDocument(parsing: printed, dialect: dialect) }
        #expect(error.reason == .misplacedQuote(name: "private_api_key"))
        #expect(error.hint == #"write "private_api_key": "…""#)
        let position = error.position(in: Array(printed.utf8), dialect: dialect)
        #expect(position == JSONPosition(line: 4, column: 9))
    }

    @Test func `with the quote mended, strict JSON still finds the comma`() throws {
        let mended = printed.replacing("_key:\" ", with: "_key\": ")
        let error = try fault { _ = try JSONValue(parsing: mended) }
        #expect(error.reason == .trailingComma)
        #expect(error.hint == "remove the comma")
        let position = error.position(in: Array(mended.utf8), dialect: .json)
        #expect(position == JSONPosition(line: 8, column: 55))
        let document = try JSONDocument(parsing: mended, dialect: .json5)
        let key = document.root["authentication"]?["private_api_key"]
        #expect(key?.value.string == "PRIVATE_API_KEY")
    }

    @Test func `a byte order mark's hint says how to save the text`() throws {
        let error = try fault { _ = try JSONValue(parsing: "\u{FEFF}{}") }
        #expect(error.hint == "save the text as UTF-8 without a byte order mark")
    }

    @Test func `most faults have no hint`() throws {
        #expect(try fault { _ = try JSONValue(parsing: "[1") }.hint == nil)
    }

    @Test func `a hint escapes the name`() throws {
        let error = try fault { _ = try JSONValue(parsing: #"{"a\"b:" "c"}"#) }
        #expect(error.hint == #"write "a\"b": "…""#)
    }

    @Test(
        arguments: [
            #"{"claire@example.com":1,"claire@example.com":2}"#,
            #"{"claire@example.com:" "claire@example.com"}"#,
            #"{"claire@example.com" 1}"#,
            #"["claire@example.com" claire@example.com]"#,
            "claire@example.com",
        ]
    )
    func `no description quotes the text`(text: String) throws {
        let error = try fault { _ = try JSONValue(parsing: text) }
        let reason = error.reason
        for shown in ["\(error)", String(reflecting: error), "\(reason)", reason.metricLabel] {
            #expect(!shown.contains("claire"))
        }
        #expect("\(error)".hasSuffix(" (at byte \(error.offset))"))
    }

    @Test func `every refused case is described by a sentence and a label of its own`() throws {
        var labels: Set<String> = []
        var descriptions: Set<String> = []
        let cases =
            ConformanceCase.all(in: "json-refused") + ConformanceCase.all(in: "json5-refused")
        for example in cases {
            let error = try fault {
                _ = try JSONDocument(parsing: example.input, dialect: .json5)
                _ = try JSONValue(parsing: example.input)
            }
            labels.insert(error.reason.metricLabel)
            descriptions.insert(error.reason.description)
        }
        // All 19 reasons occur, so each has a case.
        #expect(labels.count == 19)
        #expect(descriptions.count == 19)
    }
}
