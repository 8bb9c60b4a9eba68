import BridgeCore
import HTTPTypes
import JSON
import Testing

@testable import Bridge

/// What is told of alerts, and when.
@Suite struct AlertBookTests {
    private static let dead = Alert(.deadLetters, about: "actito", "2 deliveries")
    private static let late = Alert(.withdrawalLate, about: "actito", "a withdrawal waits")

    private static func at(_ seconds: Int64) -> Timestamp {
        Timestamp(milliseconds: 1_795_000_000_000 + seconds * 1000)
    }

    private static func told(_ notices: [AlertNotice]) -> [String] {
        notices.map { "\($0.alert.name.kind.rawValue) \($0.status.rawValue)" }
    }

    @Test func `an alert is told once when it begins and once when it ends`() {
        var book = AlertBook()
        var told: [String] = []
        let looks: [[Alert]] = [[Self.dead], [Self.dead], [], [], [Self.dead]]
        for (index, look) in looks.enumerated() {
            let notices = book.take(look, unjudged: [], at: Self.at(Int64(index) * 15))
            told += Self.told(notices).map { "\(index) \($0)" }
        }
        #expect(
            told == ["0 dead_letters firing", "2 dead_letters resolved", "4 dead_letters firing"]
        )
    }

    @Test func `what only one look catches is not told, neither its end`() {
        var book = AlertBook()
        #expect(book.take([Self.late], unjudged: [], at: Self.at(0)).isEmpty)
        #expect(book.take([], unjudged: [], at: Self.at(15)).isEmpty)
        #expect(book.take([Self.late], unjudged: [], at: Self.at(30)).isEmpty)
        // Looks are not exactly 15 seconds apart.
        let notices = book.take([Self.late], unjudged: [], at: Self.at(44))
        #expect(Self.told(notices) == ["withdrawal_late firing"])
        #expect(notices.first?.since == Self.at(30))
        #expect(book.take([Self.late], unjudged: [], at: Self.at(60)).isEmpty)
        let ended = book.take([], unjudged: [], at: Self.at(75))
        #expect(Self.told(ended) == ["withdrawal_late resolved"])
        #expect(ended.first?.since == Self.at(30))
    }

    @Test func `what cannot be judged neither begins nor ends`() {
        var book = AlertBook()
        _ = book.take([Self.dead], unjudged: [], at: Self.at(0))
        #expect(book.take([], unjudged: [.deadLetters], at: Self.at(15)).isEmpty)
        #expect(Self.told(book.take([], unjudged: [], at: Self.at(30))).count == 1)
    }

    @Test func `each platform's alert is its own, and ends are told first`() {
        var book = AlertBook()
        let other = Alert(.deadLetters, about: "didomi", "1 delivery")
        #expect(book.take([Self.dead, other], unjudged: [], at: Self.at(0)).count == 2)
        let drift = Alert(.drift, "a name")
        let notices = book.take([drift, other], unjudged: [], at: Self.at(15))
        #expect(Self.told(notices) == ["dead_letters resolved", "drift firing"])
        #expect(notices.first?.alert.name.about == "actito")
    }

    private static func notice(_ status: AlertNotice.Status) -> AlertNotice {
        AlertNotice(dead, status, since: at(0), at: at(60))
    }

    @Test func `a message that nobody takes is sent again after a pause that doubles`() {
        var queue = NoticeQueue()
        #expect(queue.next(at: Self.at(0)) == nil)
        queue.append([Self.notice(.firing)])
        var (now, pauses): (Int64, [Int64]) = (0, [])
        for index in 0..<7 {
            #expect(queue.next(at: Self.at(now)) != nil)
            let isFirst = queue.fail(at: Self.at(now))
            #expect(isFirst == (index == 0))
            let began = now
            while queue.next(at: Self.at(now)) == nil { now += 1 }
            pauses.append(now - began)
        }
        #expect(pauses == [10, 20, 40, 80, 160, 300, 300])
        queue.succeed()
        #expect(queue.notices.isEmpty)
        queue.append([Self.notice(.resolved)])
        #expect(queue.next(at: Self.at(now)) == Self.notice(.resolved))
    }

    @Test func `a clock that was set back does not stop the messages`() {
        var queue = NoticeQueue()
        queue.append([Self.notice(.firing)])
        _ = queue.fail(at: Self.at(90_000))
        #expect(queue.next(at: Self.at(0)) != nil)
    }

    @Test func `of one alert at most two messages wait`() {
        var queue = NoticeQueue()
        for _ in 0..<5 {
            queue.append([Self.notice(.firing)])
            queue.append([Self.notice(.resolved)])
        }
        #expect(queue.notices.map(\.status) == [.firing, .resolved])
        queue.append([Self.notice(.firing)])
        #expect(queue.notices.map(\.status) == [.firing])
    }

    @Test func `a message says what is wrong, since when and what to do`() throws {
        let request = Self.notice(.firing).request(
            to: "https://alerts.example.com/x",
            from: "host-1"
        )
        #expect(request.method == .post)
        #expect(request.headers[.contentType] == "application/json")
        #expect(
            try JSONValue(parsing: request.body) == [
                "status": "firing", "alert": "dead_letters", "severity": "warning",
                "about": "actito", "summary": "2 deliveries",
                "action": .string(AlertKind.deadLetters.action),
                "runbook": "docs/operating.md#a-delivery-is-dead-or-a-withdrawal-overdue",
                "since": .string(Self.at(0).iso8601),
                "at": .string(Self.at(60).iso8601), "host": "host-1",
                "text": .string(
                    "Consent Bridge on host-1, warning: 2 deliveries "
                        + "\(AlertKind.deadLetters.action) See docs/operating.md#a-delivery-is-dead-or-a-withdrawal-overdue."
                ),
            ]
        )
        let end = Self.notice(.resolved).body(from: "host-1")
        #expect(end["status"] == "resolved")
        #expect(end["text"] == "Consent Bridge on host-1, over after 1 min: 2 deliveries")
    }
}
