import ActitoAdapter
import BridgeCore
import BridgeTesting
import JSON
import Testing

/// Actito's answers after its samples (`Fixtures/answers/actito`).
@Suite(.timeLimit(.minutes(1)))
struct ActitoAnswerTests {
    @Test(arguments: AnswerFixture.all("actito"))
    func `an answer is read as expected`(fixture: AnswerFixture) throws {
        let platform = Sample.platform {
            $0.integration.mapping = MappingTable([
                MappingRule(subscription: "Newsletter", field: Sample.newsletter),
                MappingRule(subscription: "EmailOptin", field: Sample.email),
            ])
        }
        switch fixture.question {
        case "token":
            var access = Access()
            let verdict = platform.prepare(&access, with: fixture.reply, at: Sample.now)
            #expect(fixture.differences(from: verdict) == [])
            #expect(fixture.differences(from: access.token, at: Sample.now) == [])
        case "structure":
            var access = Access(token: Sample.access().token)
            let verdict = platform.prepare(&access, with: fixture.reply, at: Sample.now)
            #expect(fixture.differences(from: verdict) == [])
            try Self.check(access.schema, fixture.expected)
        case "profile":
            let call = Sample.call(.readProfile)
            #expect(fixture.differences(from: platform.verdict(on: fixture.reply, to: call)) == [])
            let profile = fixture.expected["profile"]
            let body = try JSONValue(parsing: fixture.reply.body)
            #expect(
                platform.reading(of: body, for: .readProfile)
                    == .profile(
                        ProfileReading(
                            profileID: profile?["id"]?.string,
                            key: profile?["key"]?.string.map { SubjectKey($0) },
                            choices: AnswerFixture.choices(profile?["choices"])
                        )
                    )
            )
        case "write":
            let call = Sample.call(.write(PlannedWrite(choices: [Sample.newsletter: .denied])))
            #expect(fixture.differences(from: platform.verdict(on: fixture.reply, to: call)) == [])
        default: Issue.record("no such question: \(fixture.question)")
        }
    }

    private static func check(_ schema: Access.LiveSchema?, _ expected: JSONValue) throws {
        let schema = try #require(schema)
        func names(_ member: String) -> Set<String>? {
            expected[member]?.array.map { Set($0.compactMap(\.string)) }
        }
        #expect(schema.tableID == expected["table"]?.string)
        #expect(schema.attributes == names("attributes"))
        #expect(schema.uniqueAttributes == names("unique"))
        #expect(schema.mandatoryAttributes == names("mandatory"))
        #expect(schema.subscriptions == names("subscriptions"))
    }
}
