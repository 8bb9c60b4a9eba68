package import BridgeCore

extension Subject {
    /// The form in which a subject is stored: `k:claire@example.com`, `p:12345`.
    package var storedText: String {
        switch self {
        case .key(let key): "k:\(key.text)"
        case .profile(let id): "p:\(id)"
        }
    }

    package init?(storedText: String) {
        if let key = storedText.removingPrefix("k:") {
            self = .key(SubjectKey(key))
        } else if let id = storedText.removingPrefix("p:") {
            self = .profile(id: id)
        } else {
            return nil
        }
    }
}
