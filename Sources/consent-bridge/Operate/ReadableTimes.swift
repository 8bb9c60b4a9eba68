import JSON

/// Times and durations as people read them; all in UTC, as the API gives them.
extension JSONValue? {
    /// `2026-11-24 09:00:03` of `2026-11-24T09:00:03.417Z`; empty for none.
    var readableTime: String {
        guard let text = self?.string, text.count >= 19 else { return "" }
        return String(text.prefix(19).replacing("T", with: " "))
    }

    /// `3 min 20 s`; `-` for nothing.
    var readableSeconds: String {
        guard let seconds = self?.number?.double, seconds > 0 else { return "-" }
        return readable(seconds: seconds)
    }

    /// The text, without what would move a terminal's cursor or change its colours: keys come from
    /// outside.
    var readableText: String { (self?.string ?? "").printable }

    var readableNumber: String { self?.number?.text ?? "" }
}

func readable(seconds: Double) -> String {
    let whole = Int(seconds.rounded(.up))
    switch whole {
    case ..<60: return "\(whole) s"
    case ..<3600: return "\(whole / 60) min \(whole % 60) s"
    case ..<86_400: return "\(whole / 3600) h \(whole / 60 % 60) min"
    default: return "\(whole / 86_400) d \(whole / 3600 % 24) h"
    }
}

extension String {
    /// The text with a mark in the place of each control character.
    var printable: String {
        guard unicodeScalars.contains(where: \.isControl) else { return self }
        var printable = UnicodeScalarView()
        for scalar in unicodeScalars { printable.append(scalar.isControl ? "\u{FFFD}" : scalar) }
        return String(printable)
    }
}

extension Unicode.Scalar {
    /// Of the C0 and C1 sets; a terminal acts upon them.
    fileprivate var isControl: Bool { properties.generalCategory == .control }
}
