import JSON
import Sandbox

/// One act of the story and how its effect is recognised.
struct Step: Sendable {
    var text: String
    var expectation: String
    var hasOutage = false
    var act: @Sendable (SandboxPlatforms) throws -> Void
    var isDone: @Sendable (SandboxPlatforms) -> Bool
    var difference: @Sendable (SandboxPlatforms) -> String
}

extension Story {
    var steps: [Step] {
        [optIn, unsubscribe, unknownPerson, outage]
    }

    private var optIn: Step {
        Step(
            text: "claire opts in at Didomi",
            expectation: "Actito: Newsletter on, language",
            act: { sandbox in
                try sandbox.act(
                    on: .didomi,
                    key: People.claire,
                    field: "channel:email",
                    value: true,
                    metadata: JSONObject(uniqueMembers: [
                        .init(name: "language", value: "FR"),
                        .init(name: "customer_tier", value: "gold"),
                    ])
                )
            },
            isDone: { sandbox in
                let claire = person(People.claire, at: .actito, in: sandbox)
                return claire?["fields"]?["subscription:Newsletter"] == true
                    && claire?["attributes"]?["language"] == "FR"
                    && claire?["attributes"]?["customer_tier"] == "gold"
            },
            difference: { _ in "Actito does not show claire's opt-in" }
        )
    }

    private var unsubscribe: Step {
        Step(
            text: "bob unsubscribes at Actito",
            expectation: "Didomi: e-mail off",
            act: { sandbox in
                try sandbox.act(
                    on: .actito,
                    key: People.bob,
                    field: "subscription:Newsletter",
                    value: false
                )
            },
            isDone: { sandbox in
                person(People.bob, at: .didomi, in: sandbox)?["fields"]?["channel:email"] == false
            },
            difference: { _ in "Didomi does not show bob's withdrawal" }
        )
    }

    private var unknownPerson: Step {
        Step(
            text: "dora, nobody at Actito, opts in",
            expectation: "no profile (upsert_mode is off)",
            act: { sandbox in
                try sandbox.act(on: .didomi, key: People.dora, field: "channel:email", value: true)
            },
            isDone: { sandbox in
                person(People.dora, at: .actito, in: sandbox) == nil
                    && wasAskedFor("dora%40example.com", sandbox)
            },
            difference: { _ in "Actito was not asked for dora, or has her" }
        )
    }

    private var outage: Step {
        Step(
            text: "emil withdraws; Actito is down",
            expectation: "Actito: Newsletter off, retried",
            hasOutage: true,
            act: { sandbox in
                try sandbox.act(on: .didomi, key: People.emil, field: "channel:email", value: false)
            },
            isDone: { sandbox in
                person(People.emil, at: .actito, in: sandbox)?["fields"]?["subscription:Newsletter"]
                    == false
            },
            difference: { _ in "Actito does not show emil's withdrawal" }
        )
    }
}

private func person(
    _ key: String,
    at platform: SandboxPlatform,
    in sandbox: SandboxPlatforms
) -> JSONValue? {
    sandbox.state(of: platform)["people"]?[key]
}

/// Whether Actito answered that it has no such profile.
private func wasAskedFor(_ encodedKey: String, _ sandbox: SandboxPlatforms) -> Bool {
    (sandbox.calls(of: .actito)["items"]?.array ?? []).contains { call in
        call["path"]?.string?.contains(encodedKey) == true && call["status"] == 404
    }
}
