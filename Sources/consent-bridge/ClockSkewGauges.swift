import Bridge
import BridgeCore

extension ClockSkews {
    /// One gauge for each platform that has told its time.
    var gauges: [(name: String, labels: [(String, String)], value: Double)] {
        current.map { platform, skew in
            (
                "consent_bridge_clock_skew_seconds", [("platform", platform.rawValue)],
                skew.seconds
            )
        }
    }
}
