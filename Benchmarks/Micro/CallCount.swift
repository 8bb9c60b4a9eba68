import Bridge
import BridgeCore
import HTTPTypes
import Storage

/// Counts the calls that changes come to, on virtual time: the shipping processor at given limits.
///
/// Everybody chooses in turn, on and off alternately; an answer takes 100 milliseconds.
struct CallCount {
    enum Mode: String {
        /// Choices at Didomi, written to Actito.
        case didomi
        /// Choices at Actito, written to Didomi.
        case actito
    }

    private static let answerTime = Interval(milliseconds: 100)
    private let mode: Mode
    private let people: Int
    private let changes: Int
    private let store = InMemoryStore()
    private let processor: Processor
    private var now = Samples.now
    private var answers: [(at: Timestamp, event: Processor.Event)] = []
    /// What each person chose last at Actito.
    private var truth: [Int: Bool] = [:]
    private var calls: [String: Int] = [:]

    init(_ mode: Mode, people: Int, changes: Int, perMinute: Int) throws {
        self.mode = mode
        self.people = people
        self.changes = changes
        processor = try Samples.processor(
            on: store,
            limits: Governor.Limits(perMinute: perMinute, concurrent: perMinute > 0 ? 3 : 0)
        )
    }

    /// Plays changes that are spread evenly over a time, until nothing is owed any more.
    mutating func result(within duration: Interval, _ templates: [Template]) throws -> String {
        var arrived = 0
        func arrival(_ number: Int) -> Timestamp {
            let milliseconds = duration.milliseconds * Int64(number) / Int64(changes)
            return Samples.now + Interval(milliseconds: milliseconds)
        }
        while true {
            let next = [
                arrived < changes ? arrival(arrived) : nil, answers.first?.at, processor.nextWakeAt,
            ].compactMap(\.self).min()
            guard let next else { break }
            now = max(now, next)
            var entries: [NewInboxEntry] = []
            while arrived < changes, arrival(arrived) <= now, entries.count < 64 {
                entries.append(try entry(arrived, templates))
                arrived += 1
            }
            if !entries.isEmpty {
                _ = try store.append(entries)
                processor.mayHaveUndecided = true
            }
            repeat { try turn() } while processor.mayHaveUndecided
        }
        let counted = calls.sorted { $0.key < $1.key }.map { ", \"\($0.key)\": \($0.value)" }
        return """
            {"changes": \(changes), "people": \(people), "virtual_seconds": \
            \((now - Samples.now).seconds)\(counted.joined())}
            """
    }

    private mutating func entry(_ number: Int, _ templates: [Template]) throws -> NewInboxEntry {
        let person = number % people
        let isGranted = (number / people).isMultiple(of: 2)
        truth[person] = isGranted
        let body = templates[mode == .didomi ? 0 : 1].filled(
            number: number,
            person: person,
            isGranted: isGranted,
            at: now
        )
        return try Samples.entry(body, from: mode == .didomi ? .didomi : .actito, at: now)
    }

    private mutating func turn() throws {
        let due = answers.prefix { $0.at <= now }.map(\.event)
        answers.removeFirst(due.count)
        try processor.storeReads(among: due, at: now)
        try processor.turn(due, at: now)
        for send in try processor.finish() {
            let request = send.request
            let route = PlatformAnswers.route(of: request)
            calls["\(request.method.rawValue) \(route.rawValue)", default: 0] += 1
            let reply = PlatformAnswers.answer(request) { truth[$0] }
            let event: Processor.Event =
                switch send.purpose {
                case .call(let lane, let id): .replied(lane, id, .reply(reply))
                case .preparation(let key): .prepared(key, .reply(reply))
                }
            answers.append((now + Self.answerTime, event))
        }
    }
}
