/// What a mapping writes at Actito: a subscription, or an attribute that holds a yes or no.
package enum MappingTarget: Hashable, Sendable {
    /// By its technical name, case-sensitive.
    case subscription(String)
    /// Such as `marketingConsent`.
    case attribute(String)

    /// The technical name at Actito.
    package var name: String {
        switch self {
        case .subscription(let name), .attribute(let name): name
        }
    }

    /// `subscription:Newsletter`, `attribute:marketingConsent`.
    package var text: String {
        switch self {
        case .subscription(let name): "subscription:\(name)"
        case .attribute(let name): "attribute:\(name)"
        }
    }

    /// Reads what ``text`` wrote.
    package init?(text: String) {
        if let name = text.removingPrefix("subscription:") {
            self = .subscription(name)
        } else if let name = text.removingPrefix("attribute:") {
            self = .attribute(name)
        } else {
            return nil
        }
    }
}
