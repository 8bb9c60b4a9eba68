package import BridgeCore
import HTTPTypes
import JSON
package import Logging
import ServiceLifecycle

/// Judges about every 15 s what is wrong, and posts what begins and ends to one address.
///
/// It only looks: nothing waits for it, and it waits for nobody longer than the sender's time limit.
package struct AlertService: Service {
    package struct Settings: Sendable {
        /// Where the messages go; nil: nobody is told, and nothing is judged.
        package var url: String?
        /// How long a withdrawal may wait.
        package var withdrawalAfter: Interval

        package init(url: String? = nil, withdrawalAfter: Interval = .seconds(300)) {
            self.url = url
            self.withdrawalAfter = withdrawalAfter
        }
    }

    /// What it needs of the world around it.
    package struct Ports: Sendable {
        package var settings: @Sendable () -> Settings
        package var conditions: @Sendable () async -> AlertConditions
        /// Sends a request, within a time limit; the answer's status, or nil without one.
        package var send: @Sendable (PlatformRequest) async -> Int?
        package var now: @Sendable () -> Timestamp
        /// The machine, so that messages of several bridges are told apart.
        package var host: String

        package init(
            settings: @escaping @Sendable () -> Settings,
            conditions: @escaping @Sendable () async -> AlertConditions,
            send: @escaping @Sendable (PlatformRequest) async -> Int?,
            now: @escaping @Sendable () -> Timestamp,
            host: String
        ) {
            self.settings = settings
            self.conditions = conditions
            self.send = send
            self.now = now
            self.host = host
        }
    }

    private let ports: Ports
    private let logger: Logger

    package init(ports: Ports, logger: Logger) {
        self.ports = ports
        self.logger = logger
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            var (book, queue) = (AlertBook(), NoticeQueue())
            repeat {
                await look(&book, &queue)
            } while (try? await Task.sleep(for: Self.pause)) != nil
        }
    }

    private func look(_ book: inout AlertBook, _ queue: inout NoticeQueue) async {
        let settings = ports.settings()
        guard let url = settings.url else {
            (book, queue) = (AlertBook(), NoticeQueue())
            return
        }
        let conditions = await ports.conditions()
        let now = ports.now()
        let alerts = conditions.alerts(at: now, withdrawalAfter: settings.withdrawalAfter)
        queue.append(book.take(alerts, unjudged: conditions.unjudged, at: now))
        while let notice = queue.next(at: ports.now()), !Task.isCancelled {
            let status = await ports.send(notice.request(to: url, from: ports.host))
            if let status, 200..<300 ~= status {
                queue.succeed()
            } else if queue.fail(at: ports.now()) {
                logger.warning(
                    "alerts cannot be posted to alerts.webhook_url; trying again",
                    metadata: [
                        "status": "\(status ?? 0)", "waiting": "\(queue.notices.count)",
                        "alert": "\(notice.alert.name.kind.rawValue)",
                    ]
                )
            }
        }
    }

    private static let pause = Duration.seconds(15)
}

extension AlertNotice {
    func request(to url: String, from host: String) -> PlatformRequest {
        PlatformRequest(
            method: .post,
            url: url,
            headers: [.contentType: "application/json"],
            body: body(from: host).serialized()
        )
    }

    /// The message; `text` alone is what chats show.
    func body(from host: String) -> JSONValue {
        let kind = alert.name.kind
        return [
            "status": .string(status.rawValue), "alert": .string(kind.rawValue),
            "severity": .string(kind.severity.rawValue),
            "about": alert.name.about.map(JSONValue.string) ?? .null,
            "summary": .string(alert.summary), "action": .string(kind.action),
            "runbook": .string(kind.runbook), "since": .string(since.iso8601),
            "at": .string(at.iso8601), "host": .string(host), "text": .string(text(host)),
        ]
    }

    private func text(_ host: String) -> String {
        let kind = alert.name.kind
        return switch status {
        case .firing:
            "Consent Bridge on \(host), \(kind.severity.rawValue): \(alert.summary) "
                + "\(kind.action) See \(kind.runbook)."
        case .resolved:
            "Consent Bridge on \(host), over after \((at - since).forPeople): \(alert.summary)"
        }
    }
}
