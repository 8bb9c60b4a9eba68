import CurlHTTPClient
import HTTPTypes
import JSON
import Logging
import Synchronization

/// Sends one platform's webhooks to the bridge, those of one person one after the other.
///
/// Didomi tries at least five times in five minutes (`didomi.md`, section 1); Actito's schedule is
/// not documented, so it does the same here. After that a webhook is lost.
final class WebhookSender: Sendable {
    /// The pauses before the second to the fifth try, before scaling.
    static let pausesMilliseconds = [10_000, 30_000, 80_000, 180_000]

    private struct State {
        var bridgeURL: String?
        var waiting: [String: [OutgoingWebhook]] = [:]
    }

    private let state: Mutex<State>
    private let path: String
    private let headers: HTTPFields
    private let timeoutMilliseconds: Int
    private let retryScale: Double
    private let client: HTTPClient
    private let runner: JobRunner
    private let logger: Logger

    init(
        path: String,
        configuration: SandboxConfiguration,
        client: HTTPClient,
        runner: JobRunner,
        logger: Logger
    ) {
        state = Mutex(State(bridgeURL: configuration.bridgeURL))
        self.path = path
        var headers = HTTPFields()
        headers[.contentType] = "application/json"
        if let (name, value) = configuration.webhookHeader, let field = HTTPField.Name(name) {
            headers[field] = value
        }
        self.headers = headers
        timeoutMilliseconds = configuration.webhookTimeoutMilliseconds
        retryScale = configuration.webhookRetryScale
        self.client = client
        self.runner = runner
        self.logger = logger
    }

    /// Sends to this bridge from now on.
    func setBridge(url: String) {
        state.withLock { $0.bridgeURL = url }
    }

    /// Queues webhooks in their order; without a bridge they are lost.
    func send(_ webhooks: [OutgoingWebhook]) {
        let idle = state.withLock { state in
            var idle: [String] = []
            guard state.bridgeURL != nil else { return idle }
            for webhook in webhooks {
                if state.waiting[webhook.person] == nil { idle.append(webhook.person) }
                state.waiting[webhook.person, default: []].append(webhook)
            }
            return idle
        }
        for person in idle {
            runner.submit { [self] in await drain(person) }
        }
    }

    /// Sends one webhook later, whatever its person's other webhooks do.
    func send(_ webhook: OutgoingWebhook, after pauseMilliseconds: Int) {
        runner.submit { [self] in
            do { try await Task.sleep(for: .milliseconds(pauseMilliseconds)) } catch { return }
            await deliver(webhook)
        }
    }

    private func drain(_ person: String) async {
        while let webhook = first(of: person) {
            await deliver(webhook)
            state.withLock { _ = $0.waiting[person]?.removeFirst() }
        }
    }

    private func first(of person: String) -> OutgoingWebhook? {
        state.withLock { state in
            let first = state.waiting[person]?.first
            if first == nil { state.waiting[person] = nil }
            return first
        }
    }

    private func deliver(_ webhook: OutgoingWebhook) async {
        let body = webhook.body.serialized()
        for attempt in 0...Self.pausesMilliseconds.count {
            if attempt > 0 {
                let pause = Double(Self.pausesMilliseconds[attempt - 1]) * retryScale
                do { try await Task.sleep(for: .milliseconds(pause)) } catch { return }
            }
            guard let bridgeURL = state.withLock({ $0.bridgeURL }) else { return }
            let request = ClientRequest(
                method: "POST",
                url: bridgeURL + path,
                headers: headers,
                body: body,
                timeoutMilliseconds: timeoutMilliseconds
            )
            do throws(ClientError) {
                let response = try await client.send(request)
                if 200..<300 ~= response.status { return }
                log("webhook refused", attempt: attempt + 1, reason: "\(response.status)")
            } catch .cancelled {
                return
            } catch {
                log("webhook failed", attempt: attempt + 1, reason: error.metricLabel)
            }
        }
        log("webhook lost", attempt: Self.pausesMilliseconds.count + 1, reason: "no more tries")
    }

    private func log(_ message: Logger.Message, attempt: Int, reason: String) {
        logger.warning(
            message,
            metadata: ["path": "\(path)", "attempt": "\(attempt)", "reason": "\(reason)"]
        )
    }
}
