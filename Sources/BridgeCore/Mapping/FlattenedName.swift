/// A field's name as Didomi's integration object writes it: `consents_channels_email_enabled`.
///
/// Ids may hold underscores, so a name is compared with the known shapes and never split
/// (`contracts/didomi.md` section 4); several shapes may fit.
package enum FlattenedName {
    /// One way to understand a name.
    package enum Reading: Hashable, Sendable {
        case field(Field)
        /// A preference of a purpose: which of its values is meant, the name does not say.
        case preference(purpose: String, id: String)
        /// A preference of API version 1, which is on or off, in its purpose.
        case preferenceSwitch(purpose: String, id: String)
    }

    /// Everything that a name may mean; empty: it has no known shape.
    ///
    /// A purpose whose id looks like a longer shape is not among them if that shape fits.
    package static func readings(of text: String) -> [Reading] {
        if let id = text.between("consents_channels_", "_enabled") {
            return [.field(.channel(id))]
        }
        if let rest = text.between("consents_purposes_", "_enabled") {
            let channels = rest.splits(at: "_channels_").map { purpose, channel in
                Reading.field(.purposeChannel(purpose: purpose, channel: channel))
            }
            let preferences = rest.splits(at: "_preferences_").map { purpose, id in
                Reading.preferenceSwitch(purpose: purpose, id: id)
            }
            let longer = channels + preferences
            return longer.isEmpty ? [.field(.purpose(rest))] : longer
        }
        if let rest = text.between("consents_purposes_", "_value") {
            return rest.splits(at: "_values_").map { .preference(purpose: $0, id: $1) }
        }
        return []
    }

    /// The known name that differs least from one that has no known shape; nil: none is near.
    package static func nearest(to text: String) -> String? {
        let characters = Array(text.lowercased())
        var best: (distance: Int, name: String)?
        for (prefix, suffix) in shapes {
            guard let start = nearestLength(of: characters, to: Array(prefix)),
                let end = nearestLength(of: characters.reversed(), to: suffix.reversed()),
                start.length + end.length < characters.count
            else { continue }
            let distance = start.distance + end.distance
            let id = String(Array(text).dropFirst(start.length).dropLast(end.length))
            if distance <= distanceMax, distance < best?.distance ?? .max {
                best = (distance, prefix + id + suffix)
            }
        }
        return best?.name
    }

    /// How much of the text's beginning looks most like a fixed part.
    private static func nearestLength(
        of text: [Character],
        to part: [Character]
    ) -> (length: Int, distance: Int)? {
        let lengths = max(1, part.count - distanceMax)...(part.count + 2)
        return lengths.filter { $0 <= text.count }
            .map { ($0, editDistance(Array(text.prefix($0)), part)) }
            .min { ($0.1, $1.0) < ($1.1, $0.0) }
    }

    private static let shapes = [
        ("consents_channels_", "_enabled"), ("consents_purposes_", "_enabled"),
        ("consents_purposes_", "_value"),
    ]
    /// More than this is another name and no slip.
    private static let distanceMax = 5
}

/// How many elements have to change to make one text the other.
package func editDistance(_ left: [Character], _ right: [Character]) -> Int {
    var row = Array(0...right.count)
    for (index, character) in left.enumerated() {
        var diagonal = row[0]
        row[0] = index + 1
        for column in right.indices {
            let above = row[column + 1]
            row[column + 1] = min(
                above + 1,
                row[column] + 1,
                diagonal + (right[column] == character ? 0 : 1)
            )
            diagonal = above
        }
    }
    return row[right.count]
}

extension Field {
    /// Reads a flattened name that means one field without more words.
    package init?(flattenedName text: String) {
        let readings = FlattenedName.readings(of: text)
        guard readings.count == 1 else { return nil }
        switch readings[0] {
        case .field(let field): self = field
        case .preferenceSwitch(_, let id): self = .preference(id: id, value: Field.switchValue)
        case .preference: return nil
        }
    }
}

extension String {
    /// What stands between a fixed beginning and a fixed end; nil without either or without a rest.
    fileprivate func between(_ prefix: String, _ suffix: String) -> String? {
        removingPrefix(prefix)?.removingSuffix(suffix)
    }

    /// What stands before and after each occurrence of a separator, neither of them empty.
    fileprivate func splits(at separator: String) -> [(String, String)] {
        indices.compactMap { start in
            guard start != startIndex, self[start...].hasPrefix(separator) else { return nil }
            let after = self[start...].dropFirst(separator.count)
            return after.isEmpty ? nil : (String(self[..<start]), String(after))
        }
    }
}
