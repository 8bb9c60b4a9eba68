/// What a parser makes of the values it reads: bare values, or nodes that know their position.
protocol JSONTreeBuilder {
    /// What is known about the place of a value or name.
    associatedtype Mark
    associatedtype Tree
    associatedtype Member

    /// Notes a place; offsets never go down from one call to the next.
    mutating func mark(offset: Int, in bytes: [UInt8]) -> Mark
    func leaf(_ value: JSONValue, at mark: Mark) -> Tree
    func array(_ elements: [Tree], at mark: Mark) -> Tree
    func object(_ members: [Member], at mark: Mark) -> Tree
    func member(name: String, at mark: Mark, tree: Tree) -> Member
    func name(of member: Member) -> String
}

/// Makes bare values; for webhooks, where the place does not matter and the time does.
struct JSONValueBuilder: JSONTreeBuilder {
    @inline(__always)
    mutating func mark(offset: Int, in bytes: [UInt8]) {}

    @inline(__always)
    func leaf(_ value: JSONValue, at mark: Void) -> JSONValue { value }

    @inline(__always)
    func array(_ elements: [JSONValue], at mark: Void) -> JSONValue { .array(elements) }

    @inline(__always)
    func object(_ members: [JSONObject.Member], at mark: Void) -> JSONValue {
        .object(JSONObject(uniqueMembers: members))
    }

    @inline(__always)
    func member(name: String, at mark: Void, tree: JSONValue) -> JSONObject.Member {
        JSONObject.Member(name: name, value: tree)
    }

    @inline(__always)
    func name(of member: JSONObject.Member) -> String { member.name }
}
