import JSON
import Testing

/// The value that a text is in a dialect, or its fault.
func read(_ text: [UInt8], as dialect: JSONDialect) -> Result<[UInt8], JSONSyntaxError> {
    Result { () throws(JSONSyntaxError) in
        try JSONDocument(parsing: text, dialect: dialect).root.value.serialized()
    }
}

@Suite(.timeLimit(.minutes(1)))
struct ConformanceTests {
    @Test(arguments: ConformanceCase.all(in: "json-accepted"))
    func `strict JSON is read, also as JSON5`(example: ConformanceCase) throws {
        guard case .accepted(let expected) = example.expectation else {
            Issue.record("the case expects a fault")
            return
        }
        #expect(try JSONValue(parsing: example.input).serialized() == expected)
        #expect(read(example.input, as: .json) == .success(expected))
        #expect(read(example.input, as: .json5) == .success(expected))
        let text = String(decoding: example.input, as: UTF8.self)
        #expect(try JSONValue(parsing: text).serialized() == expected)
    }

    @Test(arguments: ConformanceCase.all(in: "json-refused"))
    func `what is not strict JSON is refused with reason and place`(
        example: ConformanceCase
    ) throws {
        guard case .refused(let label, let offset) = example.expectation else {
            Issue.record("the case expects a value")
            return
        }
        let error = #expect(throws: JSONSyntaxError.self) {
            _ = try JSONValue(parsing: example.input)
        }
        #expect(error?.reason.metricLabel == label)
        #expect(error?.offset == offset)
        let documentError = #expect(throws: JSONSyntaxError.self) {
            _ = try JSONDocument(parsing: example.input, dialect: .json)
        }
        #expect(documentError == error)
    }

    @Test(arguments: ConformanceCase.all(in: "json5-accepted"))
    func `what JSON5 adds is read as JSON5 only`(example: ConformanceCase) throws {
        guard case .accepted(let expected) = example.expectation else {
            Issue.record("the case expects a fault")
            return
        }
        #expect(read(example.input, as: .json5) == .success(expected))
        #expect(throws: JSONSyntaxError.self) { _ = try JSONValue(parsing: example.input) }
    }

    @Test(arguments: ConformanceCase.all(in: "json5-refused"))
    func `what is not JSON5 is refused with reason and place`(example: ConformanceCase) throws {
        guard case .refused(let label, let offset) = example.expectation else {
            Issue.record("the case expects a value")
            return
        }
        let error = #expect(throws: JSONSyntaxError.self) {
            _ = try JSONDocument(parsing: example.input, dialect: .json5)
        }
        #expect(error?.reason.metricLabel == label)
        #expect(error?.offset == offset)
        #expect(throws: JSONSyntaxError.self) { _ = try JSONValue(parsing: example.input) }
    }

    @Test(
        arguments: zip(
            ["json-accepted", "json-refused", "json5-accepted", "json5-refused"],
            [90, 140, 60, 75]
        )
    )
    func `the files hold many cases under unique names`(file: String, countMin: Int) {
        let cases = ConformanceCase.all(in: file)
        #expect(cases.count >= countMin)
        #expect(Set(cases.map(\.name)).count == cases.count)
    }
}
