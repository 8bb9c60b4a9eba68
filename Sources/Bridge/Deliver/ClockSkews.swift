package import BridgeCore
import HTTPTypes
import Synchronization

/// How far our clock is ahead of the platforms' clocks, from the `Date` of their answers.
///
/// Choices are ordered by Didomi's clock and by ours (rule D1), so a wrong one has to be seen.
package final class ClockSkews: Sendable {
    private let samples = Mutex<[PlatformName: ClockSkew]>([:])

    /// The platforms that have told their time, and how far ours is ahead of it.
    package var current: [PlatformName: Interval] {
        samples.withLock { $0.compactMapValues(\.current) }
    }

    /// Takes what an answer says of its platform's clock; called from any thread.
    func note(
        _ reply: PlatformReply,
        of platform: PlatformName,
        sentAt: Timestamp,
        receivedAt: Timestamp
    ) {
        // An answer from a cache tells the time at which it was made.
        guard reply.headers[.age] == nil,
            let date = reply.headers[.date].flatMap({ Timestamp(httpDate: $0) })
        else { return }
        samples.withLock { samples in
            samples[platform, default: ClockSkew()]
                .note(date, sentAt: sentAt, receivedAt: receivedAt)
        }
    }

    /// Beyond it somebody should look at the clocks; the rules bear ten minutes (D1).
    package static let warningAbove = Interval.seconds(60)
}

/// The last samples of one platform's clock.
///
/// The answer was made somewhere between sending and receiving, so the exchange that took the
/// shortest time says the most, as in NTP's clock filter
/// (<https://www.rfc-editor.org/rfc/rfc5905#section-10>).
struct ClockSkew {
    private var samples: [(skew: Interval, roundTrip: Interval)] = []

    /// How far our clock is ahead, negative if it is behind; nil: not known.
    var current: Interval? { samples.min { $0.roundTrip < $1.roundTrip }?.skew }

    mutating func note(_ date: Timestamp, sentAt: Timestamp, receivedAt: Timestamp) {
        let roundTrip = receivedAt - sentAt
        // Our clock was set back meanwhile.
        guard roundTrip >= .zero else { return }
        let middle = sentAt + Interval(milliseconds: roundTrip.milliseconds / 2)
        // A date has whole seconds: on average it is half of one old.
        let told = date + Interval(milliseconds: 500)
        samples.append((middle - told, roundTrip))
        if samples.count > Self.samplesMax { samples.removeFirst() }
    }

    /// As in NTP; after so many answers a clock that was set right is believed.
    private static let samplesMax = 8
}
