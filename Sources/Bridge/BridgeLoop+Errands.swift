package import BridgeCore
import Synchronization

/// Waits for the loop's leave to call a platform; resolved once.
final class Errand: Sendable {
    private struct State {
        var answer: Bool?
        var continuation: CheckedContinuation<Bool, Never>?
    }

    let key: AccessKey
    private let state = Mutex(State())

    init(_ key: AccessKey) {
        self.key = key
    }

    /// Whether it may take place.
    func wait() async -> Bool {
        await withCheckedContinuation { continuation in
            let answer = state.withLock { state in
                if state.answer == nil { state.continuation = continuation }
                return state.answer
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    /// Lets it take place; false: it was refused before.
    func grant() -> Bool { resolve(true) }

    func refuse() { _ = resolve(false) }

    private func resolve(_ answer: Bool) -> Bool {
        let (isFirst, continuation) = state.withLock { state in
            guard state.answer == nil else {
                return (false, nil as CheckedContinuation<Bool, Never>?)
            }
            state.answer = answer
            return (true, state.continuation.take())
        }
        continuation?.resume(returning: answer)
        return isFirst
    }
}

extension BridgeLoop {
    /// Calls a platform for something else than a delivery, as soon as the licence's limits allow
    /// it, and counts it under them.
    ///
    /// Returns nil without calling if the bridge stops, the task is cancelled, or the integration
    /// is not known.
    package func call<Answer, Failure>(
        for key: AccessKey,
        _ body: () async throws(Failure) -> Answer
    ) async throws(Failure) -> Answer? {
        let errand = Errand(key)
        let isPosted = post { mailbox in
            guard !mailbox.isStopping else { return false }
            mailbox.errands.append(errand)
            return true
        }
        if !isPosted { errand.refuse() }
        let isAllowed = await withTaskCancellationHandler {
            await errand.wait()
        } onCancel: {
            errand.refuse()
        }
        guard isAllowed else { return nil }
        defer { post { $0.endedErrands.append(key) } }
        return try await body()
    }

    /// Begins the errands that wait, as far as limits allow; on the loop's thread.
    func beginErrands(_ shift: inout Shift) {
        shift.askErrandsAt = nil
        if shift.stopAt != nil {
            for errand in shift.errands { errand.refuse() }
            shift.errands = []
        }
        guard !shift.processor.isDraining, !shift.isBroken else { return }
        var rest: [Errand] = []
        for errand in shift.errands {
            guard shift.processor.engine.knows(errand.key) else {
                errand.refuse()
                continue
            }
            let (isAllowed, askAgainAt) = shift.processor.engine.beginErrand(errand.key, at: now())
            if !isAllowed {
                rest.append(errand)
                shift.askErrandsAt = [shift.askErrandsAt, askAgainAt].compactMap(\.self).min()
            } else if errand.grant() {
                shift.underWay += 1
            } else {
                shift.processor.engine.endErrand(errand.key, at: now())
            }
        }
        shift.errands = rest
    }

    func endErrands(_ keys: [AccessKey], _ shift: inout Shift) {
        for key in keys {
            shift.processor.engine.endErrand(key, at: now())
            shift.underWay -= 1
        }
    }

    /// The thread ends: nothing that waits for it may wait for ever.
    func refuseErrands(_ shift: Shift) {
        let posted = post { mailbox in
            mailbox.isStopping = true
            defer { mailbox.errands = [] }
            return mailbox.errands
        }
        for errand in shift.errands + posted { errand.refuse() }
    }
}
