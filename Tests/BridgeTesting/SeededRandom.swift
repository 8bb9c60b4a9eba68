/// A random source that gives the same numbers for the same seed on every machine (SplitMix64).
///
/// Source: <https://prng.di.unimi.it/splitmix64.c>.
package struct SeededRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) {
        state = seed
        // Neighbouring seeds must not begin alike.
        for _ in 0..<2 { _ = next() }
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// True in so many of 100 cases.
    package mutating func chance(_ percent: Int) -> Bool {
        Int.random(in: 0..<100, using: &self) < percent
    }

    /// A number of milliseconds between two durations in which short ones are as likely as long
    /// ones: uniform in the logarithm.
    package mutating func milliseconds(_ shortest: Int64, _ longest: Int64) -> Int64 {
        var doublings: Int64 = 0
        while shortest << (doublings + 1) <= longest { doublings += 1 }
        let start = shortest << Int64.random(in: 0...doublings, using: &self)
        return min(longest, Int64.random(in: start...(start * 2), using: &self))
    }
}
