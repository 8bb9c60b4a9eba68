/// The form in which HTTP writes times.
extension Timestamp {
    /// Reads the value of `Date`, such as `Mon, 23 Nov 2026 09:15:02 GMT`.
    ///
    /// Only the form that must be sent, not the two obsolete ones; the name of the day is not
    /// looked at. Contract: <https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7>.
    package init?(httpDate text: String) {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0].utf8.count == 4, parts[0].hasSuffix(","),
            parts[5] == "GMT", parts[1].utf8.count == 2, parts[3].utf8.count == 4,
            let month = Self.months.firstIndex(of: String(parts[2]))
        else { return nil }
        let month2 = month < 9 ? "0\(month + 1)" : "\(month + 1)"
        self.init(iso8601: "\(parts[3])-\(month2)-\(parts[1])T\(parts[4])Z")
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}
