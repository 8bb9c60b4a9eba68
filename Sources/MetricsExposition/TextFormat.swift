/// The labels of a series, sorted by name and escaped once.
struct LabelSet: Hashable, Comparable {
    /// `platform="actito",status="200"`.
    private let text: String

    init(_ labels: [(String, String)]) {
        text = labels.sorted { $0.0 < $1.0 }
            .map { "\($0.0)=\"\(escapedLabel($0.1))\"" }
            .joined(separator: ",")
    }

    static func < (left: LabelSet, right: LabelSet) -> Bool { left.text < right.text }

    /// The labels as they stand behind a name, with a bucket's bound if there is one.
    func braced(adding bound: Double? = nil) -> String {
        let parts = [text, bound.map { "le=\"\(formatted($0))\"" } ?? ""].filter { !$0.isEmpty }
        return parts.isEmpty ? "" : "{\(parts.joined(separator: ","))}"
    }
}

/// A number as the text format writes it.
func formatted(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
    return Int64(exactly: value).map { String($0) } ?? String(value)
}

/// A label's value: backslash, quote and line feed are escaped.
func escapedLabel(_ value: String) -> String { escaped(value, escapesQuotes: true) }

/// A help text: backslash and line feed are escaped.
func escapedHelp(_ text: String) -> String { escaped(text, escapesQuotes: false) }

/// By scalars, since CR and LF together are one character, which is no line feed.
private func escaped(_ text: String, escapesQuotes: Bool) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\\": result.append(contentsOf: "\\\\".unicodeScalars)
        case "\n": result.append(contentsOf: "\\n".unicodeScalars)
        case "\"" where escapesQuotes: result.append(contentsOf: "\\\"".unicodeScalars)
        default: result.append(scalar)
        }
    }
    return String(result)
}
