import BridgeCore

/// What may have been meant by an unknown name: the nearest known one if it is near, else the known
/// ones if they are few.
func hint(for name: String, among names: [String]) -> String? {
    let plain = simplified(name)
    let nearest = names.map { (name: $0, distance: editDistance(simplified($0), plain)) }
        .min { $0.distance < $1.distance }
    // Two slips, or a third of the letters: what two people would still call the same word.
    let length = nearest.map { min(plain.count, $0.name.count) } ?? 0
    if let nearest, nearest.distance <= (length < 4 ? 1 : max(2, length / 3)) {
        return "did you mean \"\(nearest.name)\"?"
    }
    guard names.count <= namesListedMax else { return nil }
    return "known here: " + names.map { "\"\($0)\"" }.joined(separator: ", ")
}

/// More would hide the message.
private let namesListedMax = 8

/// A name without what differs between ways of writing: `apiURL`, `api-url`, `api_url`.
private func simplified(_ name: String) -> [Character] {
    name.lowercased().filter { $0 != "_" && $0 != "-" && $0 != ":" && $0 != " " }
}
