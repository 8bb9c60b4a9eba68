/// One line of `mappings`: a target at Actito and the Didomi fields that feed it
/// (`interface.md` section 3).
package struct MappingRule: Hashable, Sendable {
    /// Where a target's value comes from.
    package enum Feed: Hashable, Sendable {
        case field(Field)
        /// Granted as soon as one field is, denied when all are.
        case any([Field])
        /// Denied as soon as one field is, granted when all are.
        case all([Field])
    }

    /// Which fields an Actito-born choice of an `any` or `all` target changes.
    package struct Reverse: Hashable, Sendable {
        package var withdrawal: [Field]
        /// Empty: a grant at Actito is `ignored/not_reversible`.
        package var grant: [Field]

        package init(withdrawal: [Field] = [], grant: [Field] = []) {
            self.withdrawal = withdrawal
            self.grant = grant
        }

        package subscript(choice: Choice) -> [Field] { choice.isGranted ? grant : withdrawal }
    }

    package var target: MappingTarget
    package var feed: Feed
    /// The target holds yes where Didomi has no; a withdrawal is Didomi's no all the same.
    package var isInverted: Bool
    package var reverse: Reverse

    package init(
        _ target: MappingTarget,
        _ feed: Feed,
        isInverted: Bool = false,
        reverse: Reverse = Reverse()
    ) {
        self.target = target
        self.feed = feed
        self.isInverted = isInverted
        self.reverse = reverse
    }

    /// The plain rule: one subscription, one field.
    package init(subscription: String, field: Field) {
        self.init(.subscription(subscription), .field(field))
    }

    /// The Didomi fields that feed the target.
    package var fields: [Field] {
        switch feed {
        case .field(let field): [field]
        case .any(let fields), .all(let fields): fields
        }
    }

    /// Under which name the register keeps what Actito is to hold: the field itself, or the target
    /// if several fields feed it.
    package var heldField: Field {
        switch feed {
        case .field(let field): field
        case .any, .all: .target(target)
        }
    }

    /// What the fields' choices make of the target; nil: they do not decide it (rules S1, S3).
    package func choice(from known: (Field) -> Choice?) -> Choice? {
        switch feed {
        case .field(let field):
            return known(field)
        case .any(let fields):
            let choices = fields.map(known)
            if choices.contains(.granted) { return .granted }
            return choices.allSatisfy { $0 == .denied } ? .denied : nil
        case .all(let fields):
            let choices = fields.map(known)
            if choices.contains(.denied) { return .denied }
            return choices.allSatisfy { $0 == .granted } ? .granted : nil
        }
    }

    /// What the target holds for a choice; inverting comes last.
    package func value(of choice: Choice) -> Bool { choice.isGranted != isInverted }

    /// The choice that a value of the target stands for.
    package func choice(ofValue isOn: Bool) -> Choice { Choice(isGranted: isOn != isInverted) }
}
