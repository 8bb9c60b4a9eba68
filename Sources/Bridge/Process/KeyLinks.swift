import BridgeCore
import Storage

/// The keys that operators joined: what comes under an old key counts for the new one.
struct KeyLinks {
    private var newKeys: [IntegrationName: [SubjectKey: SubjectKey]] = [:]

    init() {}

    init(_ links: [KeyLink]) {
        for link in links { insert(link) }
    }

    mutating func insert(_ link: KeyLink) {
        newKeys[link.integration, default: [:]][link.new] = nil
        newKeys[link.integration, default: [:]][link.old] = link.new
    }

    /// What makes two keys one person: whoever stands for the old one comes under whoever stands for
    /// the new one; nil: they are the same person already.
    ///
    /// Back to an older key is possible: the new key then stands for the person again.
    func link(
        _ old: SubjectKey,
        to new: SubjectKey,
        in integration: IntegrationName
    ) -> KeyLink? {
        let former = resolve(old, in: integration)
        var current = resolve(new, in: integration)
        if former == current, former == old { current = new }
        guard former != current else { return nil }
        return KeyLink(integration: integration, old: former, new: current)
    }

    /// The key that stands for this one; itself, if it was never joined with another.
    func resolve(_ key: SubjectKey, in integration: IntegrationName) -> SubjectKey {
        guard let links = newKeys[integration] else { return key }
        var found = key
        // A chain has no circle, since the newest key has no link; the bound is for damaged rows.
        for _ in 0..<links.count {
            guard let next = links[found] else { break }
            found = next
        }
        return found
    }

    /// The keys for which this one stands, in their order.
    func formerKeys(of key: SubjectKey, in integration: IntegrationName) -> [SubjectKey] {
        (newKeys[integration] ?? [:]).keys
            .filter { resolve($0, in: integration) == key }.sorted { $0.text < $1.text }
    }
}
