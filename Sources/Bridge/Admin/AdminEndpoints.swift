package import BridgeCore
import Dispatch
import HTTPTypes
package import JSON
package import Storage

/// The admin API: `/api/v1/…` (`interface.md` section 4, `Sources/AdminDescription/openapi.json`).
///
/// It reads the storage on a queue of its own, so that a list never makes a webhook wait; what
/// changes something is handed to the loop.
package struct AdminEndpoints: Sendable {
    package typealias Answer = @Sendable (OutboundResponse) -> Void

    /// What it stands on: a bridge that runs, or the storage alone.
    package struct Sources: Sendable {
        package var store: any Store
        package var integrations: @Sendable () -> [Integration]
        package var platforms: @Sendable () -> [PlatformName: PlatformCondition]
        /// `pass`, `warn` or `fail`.
        package var health: @Sendable () -> String
        package var operate: @Sendable (Operation, @escaping BridgeLoop.OperationCompletion) -> Void
        /// The findings of the drift watch.
        package var drift: @Sendable () -> [JSONValue]
        package var ports: Ports
        package var version: String
        /// When the process started; nil: no bridge runs.
        package var startedAt: Timestamp?

        package init(
            store: any Store,
            version: String,
            ports: Ports,
            integrations: @escaping @Sendable () -> [Integration]
        ) {
            self.store = store
            self.version = version
            self.ports = ports
            self.integrations = integrations
            platforms = { [:] }
            health = { "fail" }
            operate = { _, completion in completion(.refused(.unavailable)) }
            drift = { [] }
        }
    }

    /// A request whose caller is known.
    package struct Request: Sendable {
        package var method: String
        /// What follows `/api/v1`, decoded.
        package var segments: [String]
        package var query: String
        package var body: [UInt8]
        package var caller: AdminAccess.Caller

        package init(
            method: String,
            segments: [String],
            query: String = "",
            body: [UInt8] = [],
            caller: AdminAccess.Caller
        ) {
            self.method = method
            self.segments = segments
            self.query = query
            self.body = body
            self.caller = caller
        }

        var disclosure: Disclosure { Disclosure(masks: caller.role == .viewer) }
    }

    let sources: Sources
    /// The JSON text of the API's description.
    let description: [UInt8]
    private let queue = DispatchQueue(label: "admin")
    private let stream: StatusStream

    package init(_ sources: Sources, description: [UInt8]) {
        self.sources = sources
        self.description = description
        stream = StatusStream(on: queue) { try? sources.status() }
    }

    /// Answers a request under `/api`, later and on another thread.
    func handle(
        _ request: InboundRequest,
        segments: [String],
        access: AdminAccess,
        answer: @escaping Answer
    ) {
        let caller: AdminAccess.Caller
        switch access.caller(of: request) {
        case .success(let known): caller = known
        case .failure(let refusal): return answer(refusal.response)
        }
        if segments == ["api", "openapi.json"] {
            guard request.method == "GET" else { return answer(.methodNotAllowed("GET")) }
            return answer(
                OutboundResponse(
                    status: 200,
                    headers: [.contentType: "application/json"],
                    body: description
                )
            )
        }
        guard segments.count > 2, segments[1] == "v1" else { return answer(.notFound) }
        handle(
            Request(
                method: request.method,
                segments: Array(segments.dropFirst(2)),
                query: request.query,
                body: request.body,
                caller: caller
            ),
            answer: answer
        )
    }

    package func handle(_ request: Request, answer: @escaping Answer) {
        later(answer) { try respond(to: request, answer) }
    }

    /// Does something on the API's queue; what it throws is answered.
    func later(_ answer: @escaping Answer, _ work: @escaping @Sendable () throws -> Void) {
        queue.async {
            do {
                try work()
            } catch let refusal as Refusal {
                answer(refusal.response)
            } catch {
                answer(.storageUnreadable)
            }
        }
    }

    private func respond(to request: Request, _ answer: @escaping Answer) throws {
        guard let route = Route(request.segments) else { return answer(.notFound) }
        guard request.method == route.method else {
            return answer(.methodNotAllowed(route.method))
        }
        if route.changes, request.caller.role != .operator { return answer(.onlyForOperators) }
        switch route {
        case .status: answer(.json(200, try sources.status()))
        case .stream: answer(followStatus())
        case .inbox: answer(.json(200, try inbox(request)))
        case .inboxEntry(let id): answer(try inboxEntry(id, request))
        case .deliveries: answer(.json(200, try deliveries(request)))
        case .delivery(let id): answer(try delivery(id, request))
        case .subject(let key): answer(.json(200, try subjects(key, request)))
        case .searchSubjects: answer(.json(200, try searchSubjects(request)))
        case .preview: answer(try preview(request))
        case .drift: answer(.json(200, ["items": .array(sources.drift())]))
        case .actions: answer(.json(200, try actions(request)))
        case .retry(let id): retry([id], request, answer)
        case .retryMany: try retryMany(request, answer)
        case .discard(let id): try discard(id, request, answer)
        case .link: try link(request, answer)
        }
    }

    private func followStatus() -> OutboundResponse {
        guard !stream.isFull else {
            return .problem(503, "Service Unavailable", "Too many programs follow the status.")
        }
        var response = OutboundResponse(
            status: 200,
            headers: [.contentType: "text/event-stream", .cacheControl: "no-store"]
        )
        response.follow = { [queue, stream] send in queue.async { stream.add(send) } }
        return response
    }
}

extension AdminEndpoints.Sources {
    func status() throws(StoreError) -> JSONValue {
        let now = ports.now()
        let integrations = integrations()
        var platforms = platforms()
        // Before the first call, and while no bridge runs, the configuration says what is allowed.
        for name in PlatformName.allCases where platforms[name] == nil {
            platforms[name] = PlatformCondition(of: name, integrations)
        }
        return StatusReport(
            health: health(),
            version: version,
            uptime: startedAt.map { now - $0 },
            counts: try store.counts(),
            platforms: platforms,
            drift: drift(),
            now: now
        ).json
    }
}

extension AdminEndpoints {
    /// What a path means.
    enum Route {
        case status
        case stream
        case inbox
        case inboxEntry(InboxID)
        case deliveries
        case delivery(DeliveryID)
        case retryMany
        case retry(DeliveryID)
        case discard(DeliveryID)
        case subject(String)
        case searchSubjects
        case link
        case preview
        case drift
        case actions

        /// Nil: there is nothing at the path.
        init?(_ segments: [String]) {
            let number = segments.count > 1 ? segments[1].plainNumber : nil
            switch (segments.first, segments.count) {
            case ("status", 1): self = .status
            case ("stream", 1): self = .stream
            case ("inbox", 1): self = .inbox
            case ("deliveries", 1): self = .deliveries
            case ("deliveries", 2) where segments[1] == "retry": self = .retryMany
            case ("subjects", 2) where segments[1] == "search": self = .searchSubjects
            case ("subjects", 2) where segments[1] == "link": self = .link
            case ("subjects", 2) where !segments[1].isEmpty: self = .subject(segments[1])
            case ("preview", 1): self = .preview
            case ("drift", 1): self = .drift
            case ("actions", 1): self = .actions
            default:
                guard let number, number > 0 else { return nil }
                switch (segments[0], segments.dropFirst(2)) {
                case ("inbox", []): self = .inboxEntry(InboxID(number))
                case ("deliveries", []): self = .delivery(DeliveryID(number))
                case ("deliveries", ["retry"]): self = .retry(DeliveryID(number))
                case ("deliveries", ["discard"]): self = .discard(DeliveryID(number))
                default: return nil
                }
            }
        }

        var method: String {
            switch self {
            case .status, .stream, .inbox, .inboxEntry, .deliveries, .delivery, .subject, .drift,
                .actions:
                "GET"
            case .retryMany, .retry, .discard, .searchSubjects, .link, .preview: "POST"
            }
        }

        /// Only for operators.
        var changes: Bool {
            switch self {
            case .retryMany, .retry, .discard, .link: true
            case .status, .stream, .inbox, .inboxEntry, .deliveries, .delivery, .subject,
                .searchSubjects, .preview, .drift, .actions:
                false
            }
        }
    }
}

extension OutboundResponse {
    fileprivate static var storageUnreadable: Self {
        .problem(
            503,
            "Service Unavailable",
            "The storage cannot be read now; try again.",
            headers: [.retryAfter: "5"]
        )
    }
}
