import BridgeTesting
import Bridge
import BridgeCore
import HTTPTypes
import JSON
import Storage

/// Requests on their way, and what goes wrong with them.
extension World {
    /// Whether a fault of this kind happens now.
    func fails(_ fault: Fault, percent: Int? = nil) -> Bool {
        guard schedule.faults.contains(fault), now < quietAt else { return false }
        return chance.chance((percent ?? 100) * schedule.faultPercent / 100)
    }

    /// A request leaves the bridge.
    func carry(_ send: Processor.Send) {
        let platform = platform(of: send)
        let flight = Flight(generation: generation, platform: platform, send: send)
        report.calls += 1
        let latency = Interval(milliseconds: chance.milliseconds(20, 900))
        guard let fault = fault(of: platform) else { return succeed(flight, after: latency) }
        trace("  -> \(describe(send)): \(fault.rawValue)")
        reach(fault.rawValue)
        switch fault {
        case .noConnection:
            answer(flight, .failed(mayHaveArrived: false), after: latency)
        case .lostBeforeEffect:
            answer(flight, .failed(mayHaveArrived: true), after: Self.timeout)
        case .lostAnswer:
            agenda.plan(.request(flight), at: now + latency)
            answer(flight, .failed(mayHaveArrived: true), after: Self.timeout)
        case .lateEffect:
            let late = Interval(milliseconds: chance.milliseconds(1000, Self.lateMax))
            agenda.plan(.request(flight), at: now + late)
            let wait = min(late, Self.timeout)
            answer(flight, .failed(mayHaveArrived: true), after: wait)
        case .tooManyRequests:
            answer(flight, .reply(.json(429, [:], [.retryAfter: "20"])), after: latency)
        case .unavailableBeforeEffect:
            answer(flight, .reply(.json(503, [:])), after: latency)
        case .unavailableAfterEffect:
            agenda.plan(.request(flight), at: now)
            answer(flight, .reply(.json(500, [:])), after: latency)
        case .slow:
            succeed(flight, after: Interval(milliseconds: chance.milliseconds(2000, 28_000)))
        case .unauthorized:
            actito.tokens = platform == .actito ? [:] : actito.tokens
            didomi.tokens = platform == .didomi ? [:] : didomi.tokens
            succeed(flight, after: latency)
        case .badRequest:
            answer(flight, .reply(.json(400, [:])), after: latency)
        case .webhookDelayed, .webhookDuplicated, .webhookAnswerLost, .webhookGivenUp:
            succeed(flight, after: latency)
        }
    }

    private func succeed(_ flight: Flight, after latency: Interval) {
        var flight = flight
        flight.answersAt = now + latency
        let half = Interval(milliseconds: latency.milliseconds / 2)
        agenda.plan(.request(flight), at: now + half)
    }

    private func answer(_ flight: Flight, _ result: TransportResult, after pause: Interval) {
        agenda.plan(.answer(flight, result), at: now + pause)
    }

    private func fault(of platform: PlatformName) -> Fault? {
        if let until = outageUntil[platform], now < until {
            reach("outage_\(platform)")
            let kinds: [Fault] = [.noConnection, .lostBeforeEffect, .unavailableBeforeEffect]
            return kinds.randomElement(using: &chance)
        }
        guard now < quietAt, chance.chance(schedule.faultPercent) else { return nil }
        return Self.callFaults.filter(schedule.faults.contains).randomElement(using: &chance)
    }

    /// The request reaches the platform, maybe long after the bridge stopped waiting.
    func takeEffect(_ flight: Flight) {
        let request = flight.send.request
        let reply: PlatformReply
        if let until = forbiddenUntil[flight.platform], now < until {
            reach("forbidden_\(flight.platform)")
            reply = .json(403, [:])
        } else {
            let (given, announced) =
                switch flight.platform {
                case .didomi: didomi.answer(request, at: now)
                case .actito: actito.answer(request, at: now)
                }
            reply = given
            announce(announced, flight.platform, echoOf: flight.subjectKey)
        }
        if flight.answersAt == nil, !request.body.isEmpty { reach("zombie_write") }
        trace("  -> \(describe(flight.send)): \(reply.status)")
        guard let at = flight.answersAt else { return }
        agenda.plan(.answer(flight, .reply(reply)), at: max(now, at))
    }

    /// An answer reaches the bridge, if it is still the process that asked.
    func answer(_ flight: Flight, _ result: TransportResult) {
        guard let bridge, flight.generation == generation else {
            return reach("answer_to_the_dead")
        }
        if crashes(at: .beforeAnswerIsTaken) { return }
        noteOvertaken(flight)
        switch flight.send.purpose {
        case .call(let lane, let delivery):
            bridge.lanesInFlight.remove(lane)
            bridge.events.append(.replied(lane, delivery, result))
        case .preparation(let key):
            bridge.events.append(.prepared(key, result))
        }
        bridge.callsInFlight[flight.platform, default: 0] -= 1
        planTurn(at: now + Interval(milliseconds: chance.milliseconds(1, 20)))
    }

    /// The person chose otherwise while the write was on its way.
    private func noteOvertaken(_ flight: Flight) {
        guard report.reached["overtaken_in_flight"] == nil,
            case .call(let lane, _) = flight.send.purpose, !flight.send.request.body.isEmpty
        else { return }
        let key = SnapshotKey(integration: lane.integration, subject: lane.subject)
        guard let snapshot = try? store.snapshots(of: [key])[key],
            case .write(let write) = snapshot.open[lane.platform]?.call
        else { return }
        let isOvertaken = write.choices.contains {
            snapshot.fields[$0.key]?.register?.choice == $0.value.opposite
        }
        if isOvertaken { reach("overtaken_in_flight") }
    }

    func platform(of send: Processor.Send) -> PlatformName {
        switch send.purpose {
        case .call(let lane, _): lane.platform
        case .preparation(let key): key.platform
        }
    }

    func describe(_ send: Processor.Send) -> String {
        let address = send.request.url.split(separator: "/").dropFirst(2).joined(separator: "/")
        let body = String(decoding: send.request.body, as: UTF8.self)
        return "\(send.request.method) \(address) \(body)"
    }

    private static let callFaults: [Fault] = [
        .noConnection, .lostBeforeEffect, .lostAnswer, .lateEffect, .tooManyRequests,
        .unavailableBeforeEffect, .unavailableAfterEffect, .slow, .unauthorized, .badRequest,
    ]
    private static let timeout = Interval.seconds(30)
    /// A write takes effect within the window or not at all.
    private static let lateMax = 10 * Schedule.minute
}

extension Flight {
    var subjectKey: String? {
        if case .call(let lane, _) = send.purpose { lane.subject.key?.text } else { nil }
    }
}
