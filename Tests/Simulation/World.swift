import BridgeTesting
import Bridge
import BridgeCore
import JSON
import Storage

/// One story: the shipping processor between two model platforms, on virtual time.
///
/// Everything that is random comes from the schedule's seed, so the same schedule gives the same
/// story. The world carries out what the bridge's loop thread, its server and its client do, and
/// has no rule of its own about consent.
package final class World {
    let schedule: Schedule
    /// The true time; the bridge's clock may differ by a little.
    var now: Timestamp
    var clockError = Interval.zero
    var agenda = Agenda()
    /// Latencies and faults.
    var chance: SeededRandom
    var didomi: ModelDidomi
    var actito: ModelActito
    var oracle = Oracle()
    var report = Report()
    let store: any Store
    /// What the bridge uses instead, if a storage call is to fail.
    var faultyStore: FaultyStore?
    var bridgeStore: any Store { faultyStore ?? store }
    let isTracing: Bool

    var bridge: RunningBridge?
    /// Counts processes, so that an answer to a dead one is recognised.
    var generation = 0
    var armedCrash: (point: CrashPoint, downFor: Interval)?
    var outageUntil: [PlatformName: Timestamp] = [:]
    var forbiddenUntil: [PlatformName: Timestamp] = [:]
    var diskFullUntil: Timestamp?
    /// Between a SIGTERM and the next start.
    var restartPause = Interval.zero
    var nextTurnAt: Timestamp?
    var webhookCount = 0
    /// Acknowledged entries: each must end in an outcome (S9).
    var acknowledged: Set<InboxID> = []
    /// The last number of a stored entry that the trace has shown.
    var tracedEntry: Int64 = 0
    var tracedStates: [String: String] = [:]
    /// An announcement of Actito came after the window: the rules promise nothing then.
    var isBeyondPromise = false

    /// Something happened before the first start that nobody ever tells.
    var hasUntoldHistory = false

    /// Which of Didomi's users people use, by person; else the first.
    var usedUsers: [Int: Int] = [:]
    /// Didomi's users that accepted webhooks named.
    var toldUsers: Set<String> = []
    /// What an operator who waits for the next turn does with what is held; nil: nobody does.
    var operatorReleases: Bool?
    /// What that came to in a turn that is not stored yet; nil: the turn had no such wishes.
    var operatorServed: [(HeldDecision, OperationResult)]?
    /// When and how an operator decided a field's held grant.
    var decided: [Oracle.Matter: HeldDecision] = [:]
    /// People of whom something was deleted of which the bridge could not know whose it was.
    var hasUnknownDeletion: Set<String> = []
    /// Numbers of deleted profiles, and whose they were.
    var deletedProfiles: [String: String] = [:]
    /// People's keys at Actito where they became others.
    var changedKeys: [String: String] = [:]

    /// Nothing breaks any more from then on.
    let quietAt: Timestamp

    init(_ schedule: Schedule, store: any Store, isTracing: Bool) {
        self.schedule = schedule
        self.store = store
        self.isTracing = isTracing
        let first = schedule.acts.first?.at ?? Schedule.start
        now = min(first, Schedule.start)
        let last = max(schedule.acts.last?.at ?? Schedule.start, Schedule.start)
        quietAt = last + Interval(milliseconds: 4 * 60 * Schedule.minute)
        chance = SeededRandom(seed: schedule.seed ^ 0x5EED)
        didomi = ModelDidomi(style: schedule.style)
        actito = ModelActito(style: schedule.style)
    }

    /// Plays a story to its end.
    package static func play(_ schedule: Schedule, isTracing: Bool = false) throws -> Report {
        try withStore(usesSQLite: schedule.style.usesSQLite) { store in
            let world = World(schedule, store: store, isTracing: isTracing)
            try world.play()
            return world.report
        }
    }

    func play() throws {
        for act in schedule.acts { agenda.plan(.act(act.deed), at: act.at) }
        agenda.plan(.start, at: Schedule.start)
        while let (at, happening) = agenda.next() {
            now = max(now, at)
            try take(happening)
            report.steps += 1
            guard report.steps < Self.stepsMax else {
                violate("S7_not_quiet", "still busy after \(Self.stepsMax) steps")
                break
            }
        }
        report.duration = now - Schedule.start
        try judge()
    }

    private func take(_ happening: Happening) throws {
        switch happening {
        case .act(let deed): carryOut(deed)
        case .confirm(let id, let matter, let choice): confirm(id, matter, choice)
        case .start: try startBridge()
        case .post(let webhook): arrive(webhook)
        case .request(let flight): takeEffect(flight)
        case .answer(let flight, let result): answer(flight, result)
        case .turn: try turn()
        }
    }

    /// The bridge's clock.
    var bridgeNow: Timestamp { now + clockError }

    func reach(_ condition: String) { report.reached[condition, default: 0] += 1 }

    func violate(_ rule: String, _ detail: String) {
        trace("VIOLATION \(rule): \(detail)")
        report.violations.append(Report.Violation(rule: rule, detail: detail))
    }

    func trace(_ line: @autoclosure () -> String) {
        guard isTracing else { return }
        report.trace.append("\(Self.clock(now))  \(line())")
    }

    /// Time since the bridge's first start: `1d 02:03:04.005`.
    private static func clock(_ time: Timestamp) -> String {
        let milliseconds = (time - Schedule.start).milliseconds
        func digits(_ number: Int64, _ width: Int) -> String {
            let text = String(number)
            return String(repeating: "0", count: max(0, width - text.count)) + text
        }
        let rest = abs(milliseconds)
        let clock = [rest / 3_600_000 % 24, rest / 60_000 % 60, rest / 1000 % 60]
            .map { digits($0, 2) }.joined(separator: ":")
        let sign = milliseconds < 0 ? "-" : " "
        return "\(sign)\(rest / 86_400_000)d \(clock).\(digits(rest % 1000, 3))"
    }

    /// Far more than any story needs: beyond it the bridge goes round in circles.
    private static let stepsMax = 20_000
}

/// Something that happens at a moment of virtual time.
enum Happening {
    case act(Act.Deed)
    /// A pending Didomi event is confirmed.
    case confirm(String, Oracle.Matter, Choice)
    case start
    /// An attempt of a webhook arrives.
    case post(Webhook)
    /// A request reaches its platform.
    case request(Flight)
    /// An answer, or the lack of one, reaches the bridge.
    case answer(Flight, TransportResult)
    /// The bridge's thread wakes.
    case turn
}

/// A webhook on its way from a platform.
struct Webhook {
    var platform: PlatformName
    var payload: JSONValue
    var number: Int
    /// When the change happened that it tells of.
    var bornAt: Timestamp
    /// Whose change it tells of, if the bridge made it.
    var echoOf: String?
    var failures = 0
}

/// A request on its way to a platform.
struct Flight {
    var generation: Int
    var platform: PlatformName
    var send: Processor.Send
    /// When the answer is to arrive; nil: the answer was planned already or is lost.
    var answersAt: Timestamp?
}
