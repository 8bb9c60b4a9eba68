import BridgeTesting
import BridgeCore
import Testing

@Suite struct TimestampTests {
    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("1970-01-01T00:00:00.001Z", 1),
            ("1969-12-31T23:59:59.999Z", -1), ("2000-02-29T12:00:00Z", 951_825_600_000),
            ("2026-11-23T09:15:02.417Z", 1_795_425_302_417),
            ("2024-12-31T23:59:60Z", 1_735_689_600_000),
            ("1900-03-01T00:00:00Z", -2_203_891_200_000),
            ("0001-01-01T00:00:00Z", -62_135_596_800_000),
            ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
        ] as [(String, Int64)]
    )
    func `an ISO 8601 text is the moment it names`(text: String, milliseconds: Int64) {
        #expect(Timestamp(iso8601: text)?.milliseconds == milliseconds)
    }

    @Test(
        arguments: [
            "2026-11-23T10:15:02.417+01:00", "2026-11-23T04:45:02.417-04:30",
            "2026-11-23T09:15:02.417+00:00", "2026-11-23t09:15:02.417z",
            "2026-11-23 09:15:02.417Z", "2026-11-23T09:15:02.417999999Z",
            "2026-11-24T09:14:02.417+23:59", "2026-11-23T09:15:02.4170000000000000000000000001Z",
        ]
    )
    func `zones, separators and further digits do not change the moment`(text: String) {
        #expect(Timestamp(iso8601: text)?.milliseconds == 1_795_425_302_417)
    }

    @Test(arguments: [("1", 100), ("04", 40), ("004", 4), ("0009", 0)] as [(String, Int64)])
    func `a fraction counts by its place`(digits: String, milliseconds: Int64) {
        #expect(Timestamp(iso8601: "1970-01-01T00:00:00.\(digits)Z")?.milliseconds == milliseconds)
    }

    @Test(
        arguments: [
            "", "Z", "2026", "2026-11-23", "2026-11-23T09:15:02", "2026-11-23T09:15Z",
            "2026-11-23T09:15:02.Z", "2026-11-23T09:15:02,417Z", "2026-11-23T24:00:00Z",
            "2026-11-23T09:60:00Z", "2026-11-23T09:15:61Z", "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z", "2026-11-31T00:00:00Z", "2026-02-29T00:00:00Z",
            "1900-02-29T00:00:00Z", "2026-11-00T00:00:00Z", "2026-11-23T09:15:02+0100",
            "2026-11-23T09:15:02+1:00", "2026-11-23T09:15:02+24:00", "2026-11-23T09:15:02+01:60",
            "2026-11-23T09:15:02ZZ", " 2026-11-23T09:15:02Z", "2026-11-23T09:15:02Z ",
            "+2026-11-23T09:15:02Z", "-026-11-23T09:15:02Z", "20261123T091502Z",
            "２０２６-11-23T09:15:02Z", "2026-11-23T09:15:02\u{0}Z", "1795425302417", "now",
        ]
    )
    func `anything else is no moment`(text: String) {
        #expect(Timestamp(iso8601: text) == nil)
    }

    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (1_795_425_302_417, "2026-11-23T09:15:02.417Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
            (-62_135_596_800_000, "0001-01-01T00:00:00.000Z"),
        ] as [(Int64, String)]
    )
    func `a moment is written in UTC with milliseconds`(milliseconds: Int64, text: String) {
        #expect(Timestamp(milliseconds: milliseconds).iso8601 == text)
    }

    @Test func `what is written is read as the same moment`() {
        var random = SeededRandom(seed: 7)
        for _ in 0..<5000 {
            let range: ClosedRange<Int64> = -62_135_596_800_000...253_402_300_799_999
            let moment = Timestamp(milliseconds: .random(in: range, using: &random))
            #expect(Timestamp(iso8601: moment.iso8601) == moment)
        }
    }

    @Test func `moments and intervals add up`() {
        let moment = Timestamp(milliseconds: 5000)
        #expect(moment + .seconds(1.5) == Timestamp(milliseconds: 6500))
        #expect(moment - .seconds(6) == Timestamp(milliseconds: -1000))
        #expect(moment - Timestamp(milliseconds: 8000) == Interval(milliseconds: -3000))
        #expect(Interval.seconds(0.0015).milliseconds == 2)
        #expect(Interval.seconds(2).seconds == 2)
    }
}
