import FoundationEssentials
import HTTPTypes
import JSON
import Logging
import MicroHTTPServer
import Synchronization

/// Serves one platform over HTTP, with its faults, its record of calls and its webhooks.
///
/// The shell around the pure ``SimulatedPlatform``: clock, randomness and lock are here.
final class PlatformServer<Platform: SimulatedPlatform>: Sendable {
    private struct State {
        var platform: Platform
        var chance: Chance
        var faults = FaultList()
        var calls = CallLog()
        var meter: CallMeter
        /// How many calls the fault `throttle` has slowed down so far.
        var throttledCount = 0
        /// Calls that are never answered; kept, because a dropped responder answers 500.
        var unanswered: [ServerResponder] = []
    }

    /// How many unanswered calls are kept; beyond, the oldest one gets 500.
    private static var unansweredCountMax: Int { 512 }

    private let state: Mutex<State>
    private let server = Mutex<HTTPServer?>(nil)
    private let configuration: ServerConfiguration
    private let sender: WebhookSender
    private let runner: JobRunner
    private let logger: Logger

    init(
        _ platform: Platform,
        on configuration: ServerConfiguration,
        sender: WebhookSender,
        runner: JobRunner,
        logger: Logger
    ) {
        var generator = SystemRandomNumberGenerator()
        state = Mutex(
            State(
                platform: platform,
                chance: Chance(seed: generator.next()),
                meter: CallMeter(platform.limits)
            )
        )
        self.configuration = configuration
        self.sender = sender
        self.runner = runner
        self.logger = logger
    }

    /// Begins to listen and returns the port.
    func start() throws(ServerError) -> UInt16 {
        let server = HTTPServer(configuration: configuration, logger: logger) {
            [self] request, responder in
            handle(request, responder)
        }
        let port = try server.start()
        self.server.withLock { $0 = server }
        return port
    }

    /// Stops listening; calls that a fault left unanswered end now.
    func stop() async {
        let held = state.withLock { state in
            defer { state.unanswered = [] }
            return state.unanswered
        }
        for responder in held { responder.respond(ServerResponse(status: 503)) }
        let running = server.withLock { server in
            defer { server = nil }
            return server
        }
        await running?.stop(graceMilliseconds: 1_000)
    }

    /// Sends webhooks to this bridge from now on.
    func setBridge(url: String) { sender.setBridge(url: url) }

    /// A person chooses by hand on this platform.
    func act(_ act: PersonalAct) throws(Refusal) {
        try state.withLock { (state) throws(Refusal) in
            let webhooks = try state.platform.act(act, at: Self.now, by: &state.chance)
            send(webhooks, &state)
        }
    }

    /// Adds a fault.
    func add(_ fault: SandboxFault) { state.withLock { $0.faults.add(fault) } }

    /// Ends all faults; calls that were left unanswered stay so.
    func clearFaults() { state.withLock { $0.faults.clear() } }

    /// Makes every access token that was given out an expired one.
    func expireTokens() { state.withLock { $0.platform.expireTokens() } }

    /// Everyone that the platform knows.
    var people: JSONValue { state.withLock { $0.platform.people } }

    /// The API calls so far.
    var calls: JSONValue { state.withLock { $0.calls.json } }

    private static var now: Moment {
        Moment(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000))
    }

    private func handle(_ request: ServerRequest, _ responder: ServerResponder) {
        if request.path.hasPrefix("/sandbox/") {
            responder.respond(SandboxControl(self).answer(request))
        } else {
            call(request, responder)
        }
    }

    /// What becomes of a call once the platform has seen it.
    private enum Course {
        case answered(ServerResponse)
        case answeredLater(ServerResponse, milliseconds: Int)
        case unanswered
    }

    /// One API call: the limits, then the oldest fault of each kind, then the platform.
    private func call(_ request: ServerRequest, _ responder: ServerResponder) {
        let course = state.withLock { state -> Course in
            guard let pause = state.meter.begin(at: Self.now) else {
                let refusal = Refusal(.tooManyRequests, "Too many concurrent requests")
                return .answered(answer(request, refusing: refusal, &state))
            }
            let (refusal, slowdown) = throttle(&state)
            let response = answer(request, refusing: refusal, &state)
            if state.faults.take(.dropAnswer) != nil {
                if state.unanswered.count >= Self.unansweredCountMax {
                    state.unanswered.removeFirst()
                }
                state.unanswered.append(responder)
                state.meter.end()
                return .unanswered
            }
            let whole = pause + slowdown + (state.faults.take(.delay)?.milliseconds ?? 0)
            if whole > 0 { return .answeredLater(response, milliseconds: whole) }
            state.meter.end()
            return .answered(response)
        }
        switch course {
        case .unanswered: break
        case .answered(let response): responder.respond(response)
        case .answeredLater(let response, let pause):
            runner.submit { [self] in
                // Cancelled means that the sandbox stops, so the answer goes out early.
                try? await Task.sleep(for: .milliseconds(pause))
                state.withLock { $0.meter.end() }
                responder.respond(response)
            }
        }
    }

    /// The fault `throttle`: what the platform does to calls beyond its limit, to each call.
    private func throttle(_ state: inout State) -> (refusal: Refusal?, milliseconds: Int) {
        guard let fault = state.faults.take(.throttle) else { return (nil, 0) }
        if let refusal = state.platform.refusalWhenThrottled { return (refusal, 0) }
        state.throttledCount += 1
        return (nil, min(600_000, state.throttledCount * fault.milliseconds))
    }

    private func answer(
        _ request: ServerRequest,
        refusing refusal: Refusal?,
        _ state: inout State
    ) -> ServerResponse {
        let now = Self.now
        var answer: PlatformAnswer
        var asksForToken = false
        do throws(Refusal) {
            let call = try PlatformRequest(
                method: HTTPRequest.Method(request.method) ?? .trace,
                path: request.path,
                query: request.query,
                headers: request.headers,
                body: request.body
            )
            asksForToken = state.platform.asksForToken(call)
            if let refusal { throw refusal }
            if let fault = state.faults.take(.status) {
                throw Refusal(HTTPResponse.Status(code: fault.status), "Sandbox fault")
            }
            if let fault = state.faults.take(.echo) {
                throw Refusal(HTTPResponse.Status(code: fault.status), request.echo)
            }
            if let fault = state.faults.take(.lateEffect) {
                takeEffect(call, after: fault.milliseconds)
                throw Refusal(HTTPResponse.Status(code: fault.status), "Sandbox fault")
            }
            answer = state.platform.answer(call, at: now, by: &state.chance)
        } catch {
            answer = PlatformAnswer(response: state.platform.response(to: error))
        }
        state.calls.add(
            RecordedCall(
                at: now,
                method: request.method,
                target: request.query.isEmpty ? request.path : "\(request.path)?\(request.query)",
                body: request.body,
                requestID: HTTPField.Name("X-Request-Id").flatMap { request.headers[$0] },
                traceparent: request.headers[.traceparent],
                status: answer.response.status.code,
                asksForToken: asksForToken
            )
        )
        var response = ServerResponse(answer.response)
        if let fault = state.faults.take(.wrongDate) {
            response.headers[.date] = (now + Int64(fault.milliseconds)).httpDate
        }
        // Queued under the lock, so that webhooks keep the order of what they tell.
        send(answer.webhooks, &state)
        return response
    }

    private func takeEffect(_ call: PlatformRequest, after pause: Int) {
        runner.submit { [self] in
            do { try await Task.sleep(for: .milliseconds(pause)) } catch { return }
            state.withLock { state in
                let answer = state.platform.answer(call, at: Self.now, by: &state.chance)
                send(answer.webhooks, &state)
            }
        }
    }

    private func send(_ webhooks: [OutgoingWebhook], _ state: inout State) {
        for webhook in webhooks {
            if state.faults.take(.webhooksOff) != nil { continue }
            if let fault = state.faults.take(.reorder) {
                sender.send(webhook, after: fault.milliseconds)
                continue
            }
            let isTwice = state.faults.take(.duplicate) != nil
            sender.send(isTwice ? [webhook, webhook] : [webhook])
        }
    }
}

extension ServerRequest {
    /// Everything in it that should not get into another's log.
    fileprivate var echo: String {
        let token = headers[.authorization] ?? ""
        return "cannot do \(path)?\(query) \(token) \(String(decoding: body, as: UTF8.self))"
    }
}

extension ServerResponse {
    /// A platform's response as bytes.
    init(_ response: PlatformResponse, type: String = "application/json; charset=utf-8") {
        var headers = response.headers
        if response.body != nil { headers[.contentType] = type }
        self.init(
            status: response.status.code,
            headers: headers,
            body: response.body?.serialized() ?? []
        )
    }
}
