/// A place in a text, as an editor shows it.
///
/// Lines and columns count from 1; a column is one Unicode scalar, also for a tab. CR, LF and CRLF
/// end a line, in JSON5 also U+2028 and U+2029. A byte order mark at the start has no column.
package struct JSONPosition: Hashable, Sendable, Comparable {
    /// The line, counted from 1.
    package var line: Int

    /// The Unicode scalar in the line, counted from 1.
    package var column: Int

    /// Names a place.
    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    /// Orders places as they follow each other in a text.
    package static func < (left: Self, right: Self) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

extension JSONPosition: CustomStringConvertible {
    /// Line and column with a colon between them, such as `12:5`.
    package var description: String { "\(line):\(column)" }
}

extension JSONSyntaxError {
    /// Where in the text the fault is, for people.
    ///
    /// - Parameters:
    ///   - text: the text that was parsed.
    ///   - dialect: the dialect it was parsed as, which tells what ends a line.
    /// - Returns: the place of the fault; the end of the text, if the text ended too early.
    package func position(in text: [UInt8], dialect: JSONDialect) -> JSONPosition {
        var cursor = JSONPositionCursor(dialect: dialect)
        cursor.advance(to: offset, in: text)
        return cursor.position
    }
}

/// Counts lines and columns while it moves forward through a text, which need not be UTF-8.
struct JSONPositionCursor {
    private(set) var position = JSONPosition(line: 1, column: 1)
    private var offset = 0
    private let isJSON5: Bool

    init(dialect: JSONDialect) {
        isJSON5 = dialect == .json5
    }

    mutating func advance(to target: Int, in bytes: [UInt8]) {
        let target = min(target, bytes.count)
        if offset == 0, target >= 3, bytes.starts(with: [0xEF, 0xBB, 0xBF]) { offset = 3 }
        while offset < target {
            let byte = bytes[offset]
            let next = offset + 1 < bytes.count ? bytes[offset + 1] : 0
            offset += 1
            switch byte {
            case 0x0A:
                breakLine()
            case 0x0D where next != 0x0A:
                breakLine()
            case 0xE2
            where isJSON5 && next == 0x80 && offset + 1 < target
                && bytes[offset + 1] & 0xFE == 0xA8:
                offset += 2
                breakLine()
            case 0x80..<0xC0:
                // The rest of a scalar that its first byte counted.
                break
            default:
                position.column += 1
            }
        }
    }

    private mutating func breakLine() {
        position.line += 1
        position.column = 1
    }
}
