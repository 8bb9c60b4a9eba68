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

    @Test
    func `grants that are announced again are held once, and released each is written once`()
        throws
    {
        let people = 1_000
        let bridge = try Self.bridge(brake: 100)
        for _ in 0..<2 {
            try Self.announce(true, to: bridge, people: people)
            try bridge.advance(to: bridge.now + .seconds(1_800))
        }
        #expect(try Self.held(in: bridge) == people - 100)
        var filter = DeliveryFilter()
        filter.states = ["held"]
        // As the admin API does: from the newest on, a page in each turn.
        var before: DeliveryID?
        while let page = try Self.page(filter, before: before, of: bridge) {
            #expect(try bridge.operate([.retry(page)]) == [.done(page.count)])
            before = page.last
        }
        try bridge.advance(to: bridge.now + .seconds(1_800))
        try bridge.restart()
        try bridge.advance(to: bridge.now + .seconds(1_800))
        #expect(Self.events(of: bridge).count == people)
        #expect(try Self.held(in: bridge) == 0)
        #expect(try bridge.store.ledger().deliveriesDifference == 0)
        let actions = try bridge.store.operatorActions(before: nil, limit: people)
        #expect(actions.count == people - 100)
    }

    private static func page(
        _ filter: DeliveryFilter,
        before: DeliveryID?,
        of bridge: ConversationBridge
    ) throws -> [DeliveryID]? {
        let page = try bridge.store.deliveries(filter, before: before, limit: 200).map(\.id)
        return page.isEmpty ? nil : page
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

    private static func announce(
        _ value: Bool,
        to bridge: ConversationBridge,
        people: Int = people
    ) throws {
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
