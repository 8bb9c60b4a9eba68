import BridgeCore
import CurlHTTPClient
import JSON
import Logging

extension ConfigurationReader {
    /// `storage`: one SQLite file.
    func storage(_ node: JSONNode?, _ configuration: inout Configuration) {
        check(node, knows: ["url", "encryption_keys"])
        refuseLater(node, "encryption_keys", unless: [])
        guard let url = string(node, "url") else { return }
        if let path = url.removingPrefix("sqlite:") {
            configuration.storagePath = path
        } else {
            fault(node?["url"], "\"url\" is no storage", hint: "write \"sqlite:PATH\"")
        }
    }

    /// `delivery`: how a call is made and tried again.
    func delivery(_ node: JSONNode?, _ configuration: inout Configuration) {
        check(
            node,
            knows: [
                "max_attempts", "base_delay_seconds", "max_delay_seconds",
                "request_timeout_seconds", "connect_timeout_seconds", "withdrawal_share",
                "echo_window_seconds", "breaker",
            ]
        )
        retry(node, &configuration.policy.retry)
        if let share = number(node, "withdrawal_share", in: 0...1) {
            configuration.policy.withdrawalShare = share
        }
        if let milliseconds = timeout(node, "request_timeout_seconds") {
            configuration.client.requestTimeoutMilliseconds = milliseconds
        }
        if let milliseconds = timeout(node, "connect_timeout_seconds") {
            configuration.client.connectTimeoutMilliseconds = milliseconds
        }
        if let seconds = number(node, "echo_window_seconds", in: 0...Self.dayInSeconds) {
            configuration.echoWindow = .seconds(seconds)
        }
        let delayMax = configuration.policy.retry.delayMax
        breaker(node?["breaker"], &configuration.policy.breaker, delayMax: delayMax)
    }

    private func breaker(
        _ node: JSONNode?,
        _ policy: inout Breaker.Policy,
        delayMax: Interval
    ) {
        check(node, knows: ["failures", "probe_seconds"])
        if let count = integer(node, "failures") { policy.failures = count == 0 ? .max : count }
        if let seconds = number(node, "probe_seconds", in: 0...Self.dayInSeconds) {
            policy.probePause = .seconds(seconds)
        }
        // Wrong rights are looked at again as seldom as what always fails (design section 5).
        policy.configurationPause = max(delayMax, policy.probePause)
    }

    private func retry(_ node: JSONNode?, _ policy: inout RetryPolicy) {
        if let count = integer(node, "max_attempts") {
            policy.attemptsMax = count == 0 ? .max : count
        }
        if let seconds = number(node, "max_delay_seconds", in: 0...Self.dayInSeconds) {
            policy.delayMax = .seconds(seconds)
        }
        guard let seconds = number(node, "base_delay_seconds", in: 0...Self.dayInSeconds) else {
            return
        }
        policy.delayBase = .seconds(seconds)
        if policy.delayBase > policy.delayMax {
            fault(
                node?["base_delay_seconds"],
                "\"base_delay_seconds\" is more than \"max_delay_seconds\"",
                hint: "which is \(policy.delayMax.seconds)"
            )
        }
    }

    /// `brake`: how many people may gain consent through Actito within a time.
    func brake(_ node: JSONNode?, _ configuration: inout Configuration) {
        check(node, knows: ["max_people", "window_minutes"])
        if let count = integer(node, "max_people") { configuration.brake.peopleMax = count }
        if let minutes = number(node, "window_minutes", in: 0...Self.weekInMinutes) {
            configuration.brake.window = .seconds(minutes * 60)
        }
    }

    private static let weekInMinutes = 10_080.0

    /// `log`: how much and in which form.
    func log(_ node: JSONNode?, _ configuration: inout Configuration) {
        check(node, knows: ["level", "format"])
        if let level = choice(node, "level", of: Logger.Level.self) {
            configuration.logLevel = level
        }
        if let format = choice(node, "format", of: Configuration.LogFormat.self) {
            configuration.logFormat = format
        }
    }
}
