import BridgeCore
import JSON
import Storage

extension Sample {
    /// A snapshot in which every member is set to a value of its own.
    static var fullSnapshot: Snapshot {
        var snapshot = Snapshot(integration: shop, subject: claire)
        snapshot.fields = [
            email: fullState,
            newsletter: lateState,
            letterByMail: FieldState(),
            .preference(id: "topics", value: "sport"): FieldState(),
            .target(.attribute("marketingConsent")): FieldState(),
        ]
        snapshot.preferences = [
            "topics": PreferenceList(
                id: "topics",
                purpose: "letters",
                values: ["culture", "sport"],
                seenAt: at(50)
            ),
            "empty": PreferenceList(id: "empty", purpose: "p", values: [], seenAt: at(51)),
        ]
        snapshot.attributes = [
            "language": AttributeState(
                value: "FR",
                chosenAt: at(40),
                evidence: InboxID(41),
                receivedAt: at(42),
                sent: "EN"
            ),
            "points": AttributeState(
                value: .number(JSONNumber(verbatim: "12.50")),
                chosenAt: at(43),
                evidence: InboxID(44),
                receivedAt: at(45)
            ),
        ]
        snapshot.profileID = "12345"
        snapshot.profileMissingSince = at(46)
        snapshot.profileRetryAt = at(47)
        snapshot.isProfileRetryDue = true
        snapshot.isKeyChanged = true
        snapshot.splitting = [.actito: .parts, .didomi: .withdrawals]
        snapshot.deletions = [
            Deletion(
                kind: .user,
                change: ChangeReference(entry: InboxID(48), index: 1),
                receivedAt: at(49)
            )
        ]
        snapshot.deletions[0].isDisturbed = true
        snapshot.open = [.actito: fullWrite, .didomi: fullEvent]
        snapshot.readingStored = [.actito, .didomi]
        snapshot.deadWrites = [
            DeliveryID(71): DeadWrite(platform: .actito, fields: [email], attributes: ["language"]),
            DeliveryID(70): DeadWrite(platform: .didomi, fields: [email], attributes: []),
        ]
        return snapshot
    }

    private static var fullState: FieldState {
        var state = FieldState()
        state.register = RegisterEntry(
            choice: .denied,
            chosenAt: at(1),
            origin: .actito,
            evidence: InboxID(2),
            receivedAt: at(3)
        )
        state.newestDidomiChoice = .granted
        state.newestDidomiChoiceAt = at(4)
        state.newestTimeAtDidomi = at(5)
        state.actitoWithdrawalAt = at(6)
        state.actitoGrantAt = at(7)
        state.actitoDeniedAt = at(8)
        state.actito = Replica(
            choice: .granted,
            grant: FieldWrite(
                madeAt: at(9),
                sentAt: at(10),
                verdict: .unknown,
                earlierUnknownAt: at(8)
            ),
            withdrawal: FieldWrite(madeAt: at(11), sentAt: at(12), isSeenBack: true),
            isRefused: true
        )
        state.actito.isDiscarded = true
        state.actito.withdrawal?.acceptedAt = at(12)
        state.actito.replacedWrite = FieldWrite(madeAt: at(1), sentAt: at(2))
        state.didomi = Replica(
            choice: .denied,
            withdrawal: FieldWrite(
                madeAt: at(13),
                sentAt: at(14),
                verdict: .accepted,
                isSeenBack: true,
                eventID: "11111111-2222-4333-8444-555555555555",
                eventCreatedAt: at(15)
            )
        )
        var verification = Verification(
            cause: .announcedByActito,
            change: ChangeReference(entry: InboxID(16), index: 2),
            announcedAt: at(17),
            chosenAt: at(18)
        )
        verification.step = .consentEvents
        verification.changes.append(ChangeReference(entry: InboxID(19), index: 0))
        verification.isDisturbed = true
        verification.withdrawsFirst = true
        state.verification = verification
        state.doubt = WithdrawalDoubt(
            change: ChangeReference(entry: InboxID(60), index: 4),
            announcedAt: at(61)
        )
        state.doubt?.needsRead = true
        state.doubt?.otherChanges = [ChangeReference(entry: InboxID(60), index: 2)]
        state.doubt?.isDisturbed = true
        state.lateCheckAt = at(62)
        state.needsLateCheck = true
        state.repairs = [at(63), at(64)]
        return state
    }

    private static var lateState: FieldState {
        var state = FieldState()
        state.verification = Verification(
            cause: .lateFromDidomi,
            change: ChangeReference(entry: InboxID(20), index: 0),
            announcedAt: at(21),
            chosenAt: at(22)
        )
        state.heldGrant = HeldGrant(
            delivery: DeliveryID(23),
            chosenAt: at(24),
            evidence: InboxID(25),
            origin: .didomi
        )
        return state
    }

    private static var fullWrite: OpenDelivery {
        var delivery = OpenDelivery(
            id: DeliveryID(30),
            call: .write(
                PlannedWrite(
                    choices: [email: .denied, letterByMail: .granted],
                    attributes: ["language": "FR", "vip": true]
                )
            ),
            waitingSince: at(31),
            createdAt: at(32),
            evidence: [InboxID(2), InboxID(41)]
        )
        delivery.createsProfile = true
        return delivery
    }

    private static var fullEvent: OpenDelivery {
        var delivery = OpenDelivery(
            id: DeliveryID(33),
            call: .write(PlannedWrite(choices: [newsletter: .denied])),
            event: OwnEvent(id: "66666666-7777-4888-8999-000000000000", createdAt: at(34)),
            waitingSince: at(35),
            createdAt: at(36),
            evidence: [InboxID(2)]
        )
        delivery.isInFlight = true
        delivery.isOverdue = true
        delivery.isUrgent = true
        return delivery
    }

    /// A person who is known by the profile's number only.
    static var unresolvedSnapshot: Snapshot {
        var snapshot = Snapshot(integration: shop, subject: .profile(id: "777"))
        snapshot.unresolved = [
            UnresolvedChange(
                content: .choice(email, .denied),
                change: ChangeReference(entry: InboxID(50), index: 3),
                receivedAt: at(51)
            ),
            UnresolvedChange(
                content: .choice(newsletter, .granted),
                change: ChangeReference(entry: InboxID(52), index: 0),
                receivedAt: at(53)
            ),
        ]
        let others: [Change.Content] = [.profileCreated, .profileDeleted, .unreadable(email)]
        snapshot.unresolved += others.map {
            UnresolvedChange(
                content: $0,
                change: ChangeReference(entry: InboxID(58), index: 0),
                receivedAt: at(59)
            )
        }
        snapshot.unresolved[4].isDisturbed = true
        snapshot.users = ["u1", "u2"]
        snapshot.fieldsToCheck = [email, newsletter]
        snapshot.fieldsToCheckAgain = [newsletter]
        snapshot.laggingUsers = ["u2": [email, newsletter]]
        snapshot.open = [.actito: read(.readProfile, 54)]
        return snapshot
    }

    /// A person whose events are being read.
    static var readingSnapshot: Snapshot {
        var snapshot = Snapshot(integration: magazine, subject: claire)
        snapshot.open = [.didomi: read(.readConsentEvents, 55)]
        return snapshot
    }

    private static func read(_ call: PlannedCall, _ id: Int64) -> OpenDelivery {
        OpenDelivery(
            id: DeliveryID(id),
            call: call,
            waitingSince: at(56),
            createdAt: at(57),
            evidence: []
        )
    }
}
