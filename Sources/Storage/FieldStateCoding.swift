import BridgeCore
import JSON

extension FieldState {
    var document: JSONValue {
        var object = JSONObject()
        object["register"] = register?.document
        object["didomi_choice"] = newestDidomiChoice.map { .string($0.rawValue) }
        object["didomi_choice_at"] = newestDidomiChoiceAt.map(JSONValue.init)
        object["time_at_didomi"] = newestTimeAtDidomi.map(JSONValue.init)
        object["actito_withdrawal_at"] = actitoWithdrawalAt.map(JSONValue.init)
        object["actito_grant_at"] = actitoGrantAt.map(JSONValue.init)
        object["actito_denied_at"] = actitoDeniedAt.map(JSONValue.init)
        if actito != Replica() { object["actito"] = actito.document }
        if didomi != Replica() { object["didomi"] = didomi.document }
        object["verification"] = verification?.document
        object["held"] = heldGrant?.document
        object["doubt"] = doubt?.document
        object["late_check_at"] = lateCheckAt.map(JSONValue.init)
        if needsLateCheck { object["late_check"] = true }
        if !repairs.isEmpty { object["repairs"] = .array(repairs.map { JSONValue($0) }) }
        return .object(object)
    }

    init?(_ document: JSONValue) {
        self.init()
        if let stored = document["register"] {
            guard let entry = RegisterEntry(stored) else { return nil }
            register = entry
        }
        newestDidomiChoice = document["didomi_choice"]?.choice
        newestDidomiChoiceAt = document["didomi_choice_at"]?.timestamp
        newestTimeAtDidomi = document["time_at_didomi"]?.timestamp
        actitoWithdrawalAt = document["actito_withdrawal_at"]?.timestamp
        actitoGrantAt = document["actito_grant_at"]?.timestamp
        actitoDeniedAt = document["actito_denied_at"]?.timestamp
        if let stored = document["actito"] { actito = Replica(document: stored) }
        if let stored = document["didomi"] { didomi = Replica(document: stored) }
        if let stored = document["verification"] {
            guard let running = Verification(stored) else { return nil }
            verification = running
        }
        if let stored = document["held"] {
            guard let held = HeldGrant(stored) else { return nil }
            heldGrant = held
        }
        if let stored = document["doubt"] {
            guard let open = WithdrawalDoubt(stored) else { return nil }
            doubt = open
        }
        lateCheckAt = document["late_check_at"]?.timestamp
        needsLateCheck = document["late_check"] == true
        repairs = (document["repairs"]?.array ?? []).compactMap(\.timestamp)
    }
}

extension RegisterEntry {
    var document: JSONValue {
        [
            "choice": .string(choice.rawValue), "at": JSONValue(chosenAt),
            "origin": .string(origin.rawValue), "by": JSONValue(evidence.number),
            "received": JSONValue(receivedAt),
        ]
    }

    init?(_ document: JSONValue) {
        guard let choice = document["choice"]?.choice, let at = document["at"]?.timestamp,
            let origin = document["origin"]?.string.flatMap(PlatformName.init(rawValue:)),
            let evidence = document["by"]?.inboxID, let received = document["received"]?.timestamp
        else { return nil }
        self.init(
            choice: choice,
            chosenAt: at,
            origin: origin,
            evidence: evidence,
            receivedAt: received
        )
    }
}

extension Replica {
    var document: JSONValue {
        var object = JSONObject()
        object["choice"] = choice.map { .string($0.rawValue) }
        object["grant"] = grant?.document
        object["withdrawal"] = withdrawal?.document
        object["replaced"] = replacedWrite?.document
        if isRefused { object["refused"] = true }
        if isDiscarded { object["discarded"] = true }
        return .object(object)
    }

    init(document: JSONValue) {
        self.init(
            choice: document["choice"]?.choice,
            grant: document["grant"].flatMap(FieldWrite.init),
            withdrawal: document["withdrawal"].flatMap(FieldWrite.init),
            isRefused: document["refused"] == true
        )
        isDiscarded = document["discarded"] == true
        replacedWrite = document["replaced"].flatMap(FieldWrite.init)
    }
}

extension FieldWrite {
    var document: JSONValue {
        var object = JSONObject()
        object["made"] = JSONValue(madeAt)
        object["sent"] = JSONValue(sentAt)
        object["verdict"] = .string(verdict.rawValue)
        object["accepted"] = acceptedAt.map(JSONValue.init)
        if isSeenBack { object["seen"] = true }
        object["event"] = eventID.map(JSONValue.string)
        object["event_at"] = eventCreatedAt.map(JSONValue.init)
        object["unknown"] = earlierUnknownAt.map(JSONValue.init)
        return .object(object)
    }

    init?(_ document: JSONValue) {
        guard let made = document["made"]?.timestamp, let sent = document["sent"]?.timestamp,
            let verdict = document["verdict"]?.string.flatMap(Verdict.init(rawValue:))
        else { return nil }
        self.init(
            madeAt: made,
            sentAt: sent,
            verdict: verdict,
            isSeenBack: document["seen"] == true,
            eventID: document["event"]?.string,
            eventCreatedAt: document["event_at"]?.timestamp,
            earlierUnknownAt: document["unknown"]?.timestamp
        )
        acceptedAt = document["accepted"]?.timestamp
    }
}

extension Verification {
    var document: JSONValue {
        [
            "cause": .string(cause.rawValue), "step": .string(step.rawValue),
            "changes": .array(changes.map(\.document)), "announced": JSONValue(announcedAt),
            "at": JSONValue(chosenAt), "disturbed": .bool(isDisturbed),
            "withdraws": .bool(withdrawsFirst),
        ]
    }

    init?(_ document: JSONValue) {
        let changes = (document["changes"]?.array ?? []).compactMap(ChangeReference.init)
        guard let cause = document["cause"]?.string.flatMap(Cause.init(rawValue:)),
            let step = document["step"]?.string.flatMap(Step.init(rawValue:)),
            let first = changes.first, let announced = document["announced"]?.timestamp,
            let at = document["at"]?.timestamp
        else { return nil }
        self.init(cause: cause, change: first, announcedAt: announced, chosenAt: at)
        self.step = step
        self.changes = changes
        isDisturbed = document["disturbed"] == true
        withdrawsFirst = document["withdraws"] == true
    }
}

extension WithdrawalDoubt {
    var document: JSONValue {
        [
            "change": change.document, "others": .array(otherChanges.map(\.document)),
            "announced": JSONValue(announcedAt), "read": .bool(needsRead),
            "disturbed": .bool(isDisturbed),
        ]
    }

    init?(_ document: JSONValue) {
        guard let change = document["change"].flatMap(ChangeReference.init),
            let announced = document["announced"]?.timestamp
        else { return nil }
        self.init(change: change, announcedAt: announced)
        otherChanges = (document["others"]?.array ?? []).compactMap(ChangeReference.init)
        needsRead = document["read"] == true
        isDisturbed = document["disturbed"] == true
    }
}

extension HeldGrant {
    var document: JSONValue {
        [
            "delivery": JSONValue(delivery.number), "at": JSONValue(chosenAt),
            "by": JSONValue(evidence.number), "origin": .string(origin.rawValue),
        ]
    }

    init?(_ document: JSONValue) {
        guard let delivery = document["delivery"]?.number?.integer,
            let at = document["at"]?.timestamp, let evidence = document["by"]?.inboxID
        else { return nil }
        let origin = document["origin"]?.string.flatMap(PlatformName.init(rawValue:)) ?? .didomi
        self.init(
            delivery: DeliveryID(delivery),
            chosenAt: at,
            evidence: evidence,
            origin: origin
        )
    }
}
