import BridgeCore
import JSON
import Storage

/// What operators change.
extension AdminEndpoints {
    func retry(_ ids: [DeliveryID], _ request: Request, _ answer: @escaping Answer) {
        sources.operate(Operation(.retry(ids), by: request.caller.name)) { result in
            answer(Self.response(to: result, status: 202, "retried"))
        }
    }

    /// Everything that matches now, page after page; a filter without a state means what waits and
    /// what was given up, not what is held or skipped.
    func retryMany(_ request: Request, _ answer: @escaping Answer) throws {
        let query = try AdminQuery(
            request.body.isEmpty ? [:] : try body(of: request),
            knows: DeliveryFilter.names
        )
        var filter = try DeliveryFilter(query, at: sources.ports.now())
        if filter.states.isEmpty { filter.states = ["waiting", "overdue", "dead"] }
        try retry(filter, before: nil, retried: 0, request, answer)
    }

    private func retry(
        _ filter: DeliveryFilter,
        before: DeliveryID?,
        retried: Int,
        _ request: Request,
        _ answer: @escaping Answer
    ) throws {
        let page = try sources.store.deliveries(filter, before: before, limit: Self.pageSize)
        guard let last = page.last else {
            return answer(Self.response(to: .done(retried), status: 202, "retried"))
        }
        let operation = Operation(.retry(page.map(\.id)), by: request.caller.name)
        sources.operate(operation) { result in
            let count: Int
            switch result {
            case .done(let done): count = retried + done
            case .refused(.unavailable):
                return answer(Self.response(to: result, status: 202, "retried"))
            // The only one of its page changed meanwhile.
            case .refused: count = retried
            }
            later(answer) {
                try retry(filter, before: last.id, retried: count, request, answer)
            }
        }
    }

    func discard(_ id: DeliveryID, _ request: Request, _ answer: @escaping Answer) throws {
        let query = try AdminQuery(try body(of: request), knows: ["reason"])
        let reason = try query.text("reason")?.filter { !$0.isNewline } ?? ""
        guard !reason.allSatisfy(\.isWhitespace) else {
            throw Refusal.badRequest("Say why: { \"reason\": \"…\" }.")
        }
        guard reason.utf8.count <= Self.reasonBytesMax else {
            throw Refusal.badRequest("A reason has at most \(Self.reasonBytesMax) bytes.")
        }
        let operation = Operation(.discard(id, reason: reason), by: request.caller.name)
        sources.operate(operation) { result in
            answer(Self.response(to: result, status: 200, "discarded"))
        }
    }

    func link(_ request: Request, _ answer: @escaping Answer) throws {
        let query = try AdminQuery(try body(of: request), knows: ["old", "new", "integration"])
        let integrations = sources.integrations()
        let name = try query.integration()
        guard name != nil || integrations.count == 1 else {
            throw Refusal.badRequest("Name the \"integration\".")
        }
        let found = integrations.first { name == nil || $0.name == name }
        guard let integration = found else { return answer(.noSuchIntegration) }
        func key(_ name: String) throws(Refusal) -> SubjectKey {
            let text = try query.text(name) ?? ""
            guard text.utf8.count <= Self.keyBytesMax,
                let key = integration.settings.subjectKey.key(from: text)
            else { throw .badRequest("\"\(name)\" is a key of at most \(Self.keyBytesMax) bytes.") }
            return key
        }
        let operation = Operation(
            .link(old: try key("old"), new: try key("new"), integration.name),
            by: request.caller.name
        )
        sources.operate(operation) { result in
            answer(Self.response(to: result, status: 200, "linked"))
        }
    }

    static func response(
        to result: OperationResult,
        status: Int,
        _ name: String
    ) -> OutboundResponse {
        switch result {
        case .done(let count):
            let member = JSONObject.Member(name: name, value: .number(JSONNumber(count)))
            return .json(status, .object(JSONObject(uniqueMembers: [member])))
        case .refused(.unknownDelivery): return .noSuchDelivery
        case .refused(.unknownSubject):
            return .problem(404, "Not Found", "Neither key is known in this integration.")
        case .refused(.unavailable):
            return .problem(503, "Service Unavailable", "The bridge is stopping; try again.")
        case .refused(let refusal): return .problem(409, "Conflict", refusal.text)
        }
    }

    /// A batch that the loop takes in one turn.
    private static let pageSize = 200
    /// A sentence or two.
    private static let reasonBytesMax = 1000
}

extension OperationResult.Refusal {
    fileprivate var text: String {
        switch self {
        case .unknownDelivery, .unknownSubject, .unavailable: "Not possible now."
        case .wrongState(let state): "The delivery is \(state); there is nothing to do for it."
        case .inFlight: "The delivery is in flight; look again in a moment."
        case .unknownIntegration: "Its integration is no longer configured."
        case .sameKey: "Both keys are the same person already."
        case .obstacle(.busy):
            "A call or a check for this person is under way; try again in a moment."
        case .obstacle(.heldGrant):
            "A grant of this person is held; release or discard it first."
        }
    }
}
