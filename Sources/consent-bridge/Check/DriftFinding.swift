import BridgeCore

extension Drift {
    /// What the drift means for a configuration, and what to change.
    func finding(in settings: IntegrationSettings) -> Finding {
        var finding = untoldFinding(in: settings)
        finding.isDrift = true
        return finding
    }

    private func untoldFinding(in settings: IntegrationSettings) -> Finding {
        switch self {
        case .noUniqueKey(let name, let known):
            Finding(
                severity: .error,
                path: ["properties", "user_unique_key"],
                what: "the table has no attribute \"\(name)\"",
                hint: hint(for: name, among: known)
            )
        case .keyNotUnique(let name, let unique):
            Finding(
                severity: .error,
                path: ["properties", "user_unique_key"],
                what: "several profiles may have the same \"\(name)\", so it finds nobody for sure",
                hint: "unique are: \(unique.map { "\"\($0)\"" }.joined(separator: ", "))"
            )
        case .noTarget(let target, let known):
            Finding(
                severity: .error,
                path: settings.path(to: target, "id"),
                what: "the table has no \(target.kind) \"\(target.name)\"",
                hint: hint(for: target.name, among: known)
            )
        case .targetHoldsNoChoice(let target, let format):
            Finding(
                severity: .error,
                path: settings.path(to: target, "id"),
                what: "the attribute \"\(target.name)\" holds \(format.words), no yes or no",
                hint: "map to a boolean attribute or to a subscription"
            )
        case .mandatoryNotFilled, .mandatoryFilledSometimes: creationFinding
        case .noPurpose(let purpose, let known):
            Finding(
                severity: .error,
                path: settings.path(toPurpose: purpose),
                what: "Didomi has no purpose \"\(purpose)\"",
                hint: hint(for: purpose, among: known)
            )
        case .purposeOfOtherRegulation(let purpose, let regulations):
            Finding(
                severity: .warning,
                path: settings.path(toPurpose: purpose),
                what: "the purpose \"\(purpose)\" is not for \"\(settings.regulation)\", "
                    + "but for \(regulations.joined(separator: ", "))",
                hint: "choices of other regulations are not taken"
            )
        }
    }

    private var creationFinding: Finding {
        switch self {
        case .mandatoryNotFilled(let name):
            Finding(
                severity: .error,
                path: ["upsert_mode"],
                what: "no profile can be created without \"\(name)\", which nothing fills",
                hint: name == "marketingConsent"
                    ? "map a field to it with \"target\": \"attribute\", or make it optional"
                    : "make it optional at Actito, or fill it from Didomi's metadata"
            )
        case .mandatoryFilledSometimes(let name):
            Finding(
                severity: .warning,
                path: ["upsert_mode"],
                what: "only people whose Didomi data fills \"\(name)\" get a profile",
                hint: "the others are skipped; make it optional at Actito if that is not meant"
            )
        default: preconditionFailure("only about new profiles")
        }
    }
}

extension IntegrationSettings {
    /// The way to a key of the mapping of a target.
    fileprivate func path(
        to target: MappingTarget,
        _ key: ConfigurationStep
    ) -> [ConfigurationStep] {
        let index = mapping.rules.firstIndex { $0.target == target }
        return ["mappings"] + (index.map { [.index($0), key] } ?? [])
    }

    /// The way to the first mapping that names a purpose.
    fileprivate func path(toPurpose purpose: String) -> [ConfigurationStep] {
        let index = mapping.rules.firstIndex { rule in
            (rule.fields + rule.reverse.withdrawal + rule.reverse.grant)
                .contains { mapping.purpose(of: $0) == purpose }
        }
        return ["mappings"] + (index.map { [.index($0)] } ?? [])
    }
}

extension MappingTarget {
    fileprivate var kind: String {
        switch self {
        case .subscription: "subscription"
        case .attribute: "attribute"
        }
    }
}

extension AttributeDefinition.Format {
    fileprivate var words: String {
        switch self {
        case .text: "text"
        case .emailAddress: "an e-mail address"
        case .integer, .decimal: "a number"
        case .boolean: "yes or no"
        case .date, .dateTime: "a date"
        case .language: "a language"
        case .country: "a country"
        case .phoneNumber: "a phone number"
        case .sex, .title: "a form of address"
        }
    }
}
