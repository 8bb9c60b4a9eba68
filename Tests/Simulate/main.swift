import Foundation
import Simulation

/// `simulate SEEDS [FIRST] [MODE] [EDITION]` plays stories; `simulate trace SEED [MODE] [EDITION]`
/// shows one, `simulate shrink SEED RULE [MODE] [EDITION]` the shortest that breaks the same rule.
let arguments = Array(CommandLine.arguments.dropFirst())
let mode = arguments.lazy.compactMap(Schedule.Mode.init(rawValue:)).first ?? .apart
let edition = arguments.lazy.compactMap(Schedule.Edition.init(rawValue:)).first ?? .second

func number(_ index: Int, _ otherwise: UInt64) -> UInt64 {
    arguments.count > index ? UInt64(arguments[index]) ?? otherwise : otherwise
}

switch arguments.first {
case "trace":
    try show(Schedule(seed: number(1, 1), mode: mode, edition: edition))
case "shrink":
    let story = Schedule(seed: number(1, 1), mode: mode, edition: edition)
    try show(story.shrunk(breaking: arguments[2]))
default:
    let first = number(1, 1)
    var campaign = Campaign()
    let clock = ContinuousClock()
    let duration = try clock.measure {
        try campaign.play(first..<(first + number(0, 1000)), mode: mode, edition)
    }
    for line in campaign.summary { print(line) }
    let seconds =
        Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    print("mode \(mode.rawValue), \(seconds) s, \(Double(campaign.seeds) / seconds) seeds/s")
    // The other modes have exceptions, which are listed; this one must have none.
    if mode == .apart, !campaign.failures.isEmpty || !campaign.missed.isEmpty { exit(1) }
}

/// Plays a story with its trace.
func show(_ schedule: Schedule) throws {
    for act in schedule.acts { print("act", act) }
    print(schedule.style, schedule.faults.map(\.rawValue).sorted(), schedule.faultPercent)
    let report = try World.play(schedule, isTracing: true)
    for line in report.trace { print(line) }
    for violation in report.violations { print(violation) }
}
