import JSON
import Testing

@Suite(.timeLimit(.minutes(1)))
struct RandomTests {
    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `what is written is read again`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            let value = JSONValue.random(depthMax: 6, using: &random)
            let bytes = value.serialized()
            #expect(try JSONValue(parsing: bytes).serialized() == bytes)
            #expect(try JSONValue(parsing: bytes) == value)
            #expect(try JSONValue(parsing: value.serializedPretty()).serialized() == bytes)
            #expect(read(bytes, as: .json5) == .success(bytes))
            #expect(read(Array(value.serializedPretty().utf8), as: .json5) == .success(bytes))
        }
    }

    @Test(arguments: 1...10 as ClosedRange<UInt64>)
    func `random bytes never trap`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let count = Int.random(in: 0...60, using: &random)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            checkInvariants(of: bytes)
        }
    }

    @Test(arguments: 1...10 as ClosedRange<UInt64>)
    func `mutated documents never trap, and both outcomes occur`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let files = ["json-accepted", "json-refused", "json5-accepted", "json5-refused"]
        let inputs = files.flatMap { ConformanceCase.all(in: $0).map(\.input) }
        var accepted = 0
        var refused = 0
        for _ in 0..<1_000 {
            var bytes = inputs.randomElement(using: &random) ?? []
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                mutate(&bytes, with: inputs, using: &random)
            }
            if checkInvariants(of: bytes) { accepted += 1 } else { refused += 1 }
        }
        #expect(accepted > 20)
        #expect(refused > 20)
    }

    private func mutate(
        _ bytes: inout [UInt8],
        with inputs: [[UInt8]],
        using random: inout SeededGenerator
    ) {
        let tokens = Array("{}[],:\"'\\/*+-.0x9eEINu \n\tnulltrue".utf8) + [0xC3, 0xE2, 0x80, 0xA8]
        let index = Int.random(in: 0...bytes.count, using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0 where index < bytes.count:
            bytes[index] = tokens.randomElement(using: &random) ?? 0
        case 1 where index < bytes.count:
            bytes.remove(at: index)
        case 2:
            bytes.removeSubrange(index...)
        case 3:
            let other = inputs.randomElement(using: &random) ?? []
            bytes.insert(contentsOf: other, at: index)
        default:
            bytes.insert(tokens.randomElement(using: &random) ?? 0, at: index)
        }
    }

    /// Checks what holds for every text; tells whether it is strict JSON.
    @discardableResult
    private func checkInvariants(of bytes: [UInt8]) -> Bool {
        let strict = Result { () throws(JSONSyntaxError) in
            try JSONValue(parsing: bytes).serialized()
        }
        #expect(strict == read(bytes, as: .json), "\(bytes)")
        let relaxed = read(bytes, as: .json5)
        for (outcome, dialect) in [(strict, JSONDialect.json), (relaxed, .json5)] {
            guard case .failure(let error) = outcome else { continue }
            #expect((0...bytes.count).contains(error.offset), "\(bytes)")
            let position = error.position(in: bytes, dialect: dialect)
            #expect(position.line + position.column <= bytes.count + 2, "\(bytes)")
        }
        guard case .success(let serialized) = strict else { return false }
        #expect(relaxed == strict, "\(bytes)")
        #expect(read(serialized, as: .json) == strict, "\(bytes)")
        return true
    }
}

/// SplitMix64: small, and the same on every machine.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

extension JSONValue {
    static func random(depthMax: Int, using random: inout SeededGenerator) -> JSONValue {
        switch Int.random(in: 0..<(depthMax > 0 ? 7 : 5), using: &random) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &random))
        case 2: return .number(.random(using: &random))
        case 3, 4: return .string(.random(using: &random))
        case 5:
            let count = Int.random(in: 0...6, using: &random)
            return .array((0..<count).map { _ in .random(depthMax: depthMax - 1, using: &random) })
        default:
            var object = JSONObject()
            for _ in 0..<Int.random(in: 0...24, using: &random) {
                object[.random(using: &random)] =
                    .random(depthMax: depthMax - 2, using: &random)
            }
            return .object(object)
        }
    }
}

extension JSONNumber {
    fileprivate static func random(using random: inout SeededGenerator) -> JSONNumber {
        let fractions = ["", ".0", ".50", ".000123456789012345678901234567890"]
        let exponents = ["", "e5", "E-07", "e+300"]
        let integer = Int64.random(in: .min ... .max, using: &random)
        let shift = Int64.random(in: 0..<64, using: &random)
        return JSONNumber(
            verbatim: String(integer >> shift)
                + (fractions.randomElement(using: &random) ?? "")
                + (exponents.randomElement(using: &random) ?? "")
        )
    }
}

extension String {
    fileprivate static func random(using random: inout SeededGenerator) -> String {
        let limits: [UInt32] = [0x20, 0x7F, 0x7FF, 0x3000, 0x10FFFF]
        var text = ""
        for _ in 0..<Int.random(in: 0...20, using: &random) {
            let limit = limits.randomElement(using: &random) ?? 0x7F
            guard let scalar = Unicode.Scalar(UInt32.random(in: 0...limit, using: &random))
            else { continue }
            text.unicodeScalars.append(scalar)
        }
        return text
    }
}
