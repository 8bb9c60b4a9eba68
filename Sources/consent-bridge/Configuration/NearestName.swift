/// What may have been meant by an unknown name: the nearest known one if it is near, else the known
/// ones if they are few.
func hint(for name: String, among names: [String]) -> String? {
    let plain = simplified(name)
    let nearest = names.map { (name: $0, distance: distance(simplified($0), plain)) }
        .min { $0.distance < $1.distance }
    // A third of the letters: what two people would still call the same word.
    if let nearest, nearest.distance <= max(1, min(plain.count, nearest.name.count) / 3) {
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

/// How many characters have to change to make one name the other.
private func distance(_ left: [Character], _ right: [Character]) -> Int {
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
