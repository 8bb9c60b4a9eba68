import Bridge
import BridgeCore
import CurlHTTPClient
import Glibc
import HTTPTypes
import Logging

extension AlertService {
    init(_ observation: Observation, _ running: Running, logger: Logger) {
        self.init(
            ports: Ports(
                settings: { running.configuration.alerts },
                conditions: observation.alertConditions,
                send: { request in await status(of: request, by: running.client) },
                now: Timestamp.now,
                host: hostName()
            ),
            logger: logger
        )
    }
}

/// The status that a request is answered with; nil: none in time.
private func status(of request: PlatformRequest, by client: HTTPClient) async -> Int? {
    let answer = try? await client.send(
        ClientRequest(
            method: request.method.rawValue,
            url: request.url,
            headers: request.headers,
            body: request.body,
            timeoutMilliseconds: alertMillisecondsMax
        )
    )
    return answer?.status
}

/// Whoever takes alerts has no reason to take longer.
private let alertMillisecondsMax = 10_000

/// What the machine calls itself.
private func hostName() -> String {
    var bytes = [CChar](repeating: 0, count: Int(HOST_NAME_MAX) + 1)
    guard gethostname(&bytes, bytes.count) == 0 else { return "unknown" }
    return String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
