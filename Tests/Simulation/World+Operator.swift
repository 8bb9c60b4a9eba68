import Bridge
import BridgeCore
import Storage

/// What an operator makes of a held grant.
struct HeldDecision {
    var delivery: DeliveryID
    var matter: Oracle.Matter
    var at: Timestamp
    var isReleased: Bool
    var reason: DeliveryState.HoldReason

    var operation: Operation {
        let request: Operation.Request =
            isReleased ? .retry([delivery]) : .discard(delivery, reason: "a mistake")
        return Operation(request, by: "operator")
    }
}

/// `deliveries retry` and `deliveries discard` of what is held.
extension World {
    /// What an operator who waits wants of the turn that begins.
    func wishes() throws -> [HeldDecision] {
        guard let releases = operatorReleases else { return [] }
        var wishes: [HeldDecision] = []
        for number in 1..<(try store.makeDeliveryID().number) {
            guard let delivery = try store.delivery(DeliveryID(number)),
                case .held(let reason) = delivery.state,
                let matter = try matter(of: delivery)
            else { continue }
            wishes.append(
                HeldDecision(
                    delivery: delivery.id,
                    matter: matter,
                    at: now,
                    isReleased: releases,
                    reason: reason
                )
            )
        }
        return wishes
    }

    /// The turn that carried out what an operator wanted is stored.
    func noteDecisions() {
        guard let carriedOut = operatorServed else { return }
        for (decision, result) in carriedOut {
            guard case .done(1) = result else { continue }
            let verb = decision.isReleased ? "released" : "discarded"
            trace("an operator has \(verb) \(decision.matter)")
            reach("held_\(decision.reason.rawValue)_\(verb)")
            decided[decision.matter] = decision
        }
        operatorReleases = nil
        operatorServed = nil
    }

    private func matter(of delivery: DeliveryRecord) throws -> Oracle.Matter? {
        let lane = delivery.lane
        let key = SnapshotKey(integration: lane.integration, subject: lane.subject)
        let fields = try store.snapshots(of: [key])[key]?.fields ?? [:]
        let held = fields.first { $0.value.heldGrant?.delivery == delivery.id }
        guard let field = held?.key, let person = lane.subject.key else { return nil }
        return Oracle.Matter(key: self.person(of: person.text), field: field)
    }
}
