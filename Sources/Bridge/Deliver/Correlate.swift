import BridgeCore
import HTTPTypes
import Storage

/// A request that a turn makes, before it has its ids.
struct RequestDraft {
    var purpose: Processor.Send.Purpose
    var request: PlatformRequest
    /// What it is for; nil: a preparation.
    var delivery: OpenDelivery?
}

/// A request on its way, for the record of its attempt and for its log line.
struct Attempt {
    var request: PlatformRequest
    var sentAt: Timestamp
    var correlation: Correlation

    /// How it ended.
    struct Ending {
        var verdict: Verdict
        /// The platform's HTTP status; nil: no answer came.
        var status: Int?
        var at: Timestamp

        init(_ result: TransportResult, _ verdict: Verdict, at now: Timestamp) {
            if case .reply(let reply) = result { status = reply.status }
            self.verdict = verdict
            at = now
        }
    }
}

extension Processor {
    /// Gives the turn's requests the ids by which they are found, here and at the platform: those
    /// of the newest webhook that a call rests on, else a request id of our own.
    ///
    /// In a trace each attempt is a place of its own.
    func correlate(_ work: inout Work) throws(StoreError) {
        let unknown = work.drafts.compactMap { $0.delivery?.evidence.max() }
            .filter { work.correlations[$0] == nil }
        if !unknown.isEmpty {
            work.correlations.merge(try store.correlations(of: unknown)) { $1 }
        }
        for draft in work.drafts {
            let webhook = draft.delivery?.evidence.max().flatMap { work.correlations[$0] }
            let correlation = Correlation(
                requestID: webhook?.requestID ?? requestIDs.next(),
                trace: webhook?.trace?.child(using: &randomness)
            )
            let attempt = Attempt(
                request: draft.request,
                sentAt: work.now,
                correlation: correlation
            )
            switch draft.purpose {
            case .call(_, let id):
                guard let delivery = draft.delivery else { continue }
                inFlight[id] = (delivery, attempt)
            case .preparation(let key): preparing[key] = attempt
            }
            work.sends.append(
                Send(purpose: draft.purpose, request: draft.request, correlation: correlation)
            )
        }
        work.drafts = []
    }
}

extension PlatformRequest {
    /// The request as it is sent: with the ids of the webhook that it comes of.
    func carrying(_ correlation: Correlation) -> PlatformRequest {
        var request = self
        request.headers[.requestID] = correlation.requestID.text
        if let trace = correlation.trace { request.headers[.traceparent] = trace.text }
        return request
    }
}
