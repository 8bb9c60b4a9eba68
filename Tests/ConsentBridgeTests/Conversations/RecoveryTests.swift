import BridgeCore
import Foundation
import HTTPTypes
import JSON
import Testing

@testable import Bridge
@testable import consent_bridge

/// After a start, what was received and not decided yet is decided before anything is sent again
/// (design section 5, Recovery).
@Suite(.timeLimit(.minutes(1)))
struct RecoveryTests {
    @Test func `a grant that was on its way is not sent over a withdrawal that still waits`() throws
    {
        let bridge = try ConversationBridge.shop(at: Self.start)
        try Self.choose(true, "ann", on: bridge)
        #expect(Self.writes(to: "ann", on: bridge) == [true])
        try bridge.die()
        // More than one turn decides.
        for number in 0..<300 { try Self.choose(true, "reader\(number)", on: bridge) }
        try Self.choose(false, "ann", on: bridge)
        try bridge.restart()
        while try bridge.finish(.actito, { _ in .reply(PlatformReply(status: 204)) }) {}
        #expect(Self.writes(to: "ann", on: bridge) == [true, false])
    }

    private static let start = Timestamp(milliseconds: 1_795_000_000_000)

    private static func choose(
        _ isOn: Bool,
        _ person: String,
        on bridge: ConversationBridge
    ) throws {
        let channels: JSONValue = [["id": "email", "enabled": .bool(isOn)]]
        let entity: JSONValue = [
            "id": .string(UUID().uuidString), "organization_id": "meadow",
            "created_at": .string(bridge.now.iso8601),
            "user": ["organization_user_id": .string("\(person)@example.com")],
            "consents": ["channels": channels],
        ]
        let event: JSONValue = ["type": "event.created", "parameters": ["entity": entity]]
        _ = try bridge.receive(event, from: .didomi, event: nil)
    }

    /// What one person's profile was told, in order.
    private static func writes(to person: String, on bridge: ConversationBridge) -> [Bool] {
        bridge.requests.map(\.send.request)
            .filter { $0.method == .patch && $0.url.contains("=\(person)%40") }
            .compactMap { request in
                let body = try? JSONValue(parsing: request.body)
                return body?["subscriptions"]?["Newsletter"]?.bool
            }
    }
}
