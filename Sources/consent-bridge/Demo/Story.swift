import JSON
import Sandbox

/// One thing that a person did in the demo, and what has to come of it.
struct Scene: Sendable {
    var act: String
    var expectation: String
    /// nil: it did not come in time.
    var milliseconds: Int?
    /// What is different from the expectation, for a person to read.
    var difference: String?
    /// Calls to both platforms between the act and its effect.
    var calls: Int

    var isExpected: Bool { milliseconds != nil }
}

/// The demo's story: invented people, both directions, somebody unknown, and an outage.
struct Story: Sendable {
    let sandbox: SandboxPlatforms
    let isActitoDown: Bool
    private let clock = ContinuousClock()

    init(sandbox: SandboxPlatforms, isActitoDown: Bool) {
        self.sandbox = sandbox
        self.isActitoDown = isActitoDown
    }

    /// Plays all scenes; each waits for its effect, all of them together for at most a minute
    /// after the last act.
    func play(bridge: String) async throws -> [Scene] {
        try prepare()
        sandbox.setBridge(url: bridge)
        if isActitoDown { sandbox.setFault(SandboxFault(kind: .status), on: .actito) }
        var scenes: [Scene] = []
        for step in steps {
            if step.hasOutage, !isActitoDown {
                sandbox.setFault(SandboxFault(kind: .status, count: 3), on: .actito)
            }
            let began = clock.now
            let callsBefore = callCount
            try step.act(sandbox)
            let patience = isActitoDown ? Duration.seconds(3) : .seconds(20)
            await waitFor(step, until: began + patience)
            scenes.append(scene(step, since: began, callsBefore))
        }
        // What is still missing gets the rest of the minute.
        let last = clock.now + .seconds(isActitoDown ? 50 : 40)
        for (index, step) in steps.enumerated() where !scenes[index].isExpected {
            let began = clock.now
            await waitFor(step, until: last)
            if step.isDone(sandbox) { scenes[index] = scene(step, since: began, callCount) }
        }
        return scenes
    }

    /// Two people whom both platforms know already, before the bridge is there.
    private func prepare() throws {
        let newsletter = "subscription:Newsletter"
        try sandbox.act(on: .actito, key: People.claire, field: newsletter, value: false)
        for person in [People.bob, People.emil] {
            try sandbox.act(on: .actito, key: person, field: newsletter, value: true)
            try sandbox.act(on: .didomi, key: person, field: "channel:email", value: true)
        }
    }

    private func waitFor(_ step: Step, until deadline: ContinuousClock.Instant) async {
        while !step.isDone(sandbox), clock.now < deadline, !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(5))
        }
    }

    private func scene(
        _ step: Step,
        since began: ContinuousClock.Instant,
        _ callsBefore: Int
    ) -> Scene {
        let isDone = step.isDone(sandbox)
        let elapsed = began.duration(to: clock.now).components
        return Scene(
            act: step.text,
            expectation: step.expectation,
            milliseconds: isDone
                ? Int(elapsed.seconds * 1000 + elapsed.attoseconds / 1_000_000_000_000_000) : nil,
            difference: isDone ? nil : step.difference(sandbox),
            calls: callCount - callsBefore
        )
    }

    private var callCount: Int {
        SandboxPlatform.allCases.reduce(0) { count, platform in
            count + (sandbox.calls(of: platform)["items"]?.array?.count ?? 0)
        }
    }
}

/// The demo's invented people.
enum People {
    static let claire = "claire@example.com"
    static let bob = "bob@example.com"
    static let dora = "dora@example.com"
    static let emil = "emil@example.com"
}
