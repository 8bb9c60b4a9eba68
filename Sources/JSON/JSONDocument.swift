/// A parsed text that knows where each value and each member's name stands; for configuration.
package struct JSONDocument: Sendable {
    /// The value that the whole text is.
    package let root: JSONNode

    /// Parses a text that holds one value.
    ///
    /// Beyond the syntax it refuses what ``JSONValue/init(parsing:depthMax:)`` refuses, except a
    /// byte order mark in JSON5. JSON5's numbers are read as JSON numbers of the same value, but
    /// for `Infinity`, `-Infinity` and `NaN`: see ``JSONNumber/isNumeric``.
    /// - Parameters:
    ///   - text: the text in UTF-8.
    ///   - dialect: which syntax to accept.
    ///   - depthMax: how many arrays and objects may be nested, from 0 to 512.
    /// - Throws: what is wrong first; ``JSONSyntaxError/position(in:dialect:)`` tells the line.
    package init(
        parsing text: [UInt8],
        dialect: JSONDialect,
        depthMax: Int = 64
    ) throws(JSONSyntaxError) {
        var parser = JSONParser(
            text,
            dialect: dialect,
            depthMax: depthMax,
            builder: JSONNodeBuilder(cursor: JSONPositionCursor(dialect: dialect))
        )
        root = try parser.parseDocument()
    }

    /// Parses a text that holds one value, like ``init(parsing:dialect:depthMax:)`` for its UTF-8.
    package init(
        parsing text: String,
        dialect: JSONDialect,
        depthMax: Int = 64
    ) throws(JSONSyntaxError) {
        try self.init(parsing: Array(text.utf8), dialect: dialect, depthMax: depthMax)
    }
}

/// A value and where it stands in its text.
package struct JSONNode: Hashable, Sendable {
    /// A member of an object and where its name stands.
    package struct Member: Hashable, Sendable {
        /// The name, unescaped.
        package let name: String

        /// Where the name starts, at its quote if it has one.
        package let namePosition: JSONPosition

        /// The value.
        package let node: JSONNode
    }

    /// What a node holds: nodes again, or a value that holds no other.
    package enum Content: Hashable, Sendable {
        /// Null, a truth value, a number or a string.
        case scalar(JSONValue)
        /// The elements of an array.
        case array([JSONNode])
        /// The members of an object in the order of the text; names are unique.
        case object([Member])
    }

    /// Where the value starts.
    package let position: JSONPosition

    /// What it holds.
    package let content: Content

    /// The value without places, built anew at each call.
    package var value: JSONValue {
        switch content {
        case .scalar(let value): value
        case .array(let elements): .array(elements.map(\.value))
        case .object(let members):
            .object(
                JSONObject(
                    uniqueMembers: members.map {
                        JSONObject.Member(name: $0.name, value: $0.node.value)
                    }
                )
            )
        }
    }

    /// The members, if this is an object.
    package var members: [Member]? {
        if case .object(let members) = content { members } else { nil }
    }

    /// The elements, if this is an array.
    package var elements: [JSONNode]? {
        if case .array(let elements) = content { elements } else { nil }
    }

    /// The value of a member, if this is an object that has it.
    package subscript(name: String) -> JSONNode? { member(name)?.node }

    /// A member with the place of its name, if this is an object that has it.
    package func member(_ name: String) -> Member? { members?.first { $0.name == name } }
}

/// Makes nodes, each with the place where it starts.
struct JSONNodeBuilder: JSONTreeBuilder {
    var cursor: JSONPositionCursor

    mutating func mark(offset: Int, in bytes: [UInt8]) -> JSONPosition {
        cursor.advance(to: offset, in: bytes)
        return cursor.position
    }

    func leaf(_ value: JSONValue, at mark: JSONPosition) -> JSONNode {
        JSONNode(position: mark, content: .scalar(value))
    }

    func array(_ elements: [JSONNode], at mark: JSONPosition) -> JSONNode {
        JSONNode(position: mark, content: .array(elements))
    }

    func object(_ members: [JSONNode.Member], at mark: JSONPosition) -> JSONNode {
        JSONNode(position: mark, content: .object(members))
    }

    func member(name: String, at mark: JSONPosition, tree: JSONNode) -> JSONNode.Member {
        JSONNode.Member(name: name, namePosition: mark, node: tree)
    }

    func name(of member: JSONNode.Member) -> String { member.name }
}
