import Foundation

/// A table for people: columns as wide as they need, the widest cut so that a terminal's lines hold.
struct TextTable {
    private let header: [String]
    private var rows: [[String]] = []

    init(_ header: String...) {
        self.header = header
    }

    mutating func add(_ cells: String...) {
        rows.append(cells.map { $0.isEmpty ? "-" : $0 })
    }

    /// `width`: of a line; nil: nothing is cut.
    func text(width: Int? = Terminal.width) -> String {
        var widths = header.indices.map { column in
            ([header] + rows).map { $0[column].count }.max() ?? 0
        }
        if let width {
            let gaps = Self.gap.count * (widths.count - 1)
            // One column after the other gives way, the widest first, down to its header.
            while widths.reduce(gaps, +) > width,
                let widest = widths.indices.max(by: { widths[$0] < widths[$1] }),
                widths[widest] > max(header[widest].count, Self.columnMin)
            {
                widths[widest] -= 1
            }
        }
        let lines = ([header] + rows).map { cells in
            zip(cells, widths).map { cell, width in Self.fit(cell, width) }
                .joined(separator: Self.gap).trimmingTrailingBlanks
        }
        return ([Terminal.dim(lines[0])] + lines.dropFirst()).joined(separator: "\n")
    }

    private static func fit(_ cell: String, _ width: Int) -> String {
        guard cell.count > width else {
            return cell + String(repeating: " ", count: width - cell.count)
        }
        return cell.prefix(max(0, width - 1)) + "…"
    }

    private static let gap = "  "
    private static let columnMin = 6
}

/// What stdout is: colours and cut lines are for people at a terminal only.
enum Terminal {
    static let isInteractive = isatty(STDOUT_FILENO) == 1

    /// The columns of the terminal; nil: none.
    static var width: Int? {
        guard isInteractive else { return nil }
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    static func dim(_ text: String) -> String { styled(text, "2") }
    static func good(_ text: String) -> String { styled(text, "32") }
    static func bad(_ text: String) -> String { styled(text, "31") }
    static func warning(_ text: String) -> String { styled(text, "33") }

    /// See <https://no-color.org>.
    private static func styled(_ text: String, _ code: String) -> String {
        guard isInteractive, environmentValue("NO_COLOR") == nil else { return text }
        return "\u{1B}[\(code)m\(text)\u{1B}[0m"
    }
}

extension String {
    fileprivate var trimmingTrailingBlanks: String {
        var text = Substring(self)
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
