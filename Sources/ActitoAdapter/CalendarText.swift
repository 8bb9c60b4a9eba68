import BridgeCore

/// A date, or a date and time, as people's systems write them: `1980-05-01`,
/// `2026-11-23T09:15:02.417Z`, `2026-11-23 09:15`.
///
/// Only year, month, day in that order: `05/01/1980` may mean two days.
struct CalendarText {
    /// `1980-05-01`, as written, whatever the zone: a day of birth has none.
    let date: String?
    /// `2026-11-23 09:15:02`, in UTC if a zone was written; a date alone is its midnight.
    let dateTime: String?

    /// nil: it is no existing date, or the rest is no time.
    init?(_ text: String) {
        let day = String(text.prefix(10))
        guard day.utf8.count == 10, text.utf8.count >= 10, !text.contains("\u{0}"),
            Timestamp(iso8601: "\(day)T00:00:00Z") != nil
        else { return nil }
        date = day
        let rest = text.dropFirst(10)
        if rest.isEmpty {
            dateTime = "\(day) 00:00:00"
            return
        }
        guard let separator = rest.first, "Tt ".contains(separator) else { return nil }
        let time = String(rest.dropFirst())
        if let moment = Timestamp(iso8601: "\(day)T\(time)") {
            let utc = moment.iso8601
            dateTime = "\(utc.prefix(10)) \(utc.dropFirst(11).prefix(8))"
        } else if let moment = Timestamp(iso8601: "\(day)T\(time)Z")
            ?? Timestamp(iso8601: "\(day)T\(time):00Z")
        {
            // Without a zone it stays as it is.
            let local = moment.iso8601
            dateTime = "\(local.prefix(10)) \(local.dropFirst(11).prefix(8))"
        } else {
            return nil
        }
    }
}
