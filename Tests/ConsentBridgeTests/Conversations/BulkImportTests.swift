import BridgeCore
import Foundation
import HTTPTypes
import JSON
import Storage
import Testing

@testable import Bridge
@testable import consent_bridge

/// An import of 5,000 profiles with subscriptions, announced in bulk.
@Suite(.timeLimit(.minutes(2)))
struct BulkImportTests {
    private static let people = 5_000
    private static let start = Timestamp(milliseconds: 1_795_000_000_000)

    @Test(arguments: [0, 100, 1_000])
    func `grants for more people than the brake allows are held, the others arrive`(
        max: Int
    ) throws {
        let bridge = try Self.bridge(brake: max)
        try Self.announce(true, to: bridge)
        try bridge.advance(to: Self.start + .seconds(7_200))
        #expect(Self.events(of: bridge).count == (max == 0 ? Self.people : max))
        #expect(try Self.held(in: bridge) == (max == 0 ? 0 : Self.people - max))
    }

    @Test
    func `withdrawals pass the brake, however many`() throws {
        let bridge = try Self.bridge(brake: 100)
        try Self.announce(false, to: bridge)
        try bridge.advance(to: Self.start + .seconds(7_200))
        #expect(Self.events(of: bridge).count == Self.people)
        #expect(try Self.held(in: bridge) == 0)
    }

    private static func bridge(brake: Int) throws -> ConversationBridge {
        let bridge = try ConversationBridge.shop(brake: brake, at: start)
        bridge.answer = { call in .reply(answer(to: call.send.request)) }
        return bridge
    }

    /// Every profile shows the subscription; Didomi knows nobody and takes every event.
    private static func answer(to request: PlatformRequest) -> PlatformReply {
        guard request.method.rawValue == "GET" else { return PlatformReply(status: 201) }
        guard let key = request.url.firstMatch(of: /emailAddress=(p\d+)%40/)?.output.1 else {
            return PlatformReply(status: 200, body: Array(#"{"data":[]}"#.utf8))
        }
        let profile: JSONValue = [
            "attributes": [
                "profileId": .string("\(key)"), "emailAddress": .string("\(key)@example.com"),
            ],
            "subscriptions": ["Newsletter": true],
        ]
        return PlatformReply(status: 200, body: profile.serialized())
    }

    private static func announce(_ value: Bool, to bridge: ConversationBridge) throws {
        for block in stride(from: 0, to: people, by: 1_000) {
            let elements: [JSONValue] = (block..<block + 1_000).map { number in
                [
                    "eventType": "UPDATED_SUBSCRIPTION",
                    "data": [
                        "emailAddress": .string("p\(number)@example.com"),
                        "Newsletter": .bool(value),
                    ],
                ]
            }
            _ = try bridge.receive(.array(elements), from: .actito, event: nil)
        }
    }

    private static func events(of bridge: ConversationBridge) -> [PlatformRequest] {
        bridge.requests.map(\.send.request).filter { $0.method.rawValue == "POST" }
    }

    private static func held(in bridge: ConversationBridge) throws -> Int {
        var held = 0
        var number: Int64 = 1
        while let delivery = try bridge.store.delivery(DeliveryID(number)) {
            if delivery.state.label == "held" { held += 1 }
            number += 1
        }
        return held
    }
}
