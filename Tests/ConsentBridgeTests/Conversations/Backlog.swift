import BridgeCore
import Foundation
import HTTPTypes
import JSON

@testable import Bridge
@testable import consent_bridge

/// Many people between a bridge on the virtual clock and an Actito that takes everything.
final class Backlog {
    let bridge: ConversationBridge
    /// Nobody can reach the platform.
    var isDown = false
    /// Calls are answered at once; else they stay on their way.
    var isAnswering = true
    private(set) var callCount = 0
    /// When each person's profile was written last, and with what.
    private(set) var writtenAt: [String: Timestamp] = [:]
    private(set) var writes: [String: [Bool]] = [:]
    private var chosenCount = 0

    static let taken = TransportResult.reply(PlatformReply(status: 204))

    /// `limits`: Actito's, the default ones without any.
    init(at start: Timestamp, limits: String = "{}") throws {
        bridge = try ConversationBridge(.shop(limits: limits), at: start)
        bridge.answer = { [unowned self] in answer($0) }
    }

    func choose(_ isOn: Bool, _ person: String) throws {
        chosenCount += 1
        let channels: JSONValue = [["id": "email", "enabled": .bool(isOn)]]
        let entity: JSONValue = [
            "id": .string("event-\(chosenCount)"), "organization_id": "meadow",
            // Each choice is later than the one before.
            "created_at": .string(
                (bridge.now - .seconds(600) + Interval(milliseconds: Int64(chosenCount))).iso8601
            ),
            "user": ["organization_user_id": .string("\(person)@example.com")],
            "consents": ["channels": channels],
        ]
        let event: JSONValue = ["type": "event.created", "parameters": ["entity": entity]]
        _ = try bridge.receive(event, from: .didomi, event: nil)
    }

    /// When the last person was unsubscribed.
    var lastWithdrawalAt: Timestamp? {
        writtenAt.filter { writes[$0.key]?.last == false }.values.max()
    }

    private func answer(_ call: ConversationBridge.Call) -> TransportResult? {
        let request = call.send.request
        callCount += 1
        if isDown { return .failed(mayHaveArrived: false) }
        if request.method == .patch, let body = try? JSONValue(parsing: request.body),
            let isOn = body["subscriptions"]?["Newsletter"]?.bool,
            let person = request.url.firstMatch(of: /=(\w+)%40/)?.1
        {
            writtenAt[String(person)] = bridge.now
            writes[String(person), default: []].append(isOn)
        }
        return isAnswering ? Self.taken : nil
    }
}
