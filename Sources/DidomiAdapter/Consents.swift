import BridgeCore
import JSON

extension DidomiPlatform {
    /// The choices in a `consents` object.
    ///
    /// `enabled: null` and what is absent are no choice (S3); `enabled_li` is legitimate interest
    /// and no consent.
    func choices(in consents: JSONValue?) -> [Field: Choice] {
        var choices: [Field: Choice] = [:]
        func note(_ field: Field, _ isGranted: Bool?) {
            guard let isGranted else { return }
            // The same id twice: a no is a no.
            if choices[field] != .denied { choices[field] = Choice(isGranted: isGranted) }
        }
        for channel in consents?["channels"]?.array ?? [] {
            guard let id = channel["id"]?.string else { continue }
            note(.channel(id), channel["enabled"]?.bool)
        }
        for purpose in consents?["purposes"]?.array ?? [] {
            guard let id = purpose["id"]?.string else { continue }
            note(.purpose(id), purpose["enabled"]?.bool)
            // API version 1 keeps channels inside purposes.
            for channel in purpose["channels"]?.array ?? [] {
                guard let channelID = channel["id"]?.string else { continue }
                note(.purposeChannel(purpose: id, channel: channelID), channel["enabled"]?.bool)
            }
            for preference in preferences(in: purpose, id) {
                let mapped = mapping.values(ofPreference: preference.id) ?? []
                for value in mapped {
                    note(
                        .preference(id: preference.id, value: value),
                        preference.isGranted(value)
                    )
                }
            }
        }
        return choices
    }

    /// The lists of mapped preferences in a `consents` object, with the time of what holds it.
    func lists(in consents: JSONValue?, at time: Timestamp?) -> [PreferenceList] {
        guard let time else { return [] }
        return (consents?["purposes"]?.array ?? []).flatMap { purpose in
            guard let id = purpose["id"]?.string else { return [PreferenceList]() }
            return preferences(in: purpose, id).compactMap { preference in
                // In version 1 only the purpose is worth knowing.
                let isSwitch = mapping.values(ofPreference: preference.id) == [Field.switchValue]
                guard let values = preference.values ?? (isSwitch ? [] : nil) else { return nil }
                return PreferenceList(
                    id: preference.id,
                    purpose: id,
                    values: values,
                    seenAt: time
                )
            }
        }
    }

    /// The mapped preferences of a purpose, unless the configuration names another purpose for them.
    private func preferences(in purpose: JSONValue, _ id: String) -> [SeenPreference] {
        // Version 2: one member for each preference, its values separated by commas.
        func isMapped(_ preference: String) -> Bool {
            mapping.values(ofPreference: preference) != nil
                && mapping.purpose(ofPreference: preference) ?? id == id
        }
        let lists = (purpose["values"]?.object?.members ?? []).compactMap { member in
            // Most are not mapped: their values are not even taken apart.
            !isMapped(member.name)
                ? nil
                : member.value["value"].flatMap(valueIDs).map {
                    SeenPreference(id: member.name, values: $0, isOn: nil)
                }
        }
        // Version 1: on or off.
        let switches = (purpose["preferences"]?.array ?? []).compactMap { preference in
            preference["id"]?.string.map {
                SeenPreference(id: $0, values: nil, isOn: preference["enabled"]?.bool)
            }
        }
        return lists + switches.filter { isMapped($0.id) }
    }

    /// nil: no choice (S3); a text without ids is an empty list.
    private func valueIDs(_ value: JSONValue) -> [String]? {
        if let text = value.string {
            return text.split(separator: ",").map(\.withoutSpaces).filter { !$0.isEmpty }
        }
        guard let elements = value.array else { return nil }
        let ids = elements.compactMap(\.string)
        return ids.count == elements.count ? ids : nil
    }

    private var mapping: MappingTable { settings.integration.mapping }
}

/// A preference of a purpose as a payload shows it.
private struct SeenPreference {
    var id: String
    /// Version 2; nil in version 1.
    var values: [String]?
    /// Version 1; nil: no choice.
    var isOn: Bool?

    /// Whether a value is granted; nil: nothing is said of it.
    func isGranted(_ value: String) -> Bool? {
        if let values { return value == Field.switchValue ? nil : values.contains(value) }
        // An off preference has no value that is on.
        return value == Field.switchValue || isOn == false ? isOn : nil
    }
}

extension Substring {
    fileprivate var withoutSpaces: String {
        var rest = self
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }
}
