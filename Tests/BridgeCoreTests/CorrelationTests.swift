import BridgeCore
import BridgeTesting
import Testing

@Suite struct CorrelationTests {
    @Test(arguments: [
        "a", "0", "3f0c7a9e-5d1b-4c8e-9a55-0d6a3a1c2b4d", "req_1.2-3",
        String(repeating: "x", count: 64),
    ])
    func `a token is taken as a request id`(text: String) {
        #expect(RequestID(text)?.text == text)
    }

    @Test(arguments: [
        "", " ", "a b", "a\n", "a\u{0}", "claire@example.com", "a,b", "a;b", "a=b", "\"a\"", "a/b",
        "é", "a\u{301}", "{}", String(repeating: "x", count: 65),
    ])
    func `anything else is no request id`(text: String) {
        #expect(RequestID(text) == nil)
    }

    @Test func `made ids are tokens, and no two are equal`() {
        var randomness = SeededRandom(seed: 1)
        var sources = (0..<3).map { _ in RequestIDSource(using: &randomness) }
        var ids: [RequestID] = []
        for index in sources.indices { ids += (0..<4).map { _ in sources[index].next() } }
        #expect(Set(ids).count == 12)
        for id in ids { #expect(RequestID(id.text) == id) }
    }

    @Test(arguments: [
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00",
        "00-00000000000000000000000000000001-0000000000000001-03",
        "00-ffffffffffffffffffffffffffffffff-ffffffffffffffff-02",
    ])
    func `a trace of the version that we know is kept as it came`(text: String) {
        #expect(TraceContext(text)?.text == text)
        #expect(TraceContext(text)?.traceID == String(text.dropFirst(3).prefix(32)))
    }

    @Test(
        arguments: [
            ("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "01"),
            ("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-comes", "01"),
            ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-ff", "03"),
            ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-08", "00"),
        ] as [(String, String)]
    )
    func `of a later version the known parts count`(text: String, flags: String) {
        let known = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-\(flags)"
        #expect(TraceContext(text)?.text == known)
    }

    @Test(arguments: [
        "", "00", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 ",
        " 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
        "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01.more",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "0g-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0af7651916cd43dd8448eb211c80319x-b7ad6b7169203331-01",
        "00_0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331_01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333é-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01, 00-0af7651916cd43dd8448eb21",
    ])
    func `a malformed trace is none`(text: String) {
        #expect(TraceContext(text) == nil)
    }

    @Test(arguments: ["00", "01", "02", "03"])
    func `a child has the trace and the flags, and a place of its own`(flags: String) throws {
        var randomness = SeededRandom(seed: 2)
        let parent = try #require(
            TraceContext("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-\(flags)")
        )
        let children = (0..<9).map { _ in parent.child(using: &randomness) }
        #expect(Set(children + [parent]).count == 10)
        for child in children {
            #expect(TraceContext(child.text) == child)
            #expect(child.traceID == parent.traceID)
            #expect(child.text.hasSuffix("-\(flags)"))
        }
    }
}
