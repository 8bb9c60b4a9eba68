import BridgeCore
import JSON
import Testing

/// Deduplication only by what the sender gave (design section 4, Identity).
@Suite struct IdentityTests {
    private func didomi(_ entity: JSONValue, type: JSONValue = "event.created") -> String? {
        senderIdentity(of: ["type": type, "parameters": ["entity": entity]], from: .didomi)
    }

    @Test func `a Didomi webhook is its type, id, newest time and status`() {
        let entity: JSONValue = ["id": "e", "created_at": "T1", "status": "confirmed"]
        let first = didomi(entity)
        #expect(first != nil && first == didomi(entity))
        #expect(didomi(entity, type: "event.updated") != first)
        #expect(didomi(["id": "f", "created_at": "T1", "status": "confirmed"]) != first)
        #expect(didomi(["id": "e", "created_at": "T1", "status": "pending_approval"]) != first)
        let updated: JSONValue = [
            "id": "e", "created_at": "T1", "updated_at": "T2", "status": "confirmed",
        ]
        #expect(didomi(updated) != first)
    }

    @Test func `the new entity counts, not the old one`() {
        func identity(_ time: JSONValue) -> String? {
            let parameters: JSONValue = [
                "old_entity": ["id": "u", "updated_at": "T0"],
                "new_entity": ["id": "u", "updated_at": time],
            ]
            return senderIdentity(
                of: ["type": "user.updated", "parameters": parameters],
                from: .didomi
            )
        }
        #expect(identity("T1") != nil && identity("T1") != identity("T2"))
    }

    @Test func `without id or time there is no identity`() {
        #expect(didomi(["created_at": "T1"]) == nil)
        #expect(didomi(["id": "e"]) == nil)
        #expect(didomi(["id": 7, "created_at": "T1"]) == nil)
        #expect(didomi(["id": "e", "created_at": "T1"], type: nil) == nil)
        #expect(senderIdentity(of: [], from: .didomi) == nil)
    }

    @Test func `an Actito envelope counts by its id only if that is a text`() {
        let uuid = "6f2c2a1e-0b1d-4f7a-9a55-3e2f1f0a7b10"
        #expect(senderIdentity(of: ["id": .string(uuid)], from: .actito) != nil)
        // The record's number: off, on, off are three choices.
        #expect(senderIdentity(of: ["id": 26], from: .actito) == nil)
        #expect(senderIdentity(of: ["data": ["profileId": "1"]], from: .actito) == nil)
        #expect(senderIdentity(of: [["id": .string(uuid)]], from: .actito) == nil)
    }

    @Test func `both platforms' identities stay apart`() {
        let body: JSONValue = [
            "id": "x", "type": "t", "parameters": ["entity": ["id": "x", "created_at": "T"]],
        ]
        #expect(senderIdentity(of: body, from: .didomi) != senderIdentity(of: body, from: .actito))
    }
}
