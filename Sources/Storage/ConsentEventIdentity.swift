/// How an inbox entry is found by the consent event that it was about.
package enum ConsentEventIdentity {
    /// What the sender's identity of such a webhook begins with, the creation first
    /// (`BridgeCore/SenderIdentity.swift`).
    package static func prefixes(of eventID: String) -> [String] {
        ["event.created", "event.updated"].map { "didomi:\($0):\(eventID):" }
    }
}
