/// A JSON value that keeps what was written: the order of members and the exact text of numbers.
package enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case number(JSONNumber)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
}

/// A JSON number as its text, so that no digit is lost on the way through the bridge.
package struct JSONNumber: Hashable, Sendable {
    /// The number as written, a valid JSON number such as `12`, `-0.5` or `1e3`.
    package let text: String

    /// Takes a text that is already known to be a JSON number.
    package init(verbatim text: String) {
        self.text = text
    }

    /// Writes an integer.
    package init(_ integer: some BinaryInteger) {
        text = String(integer)
    }

    /// The value, if it is an integer that fits; `12.0` and `1e3` are not integers here.
    package var integer: Int64? { Int64(text) }

    /// The nearest floating-point value.
    package var double: Double? { Double(text) }

    /// False for `Infinity`, `-Infinity` and `NaN`, which only a JSON5 text brings here: they are
    /// no JSON numbers, so whoever reads JSON5 must refuse them.
    package var isNumeric: Bool { text.utf8.last.map(isDigit) ?? false }
}

/// The members of a JSON object in the order in which they were written; names are unique.
package struct JSONObject: Hashable, Sendable {
    /// A name and its value.
    package struct Member: Hashable, Sendable {
        /// The name, unescaped.
        package var name: String
        /// The value.
        package var value: JSONValue

        /// Pairs a name and a value.
        package init(name: String, value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    /// The members, first to last.
    package private(set) var members: [Member]

    /// An object without members.
    package init() {
        members = []
    }

    /// Takes members whose names the caller knows to be unique.
    package init(uniqueMembers members: [Member]) {
        self.members = members
    }

    /// Whether there are no members.
    package var isEmpty: Bool { members.isEmpty }

    /// The value of a member.
    ///
    /// Assigning `nil` removes it, assigning to a new name appends it.
    package subscript(name: String) -> JSONValue? {
        get {
            members.first { $0.name == name }?.value
        }
        set {
            let index = members.firstIndex { $0.name == name }
            switch (index, newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append(Member(name: name, value: value))
            case (nil, nil): break
            }
        }
    }
}

extension JSONValue {
    /// The object, if this is one.
    package var object: JSONObject? {
        if case .object(let object) = self { object } else { nil }
    }

    /// The elements, if this is an array.
    package var array: [JSONValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// The text, if this is a string.
    package var string: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// The truth value, if this is one.
    package var bool: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The number, if this is one.
    package var number: JSONNumber? {
        if case .number(let number) = self { number } else { nil }
    }

    /// Whether this is null.
    package var isNull: Bool { self == .null }

    /// The value of a member, if this is an object that has it.
    package subscript(name: String) -> JSONValue? { object?[name] }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByIntegerLiteral, ExpressibleByNilLiteral, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral
{
    /// A string.
    package init(stringLiteral value: String) { self = .string(value) }
    /// A truth value.
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    /// An integer.
    package init(integerLiteral value: Int64) { self = .number(JSONNumber(value)) }
    /// Null.
    package init(nilLiteral: ()) { self = .null }
    /// An array.
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    /// An object; the names must be unique.
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(
            JSONObject(uniqueMembers: elements.map { JSONObject.Member(name: $0, value: $1) })
        )
    }
}
