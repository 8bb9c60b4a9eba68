package import JSON

extension SeededRandom {
    /// Any JSON; its member names and texts are often those that an adapter looks for.
    package mutating func json(words: [String], depth: Int = 5) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 11 : 7), using: &self) {
        case 0: return .null
        case 1: return .bool(.random(using: &self))
        case 2: return .number(JSONNumber(Int64.random(in: .min ... .max, using: &self)))
        case 3:
            return .number(
                JSONNumber(
                    verbatim: ["1e999", "-0", "0.1", "1"].randomElement(using: &self) ?? "0"
                )
            )
        case 4, 5, 6: return .string(words.randomElement(using: &self) ?? "")
        case 7, 8:
            return .array(
                (0..<Int.random(in: 0..<4, using: &self)).map { _ in
                    json(words: words, depth: depth - 1)
                }
            )
        default:
            var object = JSONObject()
            for _ in 0..<Int.random(in: 0..<6, using: &self) {
                object[words.randomElement(using: &self) ?? ""] = json(
                    words: words,
                    depth: depth - 1
                )
            }
            return .object(object)
        }
    }

    /// The same value with one place replaced by any JSON, or taken away.
    package mutating func damage(_ value: JSONValue, words: [String]) -> JSONValue {
        switch value {
        case .object(let object) where !object.isEmpty && Int.random(in: 0..<4, using: &self) > 0:
            var changed = object
            let member = object.members[Int.random(in: 0..<object.members.count, using: &self)]
            let isGone = Int.random(in: 0..<6, using: &self) == 0
            changed[member.name] = isGone ? nil : damage(member.value, words: words)
            return .object(changed)
        case .array(var elements) where !elements.isEmpty:
            let index = Int.random(in: 0..<elements.count, using: &self)
            elements[index] = damage(elements[index], words: words)
            return .array(elements)
        default:
            return json(words: words, depth: 2)
        }
    }
}
