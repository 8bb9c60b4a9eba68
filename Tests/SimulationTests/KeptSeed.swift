import Foundation
import JSON
import Simulation

/// A story of `Fixtures/seeds` that once broke a promise.
struct KeptSeed: CustomStringConvertible, Sendable {
    let schedule: Schedule
    /// What was wrong then.
    let what: String
    let description: String

    /// All of them; an empty list would make a test that cannot fail, so it traps.
    static let all: [KeptSeed] = {
        let file = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Fixtures/seeds/seeds.json5")
        guard let data = try? Data(contentsOf: file),
            let groups = try? JSONDocument(parsing: Array(data), dialect: .json5).root.value.array
        else { preconditionFailure("cannot read \(file.path)") }
        let kept = groups.flatMap(read)
        precondition(!kept.isEmpty, "no seeds in \(file.path)")
        return kept
    }()

    private static func read(_ group: JSONValue) -> [KeptSeed] {
        guard let mode = group["mode"]?.string.flatMap(Schedule.Mode.init(rawValue:)),
            let edition = group["edition"]?.string.flatMap(Schedule.Edition.init(rawValue:)),
            let what = group["what"]?.string, let seeds = group["seeds"]?.array
        else { preconditionFailure("not a group of seeds: \(group)") }
        return seeds.compactMap(\.number?.integer).map { seed in
            KeptSeed(
                schedule: Schedule(seed: UInt64(seed), mode: mode, edition: edition),
                what: what,
                description: "\(seed) \(mode.rawValue) \(edition.rawValue): \(what)"
            )
        }
    }
}
