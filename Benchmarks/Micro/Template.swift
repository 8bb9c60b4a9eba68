import BridgeCore
import Glibc

/// A webhook of fixed length in which runs of one letter stand for what changes: `I` x 12 a number,
/// `P` x 8 a person, `Q` x 4 what puts people out of order, `T` x 24 a time, `B` x 5 a choice (see Benchmarks/load/load.c).
struct Template {
    let bytes: [UInt8]
    private let numbers: [Int]
    private let people: [Int]
    private let orders: [Int]
    private let times: [Int]
    private let choices: [Int]

    init(path: String) throws {
        self.init(try readFile(path))
    }

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        func places(_ letter: Character, _ count: Int) -> [Int] {
            let pattern = Array(String(repeating: letter, count: count).utf8)
            return bytes.indices.filter { bytes[$0...].starts(with: pattern) }
        }
        numbers = places("I", 12)
        people = places("P", 8)
        orders = places("Q", 4)
        times = places("T", 24)
        choices = places("B", 5)
    }

    /// The webhook with this number.
    func filled(number: Int, person: Int, isGranted: Bool, at time: Timestamp) -> [UInt8] {
        var filled = bytes
        func write(_ text: String, at places: [Int]) {
            for place in places {
                filled.replaceSubrange(place..<place + text.utf8.count, with: text.utf8)
            }
        }
        write(digits((number * 387_420_489 + 7) % 1_000_000_000_000, 12), at: numbers)
        write(digits(person, 8), at: people)
        write(digits(person * 7919 % 10_000, 4), at: orders)
        write(time.iso8601, at: times)
        write(isGranted ? "true " : "false", at: choices)
        return filled
    }
}

/// A number with leading zeros.
func digits(_ number: Int, _ width: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, width - text.count)) + text
}

/// A file that cannot be read.
struct UnreadableFile: Error {
    var path: String
}

func readFile(_ path: String) throws -> [UInt8] {
    guard let file = fopen(path, "rb") else { throw UnreadableFile(path: path) }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 65_536)
    while true {
        let count = fread(&part, 1, part.count, file)
        if count == 0 { return bytes }
        bytes += part[..<count]
    }
}
