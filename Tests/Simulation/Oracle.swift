import BridgeCore

/// What people truly chose, in the order in which they did.
struct Oracle {
    struct Matter: Hashable {
        var key: String
        var field: Field
    }

    struct TrueChoice {
        /// What made it; a deletion is a withdrawal if the configuration, or what is left, says so.
        enum Cause {
            case person
            case deletedEvent
            case deletedUser
            case deletedProfile
        }

        var at: Timestamp
        var platform: PlatformName
        var choice: Choice
        var cause = Cause.person
        /// Made at Actito under a key that the bridge does not join with the person's (A6).
        var isUnderOtherKey = false

        /// Made at Didomi after the bridge's first start, so that a webhook tells of it.
        var isToldByDidomi: Bool { platform == .didomi && at > Schedule.start }
    }

    private(set) var choices: [Matter: [TrueChoice]] = [:]

    mutating func note(_ choice: TrueChoice, of matter: Matter) {
        choices[matter, default: []].append(choice)
    }

    /// Whether the person has ever said yes to it (S1).
    func hasGranted(_ matter: Matter) -> Bool {
        choices[matter]?.contains { $0.choice == .granted } ?? false
    }

    func hasChosen(_ key: String, after moment: Timestamp) -> Bool {
        choices.contains { $0.key.key == key && ($0.value.last?.at ?? moment) > moment }
    }

    var matters: [Matter] {
        choices.keys.sorted { ($0.key, $0.field) < ($1.key, $1.field) }
    }
}
