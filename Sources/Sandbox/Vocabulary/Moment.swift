/// A point in time in milliseconds since 1970 (UTC), as the two platforms print it.
struct Moment: Comparable, Hashable, Sendable {
    var milliseconds: Int64

    static func < (left: Moment, right: Moment) -> Bool { left.milliseconds < right.milliseconds }

    static func + (moment: Moment, milliseconds: Int64) -> Moment {
        Moment(milliseconds: moment.milliseconds + milliseconds)
    }

    /// The time with milliseconds, as Didomi writes it: `2026-11-23T09:15:02.417Z`.
    var iso8601: String {
        let (_, rest) = daysAndRest
        return "\(secondsText).\(Self.padded(rest % 1_000, to: 3))Z"
    }

    /// The time without a fraction, as Actito writes it: `2026-11-23T20:00:00Z`.
    var iso8601Seconds: String { "\(secondsText)Z" }

    /// The time as HTTP writes it: `Mon, 23 Nov 2026 09:15:02 GMT`.
    var httpDate: String {
        let (days, rest) = daysAndRest
        let (year, month, day) = Self.date(days: days)
        // 1970-01-01 was a Thursday.
        let weekday = Self.weekdays[Int((days % 7 + 11) % 7)]
        let pad = Self.padded
        let date = "\(pad(day, 2)) \(Self.months[Int(month) - 1]) \(pad(year, 4))"
        let seconds = rest / 1_000
        let time = "\(pad(seconds / 3_600, 2)):\(pad(seconds / 60 % 60, 2)):\(pad(seconds % 60, 2))"
        return "\(weekday), \(date) \(time) GMT"
    }

    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private var daysAndRest: (days: Int64, rest: Int64) {
        let day: Int64 = 86_400_000
        let rest = (milliseconds % day + day) % day
        return ((milliseconds - rest) / day, rest)
    }

    private var secondsText: String {
        let (days, rest) = daysAndRest
        let (year, month, day) = Self.date(days: days)
        let pad = Self.padded
        let date = "\(pad(year, 4))-\(pad(month, 2))-\(pad(day, 2))"
        let seconds = rest / 1_000
        let minutes = "\(pad(seconds / 3_600, 2)):\(pad(seconds / 60 % 60, 2))"
        return "\(date)T\(minutes):\(pad(seconds % 60, 2))"
    }

    private static func padded(_ number: Int64, to width: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }

    /// The Gregorian date of a day number: <https://howardhinnant.github.io/date_algorithms.html>.
    private static func date(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
            - 719_468
    }
}

extension Moment {
    /// Reads `2026-11-23T10:02:11Z`, with or without a fraction, with `Z` or an offset.
    init?(iso8601 text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes[4] == 0x2D, bytes[7] == 0x2D,
            bytes[10] == 0x54, bytes[13] == 0x3A, bytes[16] == 0x3A,
            let year = Self.number(bytes[0..<4]), let month = Self.number(bytes[5..<7]),
            let day = Self.number(bytes[8..<10]), let hour = Self.number(bytes[11..<13]),
            let minute = Self.number(bytes[14..<16]), let second = Self.number(bytes[17..<19]),
            1...12 ~= month, 1...31 ~= day, hour < 24, minute < 60, second < 60
        else { return nil }
        var rest = bytes[19...]
        var fraction: Int64 = 0
        if rest.first == 0x2E {
            let digits = rest.dropFirst().prefix { 0x30...0x39 ~= $0 }
            let thousandths = Array((Array(digits) + [0x30, 0x30, 0x30]).prefix(3))
            guard !digits.isEmpty, let value = Self.number(thousandths[...]) else { return nil }
            fraction = value
            rest = rest[digits.endIndex...]
        }
        guard let offset = Self.offsetMinutes(rest) else { return nil }
        let days = Self.days(year: year, month: month, day: day)
        let minutes = (days * 24 + hour) * 60 + minute - offset
        milliseconds = (minutes * 60 + second) * 1_000 + fraction
    }

    private static func offsetMinutes(_ text: ArraySlice<UInt8>) -> Int64? {
        let bytes = Array(text)
        if bytes == [0x5A] { return 0 }
        guard bytes.count == 6, bytes[0] == 0x2B || bytes[0] == 0x2D, bytes[3] == 0x3A,
            let hours = number(bytes[1..<3]), let minutes = number(bytes[4..<6])
        else { return nil }
        return (bytes[0] == 0x2B ? 1 : -1) * (hours * 60 + minutes)
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int64? {
        guard digits.allSatisfy({ 0x30...0x39 ~= $0 }) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
    }
}
