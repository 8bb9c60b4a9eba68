import Bridge
import BridgeCore
import Foundation
import Storage

/// The loop's work for webhooks that come in batches and for answers that come at once: the whole
/// way but for the two HTTP libraries.
final class Turns {
    private static let batchSize = 64
    private let samples: Samples
    private let store: any Store
    private let processor: Processor
    private var count = 0
    private var events: [Processor.Event] = []

    init(_ samples: Samples, store: any Store) throws {
        self.samples = samples
        self.store = store
        processor = try Samples.processor(on: store)
    }

    /// Accepts, decides and delivers that many webhooks, each of another person.
    func play(_ wanted: Int) throws {
        var left = wanted
        while left > 0 {
            let size = min(left, Self.batchSize)
            try accept(size)
            left -= size
            repeat { try turn() } while !events.isEmpty || processor.mayHaveUndecided
        }
    }

    private func accept(_ size: Int) throws {
        let entries = try (0..<size).map { _ in
            count += 1
            let body = samples.template.filled(
                number: count,
                person: count,
                isGranted: true,
                at: Samples.now
            )
            return try Samples.entry(body, from: .didomi, at: Samples.now)
        }
        _ = try store.append(entries)
        processor.mayHaveUndecided = true
    }

    private func turn() throws {
        let taken = events
        events = []
        try processor.turn(taken, at: Samples.now)
        for send in try processor.finish() {
            let reply = PlatformAnswers.answer(send.request) { _ in nil }
            switch send.purpose {
            case .call(let lane, let id): events.append(.replied(lane, id, .reply(reply)))
            case .preparation(let key): events.append(.prepared(key, .reply(reply)))
            }
        }
    }
}

/// A database that is gone with the object.
final class TemporaryFile {
    let path = NSTemporaryDirectory() + "micro-\(UUID().uuidString).db"

    deinit {
        for suffix in ["", "-wal", "-shm", ".lock"] {
            try? FileManager.default.removeItem(atPath: path + suffix)
        }
    }
}
