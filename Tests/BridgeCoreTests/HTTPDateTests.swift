import BridgeCore
import Testing

@Suite struct HTTPDateTests {
    @Test(
        arguments: [
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("Mon, 23 Nov 2026 09:15:02 GMT", 1_795_425_302),
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
            ("Thu, 29 Feb 2024 23:59:59 GMT", 1_709_251_199),
        ] as [(String, Int64)]
    )
    func `a date is the moment it names`(text: String, seconds: Int64) {
        #expect(Timestamp(httpDate: text)?.milliseconds == seconds * 1000)
    }

    @Test(arguments: [
        "", "GMT", "Mon, 23 Nov 2026 09:15:02", "Mon, 23 Nov 2026 09:15:02 UTC",
        "Mon, 23 Nov 2026 09:15:02 +0000", "Mon 23 Nov 2026 09:15:02 GMT",
        "Mon, 3 Nov 2026 09:15:02 GMT", "Mon, 31 Feb 2026 09:15:02 GMT",
        "Mon, 23 nov 2026 09:15:02 GMT", "Mon, 23 Nov 26 09:15:02 GMT",
        "Mon, 23 Nov 2026 24:15:02 GMT", "Mon, 23 Nov 2026 09:15:02.5 GMT5 GMT",
        "Mon,  23 Nov 2026 09:15:02 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994", "Mon, 23 Nov 2026 09:15:02 GMT ", "2026-11-23T09:15:02Z",
    ])
    func `anything else is no date`(text: String) {
        #expect(Timestamp(httpDate: text) == nil)
    }
}
