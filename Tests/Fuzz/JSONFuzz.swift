// A libFuzzer target for the JSON parser; not part of the package. It is compiled as one module
// with the parser's sources, so it imports nothing:
//
//     swiftc -O -sanitize=fuzzer,address -parse-as-library -swift-version 6 \
//         -package-name fuzz -module-name JSONFuzz \
//         Sources/JSON/*.swift Tests/Fuzz/JSONFuzz.swift -o .build/json-fuzz
//     SWIFT_BACKTRACE=enable=no timeout -k 5 150 .build/json-fuzz \
//         -max_total_time=120 -max_len=4096 -timeout=5 .build/json-corpus
//
// Without `SWIFT_BACKTRACE=enable=no` a trap hangs in the backtracer and survives the timeout.

/// Feeds one input to both dialects and traps if they break what they promise.
@_cdecl("LLVMFuzzerTestOneInput")
package func fuzzJSON(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    let strict = Result { () throws(JSONSyntaxError) in try JSONValue(parsing: bytes) }
    let document = Result { () throws(JSONSyntaxError) in
        try JSONDocument(parsing: bytes, dialect: .json).root.value
    }
    let relaxed = Result { () throws(JSONSyntaxError) in
        try JSONDocument(parsing: bytes, dialect: .json5).root.value
    }
    precondition(strict == document, "positions change the outcome")
    checkFault(of: strict, in: bytes, dialect: .json)
    checkFault(of: relaxed, in: bytes, dialect: .json5)
    if case .success(let value) = strict {
        precondition(strict == relaxed, "JSON5 reads strict JSON differently")
        checkRoundTrip(of: value)
    }
    if case .success(let value) = relaxed, isNumeric(value) {
        checkRoundTrip(of: value)
    }
    return 0
}

private func checkFault(
    of outcome: Result<JSONValue, JSONSyntaxError>,
    in bytes: [UInt8],
    dialect: JSONDialect
) {
    guard case .failure(let error) = outcome else { return }
    precondition((0...bytes.count).contains(error.offset), "the fault is outside the text")
    let position = error.position(in: bytes, dialect: dialect)
    precondition(position.line + position.column <= bytes.count + 2, "no such place")
    precondition(!error.description.isEmpty && error.hint != "", "no words")
}

private func checkRoundTrip(of value: JSONValue) {
    let compact = value.serialized()
    for text in [compact, Array(value.serializedPretty().utf8)] {
        do {
            let again = try JSONValue(parsing: text)
            precondition(again.serialized() == compact, "written and read differently")
        } catch {
            preconditionFailure("written, but not read again: \(error)")
        }
    }
}

/// False if JSON5's `Infinity` or `NaN` is in the value, which strict JSON cannot write.
private func isNumeric(_ value: JSONValue) -> Bool {
    switch value {
    case .null, .bool, .string: true
    case .number(let number): number.isNumeric
    case .array(let elements): elements.allSatisfy(isNumeric)
    case .object(let object): object.members.allSatisfy { isNumeric($0.value) }
    }
}
