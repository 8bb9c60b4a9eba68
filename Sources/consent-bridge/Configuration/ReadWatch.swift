import Bridge
import BridgeCore
import JSON

extension ConfigurationReader {
    /// `drift`: how often the platforms' schema is compared with the mappings.
    func drift(_ node: JSONNode?, _ configuration: inout Configuration) {
        check(node, knows: ["interval_minutes"])
        if let minutes = integer(node, "interval_minutes", in: 0...Self.minutesMax) {
            configuration.driftInterval = minutes == 0 ? nil : .seconds(Double(minutes) * 60)
        }
    }

    /// `alerts`: whom to tell what is wrong.
    func alerts(_ node: JSONNode?, _ configuration: inout Configuration) {
        check(node, knows: ["webhook_url", "withdrawal_after_seconds"])
        if let seconds = number(node, "withdrawal_after_seconds", in: 0...Self.dayInSeconds) {
            configuration.alerts.withdrawalAfter = .seconds(seconds)
        }
        // Whoever has the address of a chat can write there, so it may be kept like a secret.
        guard let member = node?["webhook_url"], !member.value.isNull,
            let text = secret(member, "webhook_url")
        else { return }
        configuration.alerts.url = address(
            text,
            of: member,
            "webhook_url",
            AddressForm(mayHaveQuery: true)
        )
    }

    /// A week.
    private static let minutesMax = 10_080
}
