package import BridgeCore

/// What the shell asks of the world beside the storage; the executable gives the real ones.
package struct Ports: Sendable {
    /// The wall clock.
    package var now: @Sendable () -> Timestamp
    /// Seed of everything random: jitter and the ids of consent events.
    package var randomness: any RandomNumberGenerator & Sendable

    package init(
        now: @escaping @Sendable () -> Timestamp,
        randomness: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
    ) {
        self.now = now
        self.randomness = randomness
    }
}

/// What became of a request on its way to a platform.
package enum TransportResult: Sendable {
    case reply(PlatformReply)
    /// No answer came.
    ///
    /// - Parameter mayHaveArrived: false only if certainly no byte of the request was sent.
    case failed(mayHaveArrived: Bool)
}

/// Carries requests to the platforms.
package protocol Transport: Sendable {
    /// Calls `completion` exactly once, from any thread.
    func start(
        _ request: PlatformRequest,
        completion: @escaping @Sendable (TransportResult) -> Void
    )
}
