import HTTPTypes
import Testing

@testable import Bridge

struct AddressTests {
    @Test(arguments: [
        ("127.0.0.1", "::ffff:127.0.0.1"), ("192.0.2.1", "::ffff:c000:201"),
        ("::1", "0:0:0:0:0:0:0:1"), ("2001:db8::", "2001:DB8:0:0::0"), ("::", "0:0::"),
        ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
    ])
    func `two ways to write one address are equal`(left: String, right: String) throws {
        #expect(try #require(IPAddress(left)) == #require(IPAddress(right)))
    }

    @Test(arguments: [
        "", "1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.-4", "+1.2.3.4", "1.2.3.4 ",
        "1.2.3.4/8", "example.com", ":", ":::", "1::2::3", "12345::", "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "::g", "::1.2.3", "1.2.3.4::", "fe80::1%eth0",
        "[::1]", "::+1", "1:", ":1",
    ])
    func `what is no address is refused`(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test(arguments: [
        ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.0", false),
        ("192.0.2.128/25", "192.0.2.127", false), ("192.0.2.128/25", "192.0.2.200", true),
        ("192.0.2.7", "192.0.2.7", true), ("192.0.2.7", "192.0.2.6", false),
        ("192.0.2.99/24", "192.0.2.1", true), ("0.0.0.0/0", "8.8.8.8", true),
        ("0.0.0.0/0", "::1", false), ("::/0", "2001:db8::1", true), ("::/0", "8.8.8.8", false),
        ("2001:db8::/32", "2001:db8:ffff::", true), ("2001:db8::/32", "2001:db9::", false),
        ("2001:db8::/33", "2001:db8:8000::", false), ("::1/128", "::1", true),
        ("10.0.0.0/8", "::ffff:10.1.1.1", true), ("::ffff:10.0.0.0/104", "10.1.1.1", true),
        ("::ffff:0:0/96", "10.1.1.1", true), ("::ffff:10.0.0.0/104", "11.1.1.1", false),
    ])
    func `a range contains an address or not`(
        range: String,
        address: String,
        contains: Bool
    ) throws {
        let range = try #require(AddressRange(range))
        #expect(try range.contains(#require(IPAddress(address))) == contains)
    }

    @Test(arguments: [
        "", "/", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0.0/-1", "10.0.0.0/+8", "10/8",
        "10.0.0.0/8/8", "10.0.0.0/0008", "10.0.0.0/255.0.0.0", "localhost",
    ])
    func `what is no range is refused`(text: String) {
        #expect(AddressRange(text) == nil)
    }

    /// The proxies are 10.0.0.0/8 and fd00::/8.
    @Test(
        arguments: [
            ("203.0.113.9", ["8.8.8.8"], "203.0.113.9"), ("203.0.113.9", [], "203.0.113.9"),
            ("10.0.0.1", [], "10.0.0.1"), ("10.0.0.1", ["203.0.113.9"], "203.0.113.9"),
            ("::ffff:10.0.0.1", ["203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", ["8.8.8.8, 203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", ["8.8.8.8", "203.0.113.9,10.0.0.2"], "203.0.113.9"),
            ("10.0.0.1", ["203.0.113.9", "fd00::5"], "203.0.113.9"),
            ("10.0.0.1", ["203.0.113.9:4711"], "203.0.113.9"),
            ("10.0.0.1", ["[2001:db8::9]:4711, [fd00::1]"], "2001:db8::9"),
            ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            ("10.0.0.1", ["junk, 203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", ["203.0.113.9, junk"], nil), ("10.0.0.1", ["203.0.113.9, , "], nil),
            ("10.0.0.1", ["unknown"], nil), ("", ["203.0.113.9"], nil),
        ] as [(String, [String], String?)]
    )
    func `the sender is the rightmost address that is no trusted proxy`(
        peer: String,
        forwarded: [String],
        sender: String?
    ) throws {
        let proxies = ["10.0.0.0/8", "fd00::/8"].compactMap { AddressRange($0) }
        var request = InboundRequest(method: "POST", path: "/", peer: peer)
        let name = try #require(HTTPField.Name("X-Forwarded-For"))
        for value in forwarded { request.headers.append(HTTPField(name: name, value: value)) }
        let found = request.clientAddress(trusting: proxies)
        #expect(found == sender.flatMap { IPAddress($0) })
    }
}
