import JSON
import Testing

@Suite(.timeLimit(.minutes(1)))
struct DocumentTests {
    @Test func `names and values know their places`() throws {
        let text = """
            // A comment.
            {
              platform: 'didomi', /* and */ "list": [1,
            \t{é: +5}, "😀", -.5],
            }
            """
        let root = try JSONDocument(parsing: text, dialect: .json5).root
        #expect(root.position == JSONPosition(line: 2, column: 1))
        let platform = try #require(root.member("platform"))
        #expect(platform.namePosition == JSONPosition(line: 3, column: 3))
        #expect(platform.node.position == JSONPosition(line: 3, column: 13))
        #expect(platform.node.content == .scalar("didomi"))
        let list = try #require(root.member("list"))
        #expect(list.namePosition == JSONPosition(line: 3, column: 33))
        #expect(list.node.position == JSONPosition(line: 3, column: 41))
        let elements = try #require(root["list"]?.elements)
        #expect(
            elements.map(\.position) == [
                JSONPosition(line: 3, column: 42), JSONPosition(line: 4, column: 2),
                JSONPosition(line: 4, column: 11), JSONPosition(line: 4, column: 16),
            ]
        )
        let inner = try #require(elements[1].members?.first)
        #expect(inner.name == "é")
        #expect(inner.namePosition == JSONPosition(line: 4, column: 3))
        #expect(inner.node.position == JSONPosition(line: 4, column: 6))
        #expect(
            root.value.serializedText() == #"{"platform":"didomi","list":[1,{"é":5},"😀",-0.5]}"#
        )
    }

    @Test func `a node answers only for what it is`() throws {
        let root = try JSONDocument(parsing: #"{"a":[1],"b":{}}"#, dialect: .json).root
        #expect(root.elements == nil)
        #expect(root["a"]?.members == nil)
        #expect(root["a"]?["b"] == nil)
        #expect(root["a"]?.elements?.count == 1)
        #expect(root["a"]?.elements?.first?.elements == nil)
        #expect(root["b"]?.members?.isEmpty == true)
        #expect(root["c"] == nil)
        #expect(root.member("c") == nil)
    }

    @Test(arguments: [
        ("‹1\n‹2\n‹3", JSONDialect.json, [(1, 1), (2, 1), (3, 1)]),
        ("1\r‹2\r\n‹3\n\r‹4", .json, [(2, 1), (3, 1), (5, 1)]),
        ("1\u{2028}‹2\u{2029}‹3", .json5, [(2, 1), (3, 1)]),
        ("1\u{2028}‹2\u{2029}‹3", .json, [(1, 3), (1, 5)]),
        ("\t\t‹1", .json, [(1, 3)]),
        ("é漢😀e\u{301}‹1", .json5, [(1, 6)]),
        ("\u{FEFF}‹1\u{FEFF}‹2", .json5, [(1, 1), (1, 3)]),
        ("\n\n\n‹", .json, [(4, 1)]),
        ("a‹", .json, [(1, 2)]),
    ])
    func `lines and columns are counted as an editor counts them`(
        marked: String,
        dialect: JSONDialect,
        expected: [(Int, Int)]
    ) {
        var bytes: [UInt8] = []
        var offsets: [Int] = []
        for scalar in marked.unicodeScalars {
            if scalar == "‹" {
                offsets.append(bytes.count)
            } else {
                bytes.append(contentsOf: Array(String(scalar).utf8))
            }
        }
        let positions = offsets.map {
            JSONSyntaxError(.unexpectedCharacter, at: $0).position(in: bytes, dialect: dialect)
        }
        #expect(positions == expected.map { JSONPosition(line: $0.0, column: $0.1) })
    }

    @Test func `a fault in bytes that are not UTF-8 has a place too`() throws {
        let bytes: [UInt8] = Array("[\"é\",\n \"".utf8) + [0xFF, 0x22]
        let error = try fault { _ = try JSONDocument(parsing: bytes, dialect: .json5) }
        #expect(error == JSONSyntaxError(.invalidUTF8, at: 9))
        #expect(error.position(in: bytes, dialect: .json5) == JSONPosition(line: 2, column: 3))
    }

    @Test func `a fault at the end stands behind the last character`() throws {
        let bytes = Array("{\n  a: 1,\n".utf8)
        let error = try fault { _ = try JSONDocument(parsing: bytes, dialect: .json5) }
        #expect(error.reason == .unexpectedEnd)
        #expect(error.position(in: bytes, dialect: .json5) == JSONPosition(line: 3, column: 1))
    }

    @Test func `places are ordered and shown as line and column`() {
        let places = [(2, 1), (1, 9), (1, 10)].map { JSONPosition(line: $0.0, column: $0.1) }
        #expect(places.sorted().map(\.description) == ["1:9", "1:10", "2:1"])
    }
}
