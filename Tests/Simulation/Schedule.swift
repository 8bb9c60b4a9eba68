package import BridgeCore

/// One seed's story before it is played: what people do, what breaks and when.
///
/// A value, so that a failing one can be cut down act by act and played again.
package struct Schedule: Sendable {
    /// How hard the story is.
    package enum Mode: String, Sendable, CaseIterable {
        /// Choices on different platforms are two minutes or more apart, and Actito announces every
        /// change within the window: nobody may end with a wrong grant.
        case apart
        /// Choices on both platforms within the same two minutes: exceptions are listed.
        case close
        /// Actito gives up a webhook and announces it days later: exceptions are listed.
        case abandoned
    }

    /// Which additions to the generator a story has.
    ///
    /// A kept seed names the edition in which it failed, or its story would become another one.
    package enum Edition: String, Sendable, CaseIterable {
        case first
        /// Deletions, changed keys, several users with one key, the brake, flattened payloads.
        case second
    }

    package let seed: UInt64
    package let mode: Mode
    package var style: Style
    package var acts: [Act]
    /// Faults that single calls and webhooks may have.
    package var faults: Set<Fault>
    /// Calls in 100 that have one of them.
    package var faultPercent: Int
}

/// What the contracts leave open, the same for a whole story.
package struct Style: Sendable {
    package var people: Int
    /// A write of the value that a profile has already is announced too.
    package var announcesUnchanged: Bool
    /// Actito's envelope has a text id of its own, by which a duplicate is recognised.
    package var hasEnvelopeID: Bool
    /// Actito's payload names only the profile's number.
    package var namesOnlyProfile: Bool
    /// One webhook for each subscription, or one for all that one call changed.
    package var splitsSubscriptions: Bool
    /// Didomi answers 409 to an id that it has; else 200.
    package var refusesDuplicateEvents: Bool
    package var createsProfiles: Bool
    package var usesSQLite: Bool
    /// Didomi's users with each person's key.
    package var usersPerPerson = 1
    /// Of several users a write by the key reaches the one that changed last, else the first.
    package var writesReachNewestUser = false
    /// nil: payloads are nested.
    package var flattening: Flattening?
    /// `event.deleted` names nothing but the event.
    package var deletedEventsAreMinimal = false
    /// `on_user_deleted` is `unsubscribe`.
    package var withdrawsDeletedUsers = false
    /// `on_profile_deleted` is `withdraw`.
    package var withdrawsDeletedProfiles = false
    /// People who may gain consent from Actito in six hours; 0: no brake.
    package var brakePeopleMax = 0
}

/// Something that is done at a time of the story.
package struct Act: Sendable, Hashable {
    package enum Deed: Sendable, Hashable {
        /// A person chooses; at Actito only what is not so already.
        case choose(person: Int, Field, PlatformName, Choice)
        /// A choice that counts once it is confirmed, so much later (double opt-in).
        case choosePending(person: Int, Field, Choice, confirmedAfter: Interval)
        /// A choice under another regulation: none of ours.
        case chooseElsewhere(person: Int, Field, Choice)
        /// Didomi's customer data changes: a full-state webhook without a choice (S4).
        case editUser(person: Int, language: String)
        case createProfile(person: Int)
        /// From now on the person uses another of Didomi's users.
        case takeUser(person: Int, Int)
        /// Somebody deletes the person's nth newest consent event.
        case deleteEvent(person: Int, Int)
        case deleteUser(person: Int, Int)
        /// The profile gets another key at Actito; at Didomi the person keeps the old one.
        case changeKey(person: Int)
        case deleteProfile(person: Int)
        /// An operator releases everything that is held, or discards it.
        case decideHeld(releases: Bool)
        /// The bridge dies at the next moment of the kind, and is started again.
        case crash(CrashPoint, downFor: Interval)
        /// SIGTERM, and a new process after it.
        case restart(downFor: Interval)
        case jump(Interval)
        /// The platform answers 503 or nothing.
        case outage(PlatformName, Interval)
        /// Every call is answered 403.
        case forbid(PlatformName, Interval)
        case expireTokens(PlatformName)
        /// The storage takes no commit.
        case fillDisk(Interval)
    }

    package var at: Timestamp
    package var deed: Deed

    package init(at: Timestamp, deed: Deed) {
        self.at = at
        self.deed = deed
    }
}

/// The moments between two effects at which the process may die.
package enum CrashPoint: String, Sendable, CaseIterable {
    case beforeAppend
    case afterAppend
    case afterAcknowledgement
    case afterStoredRead
    case afterTurn
    case afterCommit
    case afterSend
    case beforeAnswerIsTaken
}

/// What can happen to one call or webhook.
package enum Fault: String, Sendable, CaseIterable {
    case noConnection
    case lostBeforeEffect
    case lostAnswer
    case lateEffect
    case tooManyRequests
    case unavailableBeforeEffect
    case unavailableAfterEffect
    case slow
    case unauthorized
    case webhookDelayed
    case webhookDuplicated
    case webhookAnswerLost
    case webhookGivenUp
    /// The platform refuses the write; a grant may die of it, for an operator to see.
    case badRequest
}

extension Act.Deed {
    /// Something that breaks, not something that people do.
    package var isTrouble: Bool {
        switch self {
        case .crash, .restart, .jump, .outage, .forbid, .expireTokens, .fillDisk: true
        case .choose, .choosePending, .chooseElsewhere, .editUser, .createProfile, .takeUser,
            .deleteEvent, .deleteUser, .changeKey, .deleteProfile, .decideHeld:
            false
        }
    }
}
