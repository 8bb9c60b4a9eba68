import CurlHTTPClient
import HTTPTypes
import JSON
import Logging
import Synchronization

/// Sends one platform's webhooks, those of one person one after the other.
///
/// Didomi tries at least five times in five minutes (`didomi.md`, section 1); Actito's schedule is
/// not documented, so it does the same here. After that a webhook is lost.
final class WebhookSender: Sendable {
    /// The pauses before the second to the fifth try, before scaling.
    static let pausesMilliseconds = [10_000, 30_000, 80_000, 180_000]

    /// What goes out in order: one person's webhooks to one receiver, or one receiver's blocks.
    private struct Lane: Hashable {
        var destination: OutgoingWebhook.Destination
        var person: String?
    }

    private struct State {
        var bridgeURL: String?
        var waiting: [Lane: [OutgoingWebhook]] = [:]
    }

    private let state: Mutex<State>
    private let bridgeHeaders: HTTPFields
    private let timeoutMilliseconds: Int
    private let retryScale: Double
    private let tokens: WebhookTokens
    private let client: HTTPClient
    private let runner: JobRunner
    private let logger: Logger

    init(
        configuration: SandboxConfiguration,
        client: HTTPClient,
        runner: JobRunner,
        logger: Logger
    ) {
        state = Mutex(State(bridgeURL: configuration.bridgeURL))
        var headers = HTTPFields()
        if let (name, value) = configuration.webhookHeader, let field = HTTPField.Name(name) {
            headers[field] = value
        }
        bridgeHeaders = headers
        timeoutMilliseconds = configuration.webhookTimeoutMilliseconds
        retryScale = configuration.webhookRetryScale
        tokens = WebhookTokens(
            client: client,
            timeoutMilliseconds: configuration.webhookTimeoutMilliseconds
        )
        self.client = client
        self.runner = runner
        self.logger = logger
    }

    /// Sends to this bridge from now on.
    func setBridge(url: String) {
        state.withLock { $0.bridgeURL = url }
    }

    /// Queues webhooks in their order; those to the bridge are lost while there is none.
    func send(_ webhooks: [OutgoingWebhook]) {
        let idle = state.withLock { state in
            var idle: [Lane] = []
            for webhook in webhooks {
                if case .bridge = webhook.destination, state.bridgeURL == nil { continue }
                let lane = Lane(
                    destination: webhook.destination,
                    person: webhook.block == nil ? webhook.person : nil
                )
                if state.waiting[lane] == nil { idle.append(lane) }
                state.waiting[lane, default: []].append(webhook)
            }
            return idle
        }
        for lane in idle {
            runner.submit { [self] in await drain(lane) }
        }
    }

    /// Sends one webhook later, whatever its person's other webhooks do.
    func send(_ webhook: OutgoingWebhook, after pauseMilliseconds: Int) {
        runner.submit { [self] in
            do { try await Task.sleep(for: .milliseconds(pauseMilliseconds)) } catch { return }
            await deliver(webhook)
        }
    }

    private func drain(_ lane: Lane) async {
        while let first = first(of: lane) {
            if let block = first.block {
                let pause = block.gatheringMilliseconds
                do { try await Task.sleep(for: .milliseconds(pause)) } catch { return }
            }
            let taken = state.withLock { state in
                Array((state.waiting[lane] ?? []).prefix(first.block?.countMax ?? 1))
            }
            await deliver(Self.joined(taken, like: first))
            state.withLock { $0.waiting[lane]?.removeFirst(taken.count) }
        }
    }

    /// The next one; without any the lane is given up, under one lock, so that it has one drain.
    private func first(of lane: Lane) -> OutgoingWebhook? {
        state.withLock { state in
            let first = state.waiting[lane]?.first
            if first == nil { state.waiting[lane] = nil }
            return first
        }
    }

    /// One webhook of several, if they are sent in blocks.
    private static func joined(
        _ webhooks: [OutgoingWebhook],
        like first: OutgoingWebhook
    ) -> OutgoingWebhook {
        var joined = first
        switch first.block?.shape {
        case nil: break
        case .array: joined.body = .array(webhooks.map(\.body))
        case .data:
            var body = first.body.object ?? JSONObject()
            body["data"] = .array(webhooks.compactMap { $0.body["data"] })
            joined.body = .object(body)
        }
        return joined
    }

    private func deliver(_ webhook: OutgoingWebhook) async {
        let body = webhook.body.serialized()
        for attempt in 0...Self.pausesMilliseconds.count {
            if attempt > 0 {
                let pause = Double(Self.pausesMilliseconds[attempt - 1]) * retryScale
                do { try await Task.sleep(for: .milliseconds(pause)) } catch { return }
            }
            do {
                let status = try await post(webhook, body)
                if 200..<300 ~= status { return }
                log("webhook refused", attempt: attempt + 1, reason: "\(status)")
            } catch let fault as WebhookTokens.Fault {
                log("webhook failed", attempt: attempt + 1, reason: fault.reason)
            } catch let error as ClientError where error != .cancelled {
                log("webhook failed", attempt: attempt + 1, reason: error.metricLabel)
            } catch {
                return
            }
        }
        log("webhook lost", attempt: Self.pausesMilliseconds.count + 1, reason: "no more tries")
    }

    /// One try; after a 401 once more with a new token, if there is a token endpoint.
    private func post(_ webhook: OutgoingWebhook, _ body: [UInt8]) async throws -> Int {
        let bridgeURL = state.withLock { $0.bridgeURL }
        var request = ClientRequest(
            method: "POST",
            url: "",
            headers: webhook.headers,
            body: body,
            timeoutMilliseconds: timeoutMilliseconds
        )
        switch webhook.destination {
        case .address(let url): request.url = url
        case .bridge(let path):
            request.url = (bridgeURL ?? "") + path
            for field in bridgeHeaders { request.headers.append(field) }
        }
        request.headers[.contentType] = "application/json"
        guard let oauth = webhook.oauth else { return try await client.send(request).status }
        let token = try await tokens.token(for: oauth, bridgeURL: bridgeURL)
        request.headers[.authorization] = "Bearer \(token)"
        let status = try await client.send(request).status
        guard status == 401 else { return status }
        tokens.drop(token)
        let renewed = try await tokens.token(for: oauth, bridgeURL: bridgeURL)
        request.headers[.authorization] = "Bearer \(renewed)"
        return try await client.send(request).status
    }

    private func log(_ message: Logger.Message, attempt: Int, reason: String) {
        logger.warning(message, metadata: ["attempt": "\(attempt)", "reason": "\(reason)"])
    }
}
