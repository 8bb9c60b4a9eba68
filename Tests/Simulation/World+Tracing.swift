import BridgeCore
import JSON
import Storage

/// What the bridge decided, for people who read a failing story.
extension World {
    func describe(_ webhook: Webhook) -> String {
        let payload = webhook.payload
        guard webhook.platform == .didomi else {
            return "Actito \(text(payload["eventType"])) \(text(payload["data"]))"
        }
        let parameters = payload["parameters"]
        let entity = parameters?["entity"] ?? parameters?["new_entity"]
        let source = text(parameters?["source"]?["id"])
        return "Didomi \(text(payload["type"])) \(text(entity?["id"])) from \(source) "
            + "at \(text(entity?["updated_at"])) \(text(entity?["consents"]))"
    }

    private func text(_ value: JSONValue?) -> String {
        guard let value else { return "-" }
        return value.string ?? String(decoding: value.serialized(), as: UTF8.self)
    }

    /// New outcomes, and what changed in registers and replicas.
    func traceDecisions() throws {
        guard isTracing else { return }
        while let state = try store.state(of: InboxID(tracedEntry + 1)) {
            tracedEntry += 1
            for change in try store.changes(of: InboxID(tracedEntry)) {
                let choice = change.choice?.rawValue ?? ""
                let outcome = change.outcome.map { "\($0.label) \($0.reason ?? "")" } ?? "waits"
                trace(
                    "  entry \(tracedEntry) (\(state)): \(change.field ?? "") \(choice) \(outcome)"
                )
            }
        }
        let people = (0..<schedule.style.people).map(Self.key)
        for person in people + changedKeys.values.sorted() {
            let subject = Subject.key(SubjectKey(person))
            let key = SnapshotKey(integration: Self.integration, subject: subject)
            guard let snapshot = try store.snapshots(of: [key])[key] else { continue }
            for (field, state) in snapshot.fields.sorted(by: { $0.key < $1.key }) {
                let line = describe(state)
                let name = "\(person) \(field.name)"
                if tracedStates.updateValue(line, forKey: name) != line {
                    trace("  \(name): \(line)")
                }
            }
        }
    }

    private func describe(_ state: FieldState) -> String {
        var parts = [
            "register \(state.register?.choice.rawValue ?? "-")",
            "Actito \(state.actito.choice?.rawValue ?? "?")",
            "Didomi \(state.didomi.choice?.rawValue ?? "?")",
        ]
        if let verification = state.verification {
            parts.append(
                "verifying \(verification.step.rawValue)"
                    + (verification.isDisturbed ? " (disturbed)" : "")
            )
        }
        if let doubt = state.doubt { parts.append("doubt \(doubt.needsRead)") }
        if state.heldGrant != nil { parts.append("held") }
        return parts.joined(separator: ", ")
    }
}
