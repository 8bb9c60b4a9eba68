import BridgeCore
import HTTPTypes
import Testing

@testable import Bridge

@Suite struct ClockSkewTests {
    /// Mon, 23 Nov 2026 09:15:02 GMT, which stands for the middle of its second.
    private static let date = Timestamp(milliseconds: 1_795_425_302_000)

    /// A sample whose exchange began so much after the date.
    private static func note(
        _ skew: inout ClockSkew,
        sentAfter sent: Int64,
        roundTrip: Int64
    ) {
        let sentAt = date + Interval(milliseconds: sent)
        let receivedAt = sentAt + Interval(milliseconds: roundTrip)
        skew.note(date, sentAt: sentAt, receivedAt: receivedAt)
    }

    @Test func `our clock is compared in the middle of the exchange`() {
        var skew = ClockSkew()
        #expect(skew.current == nil)
        Self.note(&skew, sentAfter: 500, roundTrip: 0)
        #expect(skew.current == .zero)
        skew = ClockSkew()
        Self.note(&skew, sentAfter: 60_000, roundTrip: 1_000)
        #expect(skew.current == .seconds(60))
        skew = ClockSkew()
        Self.note(&skew, sentAfter: -60_000, roundTrip: 1_000)
        #expect(skew.current == .seconds(-60))
    }

    @Test func `the exchange that took the shortest time counts`() {
        var skew = ClockSkew()
        Self.note(&skew, sentAfter: 0, roundTrip: 5_000)
        Self.note(&skew, sentAfter: 500, roundTrip: 20)
        Self.note(&skew, sentAfter: -40_000, roundTrip: 40_000)
        #expect(skew.current == Interval(milliseconds: 10))
    }

    @Test func `a clock that was set right is believed after eight exchanges`() {
        var skew = ClockSkew()
        Self.note(&skew, sentAfter: 90_500, roundTrip: 0)
        for _ in 0..<7 { Self.note(&skew, sentAfter: 0, roundTrip: 1_000) }
        #expect(skew.current == .seconds(90))
        Self.note(&skew, sentAfter: 0, roundTrip: 1_000)
        #expect(skew.current == .zero)
    }

    @Test func `an exchange in which our clock was set back says nothing`() {
        var skew = ClockSkew()
        Self.note(&skew, sentAfter: 500, roundTrip: -1)
        #expect(skew.current == nil)
    }

    @Test func `only a date that is the answer's own is taken, for its platform`() {
        let skews = ClockSkews()
        func note(_ headers: HTTPFields, of platform: PlatformName) {
            let now = Self.date + .seconds(8.5)
            let reply = PlatformReply(status: 200, headers: headers)
            skews.note(reply, of: platform, sentAt: now, receivedAt: now)
        }
        note([:], of: .didomi)
        note([.date: "yesterday"], of: .didomi)
        note([.date: "Mon, 23 Nov 2026 09:15:02 GMT", .age: "8"], of: .didomi)
        #expect(skews.current.isEmpty)
        note([.date: "Mon, 23 Nov 2026 09:15:02 GMT"], of: .actito)
        #expect(skews.current == [.actito: .seconds(8)])
    }
}
