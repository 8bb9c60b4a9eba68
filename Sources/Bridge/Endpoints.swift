import BridgeCore
import HTTPTypes
import JSON

/// The route table: which path goes to which endpoint.
package struct Endpoints: Sendable {
    let receiver: Receiver
    let tokens: TokenEndpoint
    let health: HealthEndpoint
    /// Makes the text exposition when it is asked for, and never on the caller's thread.
    let metrics: MetricsText

    package typealias MetricsText =
        @Sendable (_ answer: @escaping @Sendable (String) -> Void) -> Void

    let admin: AdminEndpoints
    /// Which of them a listener serves.
    private let place: Place

    /// Where a listener stands: with `server.admin` the operators' paths have one of their own.
    package enum Place: Sendable {
        case everything
        case webhooksOnly
        case operatorsOnly
    }

    package init(
        receiver: Receiver,
        health: HealthEndpoint,
        admin: AdminEndpoints,
        at place: Place = .everything,
        metrics: @escaping MetricsText
    ) {
        self.receiver = receiver
        self.admin = admin
        self.place = place
        tokens = TokenEndpoint(gate: receiver.gate, now: receiver.loop.now)
        self.health = health
        self.metrics = metrics
    }

    /// Answers a request, at once or when its commit is done.
    ///
    /// Never blocks.
    package func handle(
        _ request: InboundRequest,
        answer: @escaping @Sendable (OutboundResponse) -> Void
    ) {
        let segments = request.path.split(separator: "/", omittingEmptySubsequences: false)
            .dropFirst().map { $0.percentDecoded }
        let isForOperators = ["api", "metrics"].contains(segments.first)
        switch place {
        case .everything: break
        case .webhooksOnly: if isForOperators { return answer(.notFound) }
        case .operatorsOnly: if !isForOperators { return answer(.notFound) }
        }
        switch segments.first {
        case "api":
            let access = receiver.gate.admission.admin
            admin.handle(request, segments: segments, access: access, answer: answer)
        case "webhooks" where (2...4).contains(segments.count):
            guard let platform = PlatformName(rawValue: segments[1]),
                segments.count < 4 || platform == .actito
            else { return answer(.notFound) }
            guard request.method == "POST" else { return answer(.methodNotAllowed("POST")) }
            let webhook = Receiver.Webhook(
                platform: platform,
                integration: segments.count > 2 ? segments[2] : nil,
                event: segments.count > 3 ? segments[3] : request.queryValue("event"),
                request: request
            )
            receiver.receive(webhook, answer: answer)
        case "oauth" where (2...3).contains(segments.count) && segments[1] == "token":
            guard request.method == "POST" else { return answer(.methodNotAllowed("POST")) }
            answer(tokens.answer(request, integration: segments.count > 2 ? segments[2] : nil))
        case "health" where segments.count <= 2:
            guard let probe = HealthEndpoint.Probe(path: segments.dropFirst().first) else {
                return answer(.notFound)
            }
            answerRead(request, answer) { health.answer(probe) }
        case "metrics" where segments.count == 1:
            guard request.isRead else { return answer(.methodNotAllowed("GET, HEAD")) }
            metrics { text in answer(.metrics(text)) }
        default:
            answer(.notFound)
        }
    }

    private func answerRead(
        _ request: InboundRequest,
        _ answer: (OutboundResponse) -> Void,
        _ make: () -> OutboundResponse
    ) {
        answer(request.isRead ? make() : .methodNotAllowed("GET, HEAD"))
    }
}

extension OutboundResponse {
    fileprivate static func metrics(_ text: String) -> Self {
        OutboundResponse(
            status: 200,
            headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
            body: Array(text.utf8)
        )
    }
}

extension InboundRequest {
    var isRead: Bool { method == "GET" || method == "HEAD" }

    func queryValue(_ name: String) -> String? {
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2, parts[0].percentDecoded == name { return parts[1].percentDecoded }
        }
        return nil
    }
}

extension Substring {
    /// The text without percent-encoding; what is not well-formed stays as it is.
    var percentDecoded: String {
        var bytes: [UInt8] = []
        var rest = utf8[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                let decoded = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(decoded)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
