extension JSONValue {
    /// Parses one strict JSON value: RFC 8259, and nothing else in the text but white space.
    ///
    /// Refused too: a byte order mark, bytes that are not UTF-8, escaped halves of surrogate
    /// pairs, two members of one name (compared unescaped, as Swift compares strings, so that a
    /// name always finds one member), and more than `depthMax` nested arrays and objects.
    /// - Parameters:
    ///   - bytes: the text in UTF-8.
    ///   - depthMax: from 0, for a lone scalar, to 512, which fits a thread's stack.
    /// - Throws: what is wrong first, and where.
    package init(parsing bytes: [UInt8], depthMax: Int = 64) throws(JSONSyntaxError) {
        var parser = JSONParser(
            bytes,
            dialect: .json,
            depthMax: depthMax,
            builder: JSONValueBuilder()
        )
        self = try parser.parseDocument()
    }

    /// Parses one strict JSON value, like ``init(parsing:depthMax:)`` for its UTF-8.
    package init(parsing text: String, depthMax: Int = 64) throws(JSONSyntaxError) {
        try self.init(parsing: Array(text.utf8), depthMax: depthMax)
    }
}

/// Reads both dialects in one pass; JSON5's extras are looked for only where JSON ends.
///
/// A parser reads one text and stops at the first fault.
struct JSONParser<Builder: JSONTreeBuilder> {
    let bytes: [UInt8]
    let isJSON5: Bool
    let depthMax: Int
    var builder: Builder
    /// The next byte to read.
    var index = 0
    private var depth = 0

    init(_ bytes: [UInt8], dialect: JSONDialect, depthMax: Int, builder: Builder) {
        precondition((0...512).contains(depthMax), "depthMax must be from 0 to 512")
        self.bytes = bytes
        self.isJSON5 = dialect == .json5
        self.depthMax = depthMax
        self.builder = builder
    }

    mutating func parseDocument() throws(JSONSyntaxError) -> Builder.Tree {
        if !isJSON5, bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            throw JSONSyntaxError(.byteOrderMark, at: 0)
        }
        try skipBlank()
        guard index < bytes.count else { throw JSONSyntaxError(.empty, at: index) }
        let tree = try parseValue()
        try skipBlank()
        guard index == bytes.count else { throw JSONSyntaxError(.trailingContent, at: index) }
        return tree
    }

    private mutating func parseValue() throws(JSONSyntaxError) -> Builder.Tree {
        let mark = builder.mark(offset: index, in: bytes)
        guard index < bytes.count else { throw JSONSyntaxError(.unexpectedEnd, at: index) }
        let value: JSONValue
        switch bytes[index] {
        case UInt8(ascii: "\""): value = .string(try parseString())
        case UInt8(ascii: "{"): return try parseObject(at: mark)
        case UInt8(ascii: "["): return try parseArray(at: mark)
        case UInt8(ascii: "t"): value = try parseLiteral("true", as: .bool(true))
        case UInt8(ascii: "f"): value = try parseLiteral("false", as: .bool(false))
        case UInt8(ascii: "n"): value = try parseLiteral("null", as: .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            value = .number(try parseNumber())
        case UInt8(ascii: "'") where isJSON5: value = .string(try parseString())
        case UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "I"), UInt8(ascii: "N"):
            guard isJSON5 else { throw JSONSyntaxError(.unexpectedCharacter, at: index) }
            value = .number(try parseNumber())
        default: throw JSONSyntaxError(.unexpectedCharacter, at: index)
        }
        return builder.leaf(value, at: mark)
    }

    private mutating func parseArray(
        at mark: Builder.Mark
    ) throws(JSONSyntaxError) -> Builder.Tree {
        var elements: [Builder.Tree] = []
        var hasMore = try enter(closing: UInt8(ascii: "]"))
        if hasMore { elements.reserveCapacity(itemsExpected) }
        while hasMore {
            elements.append(try parseValue())
            hasMore = try advance(closing: UInt8(ascii: "]"))
        }
        return builder.array(elements, at: mark)
    }

    private mutating func parseObject(
        at mark: Builder.Mark
    ) throws(JSONSyntaxError) -> Builder.Tree {
        var members: [Builder.Member] = []
        var names: Set<String> = []
        var hasMore = try enter(closing: UInt8(ascii: "}"))
        if hasMore { members.reserveCapacity(itemsExpected) }
        while hasMore {
            let offset = index
            let mark = builder.mark(offset: offset, in: bytes)
            let name = try parseName()
            guard isNew(name, among: members, names: &names) else {
                throw JSONSyntaxError(.duplicateKey(name), at: offset)
            }
            try skipBlank()
            guard index < bytes.count, bytes[index] == UInt8(ascii: ":") else {
                throw missingColon(after: name, at: offset)
            }
            index += 1
            try skipBlank()
            members.append(builder.member(name: name, at: mark, tree: try parseValue()))
            hasMore = try advance(closing: UInt8(ascii: "}"))
        }
        return builder.object(members, at: mark)
    }

    /// Steps over an opening bracket; tells whether there is a first item.
    private mutating func enter(closing bracket: UInt8) throws(JSONSyntaxError) -> Bool {
        guard depth < depthMax else { throw JSONSyntaxError(.tooDeep(limit: depthMax), at: index) }
        depth += 1
        index += 1
        try skipBlank()
        return !closes(bracket)
    }

    /// Steps over what follows an item, a comma or the closing bracket; tells whether there is
    /// a next item.
    private mutating func advance(closing bracket: UInt8) throws(JSONSyntaxError) -> Bool {
        try skipBlank()
        if closes(bracket) { return false }
        guard index < bytes.count else { throw JSONSyntaxError(.unexpectedEnd, at: index) }
        guard bytes[index] == UInt8(ascii: ",") else {
            throw JSONSyntaxError(.expectedComma, at: index)
        }
        let comma = index
        index += 1
        try skipBlank()
        guard closes(bracket) else { return true }
        guard isJSON5 else { throw JSONSyntaxError(.trailingComma, at: comma) }
        return false
    }

    private mutating func closes(_ bracket: UInt8) -> Bool {
        guard index < bytes.count, bytes[index] == bracket else { return false }
        index += 1
        depth -= 1
        return true
    }

    private mutating func parseName() throws(JSONSyntaxError) -> String {
        guard index < bytes.count else { throw JSONSyntaxError(.unexpectedEnd, at: index) }
        let byte = bytes[index]
        if byte == UInt8(ascii: "\"") { return try parseString() }
        guard isJSON5 else { throw JSONSyntaxError(.expectedName, at: index) }
        if byte == UInt8(ascii: "'") { return try parseString() }
        return try parseIdentifier()
    }

    private mutating func parseLiteral(
        _ text: String,
        as value: JSONValue
    ) throws(JSONSyntaxError) -> JSONValue {
        for byte in text.utf8 {
            guard index < bytes.count else { throw JSONSyntaxError(.unexpectedEnd, at: index) }
            guard bytes[index] == byte else {
                throw JSONSyntaxError(.unexpectedCharacter, at: index)
            }
            index += 1
        }
        return value
    }
}

/// Room made for the first items of an array or object, which saves most of them from growing.
private let itemsExpected = 4

// MARK: - Names of members

extension JSONParser {
    /// Tells whether an object has no such member yet, and remembers the name.
    ///
    /// Objects are small as a rule, so names are compared one by one until there are many; then
    /// a set keeps the work in proportion to the text.
    private func isNew(
        _ name: String,
        among members: [Builder.Member],
        names: inout Set<String>
    ) -> Bool {
        let comparedMax = 16
        if members.count < comparedMax {
            for member in members where builder.name(of: member) == name { return false }
            return true
        }
        if members.count == comparedMax {
            for member in members { names.insert(builder.name(of: member)) }
        }
        return names.insert(name).inserted
    }

    /// The fault of a name that no colon follows; recognizes `"key:" "value"`.
    private func missingColon(after name: String, at offset: Int) -> JSONSyntaxError {
        guard index < bytes.count else { return JSONSyntaxError(.unexpectedEnd, at: index) }
        let opensString =
            bytes[index] == UInt8(ascii: "\"") || isJSON5 && bytes[index] == UInt8(ascii: "'")
        guard opensString, name.utf8.last == UInt8(ascii: ":") else {
            return JSONSyntaxError(.expectedColon, at: index)
        }
        let meant = String(decoding: name.utf8.dropLast(), as: UTF8.self)
        return JSONSyntaxError(.misplacedQuote(name: meant), at: offset)
    }
}
