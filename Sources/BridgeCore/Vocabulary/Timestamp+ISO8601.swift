/// The form in which Didomi writes and reads times: ISO 8601 with a zone, as in RFC 3339.
extension Timestamp {
    /// Reads `2026-11-23T09:15:02.417Z`, with any number of fraction digits and `Z` or `+01:00`.
    ///
    /// Digits beyond milliseconds are cut. Anything else, a missing zone included, gives nil: a
    /// time that may mean two moments is no evidence of an order.
    package init?(iso8601 text: String) {
        var reader = ISO8601Reader(bytes: Array(text.utf8))
        guard let milliseconds = reader.read() else { return nil }
        self.init(milliseconds: milliseconds)
    }

    /// The moment in UTC with milliseconds: `2026-11-23T09:15:02.417Z`.
    package var iso8601: String {
        let (days, rest) = milliseconds.quotientAndFloorRemainder(dividingBy: 86_400_000)
        let (year, month, day) = civilDate(daysSince1970: days)
        let (hour, minute) = (rest / 3_600_000, rest / 60_000 % 60)
        let (second, fraction) = (rest / 1000 % 60, rest % 1000)
        var text: [UInt8] = []
        text.reserveCapacity(24)
        text.append(year, digits: 4, endedBy: "-")
        text.append(month, digits: 2, endedBy: "-")
        text.append(day, digits: 2, endedBy: "T")
        text.append(hour, digits: 2, endedBy: ":")
        text.append(minute, digits: 2, endedBy: ":")
        text.append(second, digits: 2, endedBy: ".")
        text.append(fraction, digits: 3, endedBy: "Z")
        return String(decoding: text, as: UTF8.self)
    }
}

extension [UInt8] {
    /// Every log line has a time, so this makes no text of each number.
    fileprivate mutating func append(_ number: Int64, digits: Int, endedBy end: Unicode.Scalar) {
        if (0...9999).contains(number) {
            for power: Int64 in [1000, 100, 10, 1].suffix(digits) {
                append(UInt8(ascii: "0") + UInt8(number / power % 10))
            }
        } else {
            self += String(number).utf8
        }
        append(UInt8(ascii: end))
    }
}

extension Int64 {
    /// Division that rounds down, so that moments before 1970 keep a remainder of zero or more.
    fileprivate func quotientAndFloorRemainder(dividingBy divisor: Int64) -> (Int64, Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}

/// Days since 1970-01-01 of a date in the Gregorian calendar, counted in eras of 400 years that
/// start on 1 March, so that the leap day is the last of its year.
private func daysSince1970(year: Int64, month: Int64, day: Int64) -> Int64 {
    let shiftedYear = month <= 2 ? year - 1 : year
    let (era, yearOfEra) = shiftedYear.quotientAndFloorRemainder(dividingBy: 400)
    let monthFromMarch = (month + 9) % 12
    let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
}

private func civilDate(daysSince1970 days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let (era, dayOfEra) = (days + 719_468).quotientAndFloorRemainder(dividingBy: 146_097)
    let yearOfEra =
        (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
}

private struct ISO8601Reader {
    let bytes: [UInt8]
    var index = 0

    mutating func read() -> Int64? {
        guard let year = number(digits: 4), take("-"), let month = number(digits: 2), take("-"),
            let day = number(digits: 2), take("T") || take("t") || take(" "),
            let hour = number(digits: 2), take(":"), let minute = number(digits: 2), take(":"),
            let second = number(digits: 2), let fraction = fraction(), let offset = zone(),
            index == bytes.count,
            (1...12).contains(month), day >= 1, hour < 24, minute < 60, second <= 60
        else { return nil }
        let days = daysSince1970(year: year, month: month, day: day)
        // A day that the month does not have comes back as another one.
        guard civilDate(daysSince1970: days) == (year, month, day) else { return nil }
        let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset * 60
        return seconds * 1000 + fraction
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard index < bytes.count, bytes[index] == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    private mutating func digit() -> Int64? {
        guard index < bytes.count, (48...57).contains(bytes[index]) else { return nil }
        defer { index += 1 }
        return Int64(bytes[index] - 48)
    }

    private mutating func number(digits: Int) -> Int64? {
        var value: Int64 = 0
        for _ in 0..<digits {
            guard let digit = digit() else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    /// Milliseconds of the fraction, 0 if there is none.
    private mutating func fraction() -> Int64? {
        guard take(".") else { return 0 }
        var (value, scale): (Int64, Int64) = (0, 100)
        guard let first = digit() else { return nil }
        value += first * scale
        while let next = digit() {
            scale /= 10
            value += next * scale
        }
        return value
    }

    /// Minutes east of UTC.
    private mutating func zone() -> Int64? {
        if take("Z") || take("z") { return 0 }
        let isWest = take("-")
        guard isWest || take("+"), let hours = number(digits: 2), take(":"),
            let minutes = number(digits: 2), hours < 24, minutes < 60
        else { return nil }
        return (hours * 60 + minutes) * (isWest ? -1 : 1)
    }
}
