import BridgeCore
import BridgeTesting
import DidomiAdapter
import JSON
import Testing

/// Didomi's answers after its samples (`Fixtures/answers/didomi`).
@Suite(.timeLimit(.minutes(1)))
struct DidomiAnswerTests {
    @Test(arguments: AnswerFixture.all("didomi"))
    func `an answer is read as expected`(fixture: AnswerFixture) throws {
        let platform = Sample.platform {
            $0.mapping = MappingTable([
                MappingRule(subscription: "Newsletter", field: .purpose("newsletter")),
                MappingRule(subscription: "EmailOptin", field: .channel("email")),
            ])
        }
        let body = try JSONValue(parsing: fixture.reply.body)
        switch fixture.question {
        case "session":
            var access = Access()
            let verdict = platform.prepare(&access, with: fixture.reply, at: Sample.now)
            #expect(fixture.differences(from: verdict) == [])
            #expect(fixture.differences(from: access.token, at: Sample.now) == [])
        case "write":
            let call = Sample.call(
                .write(PlannedWrite(choices: [.purpose("newsletter"): .denied])),
                event: OwnEvent(id: "f8ab3c1e-5d0f-4d0b-9a51-0c2f6f7b1a77", createdAt: Sample.now)
            )
            #expect(fixture.differences(from: platform.verdict(on: fixture.reply, to: call)) == [])
        case "users":
            let users = try (fixture.expected["users"]?.array ?? []).map { user in
                UserReading(
                    id: user["id"]?.string,
                    updatedAt: try Self.time(user["updated_at"]),
                    choices: AnswerFixture.choices(user["choices"])
                )
            }
            #expect(platform.reading(of: body, for: .readUsers) == .users(users))
        case "events":
            let events = try (fixture.expected["events"]?.array ?? []).map { event in
                ConsentEventReading(
                    id: event["id"]?.string,
                    isOwn: event["own"] == true,
                    chosenAt: try Self.time(event["chosen_at"]),
                    choices: AnswerFixture.choices(event["choices"])
                )
            }
            #expect(platform.reading(of: body, for: .readConsentEvents) == .consentEvents(events))
        default: Issue.record("no such question: \(fixture.question)")
        }
    }

    private static func time(_ value: JSONValue?) throws -> Timestamp {
        try #require(value?.string.flatMap(Timestamp.init(iso8601:)))
    }
}
