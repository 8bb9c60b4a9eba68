import BridgeCore
import Foundation
import HTTPTypes
import JSON
import Storage

@testable import Bridge

/// A person whose key changes, between a bridge on the virtual clock, Didomi's users of each key
/// and one profile at Actito.
final class TwoKeys {
    let bridge: ConversationBridge
    /// The profile's key and its subscription; nil: there is none.
    var profile: (key: String, isSubscribed: Bool)? = ("old", false)
    /// Calls are answered at once; else they stay on their way.
    var isAnswering = true
    /// What a write to Actito is answered with; nil: as it would.
    var refusal: Int?
    /// `actito old=true`, `didomi new=false`, `actito reads old`: every call in its order.
    private(set) var calls: [String] = []
    private var chosenCount = 0

    static let start = Timestamp(milliseconds: 1_795_000_000_000)

    init(brake: Int = 1_000) throws {
        bridge = try ConversationBridge.shop(brake: brake, at: Self.start)
        bridge.answer = { [unowned self] call in
            calls.append(Self.words(of: call))
            return isAnswering ? .reply(answer(to: call.send.request)) : nil
        }
    }

    static func address(_ name: String) -> String { "\(name)@example.com" }

    static func key(_ name: String) -> SubjectKey { SubjectKey(address(name)) }

    func wait(_ seconds: Double) throws {
        try bridge.advance(to: bridge.now + .seconds(seconds))
    }

    /// She chooses at Didomi, so long ago.
    @discardableResult
    func choose(_ isOn: Bool, _ name: String, ago: Double = 0) throws -> InboxID? {
        chosenCount += 1
        let entity: JSONValue = [
            "id": .string("event-\(chosenCount)"), "organization_id": "meadow",
            "created_at": .string((bridge.now - .seconds(ago)).iso8601),
            "user": ["id": .string(name), "organization_user_id": .string(Self.address(name))],
            "consents": ["channels": [["id": "email", "enabled": .bool(isOn)]]],
        ]
        let event: JSONValue = ["type": "event.created", "parameters": ["entity": entity]]
        return try bridge.receive(event, from: .didomi, event: nil)
    }

    /// Actito announces the subscription; without a name only with the profile's number.
    @discardableResult
    func announce(_ isOn: Bool, _ name: String?, profile: Int64? = 7) throws -> InboxID? {
        var data = JSONObject()
        data["profileId"] = profile.map { .number(JSONNumber($0)) }
        data["emailAddress"] = name.map { .string(Self.address($0)) }
        data["Newsletter"] = .bool(isOn)
        let event: JSONValue = ["eventType": "UPDATED_SUBSCRIPTION", "data": .object(data)]
        return try bridge.receive(event, from: .actito, event: nil)
    }

    func link(_ old: String, to new: String) throws -> OperationResult {
        let shop = IntegrationName("default")
        return try bridge.operate([.link(old: Self.key(old), new: Self.key(new), shop)])[0]
    }

    func snapshot(_ name: String) throws -> Snapshot? {
        let key = SnapshotKey(
            integration: IntegrationName("default"),
            subject: .key(Self.key(name))
        )
        return try bridge.store.snapshots(of: [key])[key]
    }

    /// What the register holds for a key.
    func register(_ name: String) throws -> Choice? {
        try snapshot(name)?.fields[.channel("email")]?.register?.choice
    }

    func outcome(of entry: InboxID?) throws -> Outcome? {
        try entry.flatMap { try bridge.store.changes(of: $0).first?.outcome }
    }

    /// `grant delivered`, in the order of their making.
    func deliveries() throws -> [String] {
        try bridge.store.deliveries(DeliveryFilter(), before: nil, limit: 1_000).reversed()
            .map { "\($0.kind.rawValue) \($0.state.label)" }
    }

    /// The sums and the rows agree (rule S12).
    func isConserved() throws -> Bool {
        let ledger = try bridge.store.ledger()
        return ledger.inboxDifference == 0 && ledger.deliveriesDifference == 0
    }

    /// Ends the oldest call to a platform as it would.
    func finish(_ platform: PlatformName) throws -> Bool {
        try bridge.finish(platform) { .reply(answer(to: $0.send.request)) }
    }

    private func answer(to request: PlatformRequest) -> PlatformReply {
        switch request.method {
        case .get where request.url.contains("/profiles/"):
            guard let profile, isMeant(request) else { return PlatformReply(status: 404) }
            let body: JSONValue = [
                "attributes": [
                    "profileId": 7, "emailAddress": .string(Self.address(profile.key)),
                ],
                "subscriptions": ["Newsletter": .bool(profile.isSubscribed)],
            ]
            return PlatformReply(status: 200, body: body.serialized())
        case .patch:
            if let refusal { return PlatformReply(status: refusal) }
            guard isMeant(request) else { return PlatformReply(status: 404) }
            let body = try? JSONValue(parsing: request.body)
            profile?.isSubscribed = body?["subscriptions"]?["Newsletter"] == true
            return PlatformReply(status: 204)
        case .get: return PlatformReply(status: 200, body: Array(#"{"data":[]}"#.utf8))
        default: return PlatformReply(status: 201)
        }
    }

    private func isMeant(_ request: PlatformRequest) -> Bool {
        guard let profile else { return false }
        let name = Self.name(in: request.url)
        return name == profile.key || name == "7"
    }

    private static func name(in url: String) -> String {
        let name = url.firstMatch(of: /(?:emailAddress|organization_user_id)=(\w+)%40/)?.1
        return String(name ?? url.firstMatch(of: /profiles\/(\d+)/)?.1 ?? "?")
    }

    private static func words(of call: ConversationBridge.Call) -> String {
        let request = call.send.request
        let platform = call.platform.rawValue
        if request.method == .get { return "\(platform) reads \(name(in: request.url))" }
        let body = try? JSONValue(parsing: request.body)
        if platform == "actito" {
            let isOn = body?["subscriptions"]?["Newsletter"]?.bool ?? false
            return "actito \(name(in: request.url))=\(isOn)"
        }
        let key = body?["user"]?["organization_user_id"]?.string ?? "?"
        let isOn = body?["consents"]?["channels"]?.array?.first?["enabled"]?.bool ?? false
        return "didomi \(key.prefix { $0 != "@" })=\(isOn)"
    }
}
