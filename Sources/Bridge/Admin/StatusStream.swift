import BridgeCore
import Dispatch
import JSON
import Synchronization

/// `GET stream`: the status as server-sent events, once at the beginning and then whenever it has
/// changed, looked at every second (<https://html.spec.whatwg.org/multipage/server-sent-events.html>).
///
/// The status names nobody, so every caller sees the same.
final class StatusStream: Sendable {
    /// Sends bytes, or ends the body (nil); false: nobody reads any more.
    typealias Send = @Sendable ([UInt8]?) -> Bool

    private struct State {
        var readers: [Send] = []
        var isTicking = false
        var lastEvent: [UInt8] = []
        var silentTicks = 0
    }

    private let state = Mutex(State())
    private let queue: DispatchQueue
    private let status: @Sendable () -> JSONValue?

    /// `status`: nil while the storage cannot be read; called on `queue`.
    init(on queue: DispatchQueue, status: @escaping @Sendable () -> JSONValue?) {
        self.queue = queue
        self.status = status
    }

    /// Called on the queue.
    func add(_ send: @escaping Send) {
        guard let event = makeEvent(), send(event.bytes) else { return }
        let begins = state.withLock { state in
            state.readers.append(send)
            state.lastEvent = event.comparable
            defer { state.isTicking = true }
            return !state.isTicking
        }
        if begins { tickLater() }
    }

    /// Whether one more reader is too many.
    var isFull: Bool { state.withLock { $0.readers.count >= Self.readersMax } }

    private func tickLater() {
        queue.asyncAfter(deadline: .now() + .seconds(1)) { self.tick() }
    }

    private func tick() {
        let event = makeEvent()
        let (readers, bytes) = state.withLock { state -> ([Send], [UInt8]?) in
            state.silentTicks += 1
            if let event, event.comparable != state.lastEvent {
                state.lastEvent = event.comparable
                state.silentTicks = 0
                return (state.readers, event.bytes)
            }
            // A comment shows who is gone, and keeps proxies from closing the connection.
            guard state.silentTicks >= Self.silentTicksMax else { return (state.readers, nil) }
            state.silentTicks = 0
            return (state.readers, Array(": nothing new\n\n".utf8))
        }
        let left = bytes.map { bytes in readers.filter { $0(bytes) } } ?? readers
        let goesOn = state.withLock { state in
            // Those that came meanwhile stand behind.
            state.readers = left + state.readers.dropFirst(readers.count)
            state.isTicking = !state.readers.isEmpty
            return state.isTicking
        }
        if goesOn { tickLater() }
    }

    /// The event, and what of it tells whether something has changed.
    private func makeEvent() -> (bytes: [UInt8], comparable: [UInt8])? {
        guard let status = status(), var object = status.object else { return nil }
        let bytes = Array("event: status\ndata: ".utf8) + status.serialized() + Array("\n\n".utf8)
        object["uptime_seconds"] = nil
        return (bytes, JSONValue.object(object).serialized())
    }

    private static let silentTicksMax = 15
    /// Each costs a socket and a moment every second.
    private static let readersMax = 100
}
