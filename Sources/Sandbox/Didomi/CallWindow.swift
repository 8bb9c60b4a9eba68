import HTTPTypes

/// Didomi's limit outside `/consents`: 100 calls in 15 s, beyond 429.
///
/// Contract: `didomi.md`, section 5 and `samples/didomi/headers-429.txt`.
struct CallWindow: Sendable {
    static let lengthMilliseconds: Int64 = 15_000

    private let callsMax: Int
    private var calls: [Moment] = []

    /// 0 is unlimited.
    init(callsMax: Int) { self.callsMax = callsMax }

    /// Counts a call, or refuses it with 429 and does not count it.
    mutating func begin(at now: Moment) throws(Refusal) {
        guard callsMax > 0 else { return }
        let start = now + -Self.lengthMilliseconds
        calls.removeAll { $0 <= start }
        if calls.count >= callsMax {
            let left = (calls.first ?? now).milliseconds - start.milliseconds
            throw Self.refusal(retryAfterSeconds: Int((left + 999) / 1_000))
        }
        calls.append(now)
    }

    static func refusal(retryAfterSeconds: Int) -> Refusal {
        var refusal = Refusal(.tooManyRequests, "Too many requests")
        refusal.retryAfterSeconds = retryAfterSeconds
        return refusal
    }

    /// What tells a client how the limit stands.
    static func headers(seconds: Int) -> [(HTTPField.Name, String)] {
        let policy = HTTPField.Name("RateLimit-Policy").map { ($0, "100;w=15") }
        let state = HTTPField.Name("RateLimit").map {
            ($0, "limit=100, remaining=0, reset=\(seconds)")
        }
        return [policy, state].compactMap(\.self)
    }
}
