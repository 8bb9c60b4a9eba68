/// How many calls began in the last 60 seconds, counted second by second.
package struct RecentCalls: Sendable {
    /// By second modulo 60: the second since 1970, and the calls that began in it.
    private var counts: [(second: Int64, count: Int)] = []

    mutating func note(at now: Timestamp) {
        if counts.isEmpty { counts = Array(repeating: (0, 0), count: Self.seconds) }
        let second = now.milliseconds / 1000
        let place = Int(((second % 60) + 60) % 60)
        counts[place] =
            counts[place].second == second ? (second, counts[place].count + 1) : (second, 1)
    }

    package func count(at now: Timestamp) -> Int {
        let second = now.milliseconds / 1000
        return counts.reduce(0) { sum, part in
            (0..<Int64(Self.seconds)).contains(second - part.second) ? sum + part.count : sum
        }
    }

    private static let seconds = 60
}
