import JSON
import Testing

/// The stories of `Fixtures/conversations` on the shipping processor.
@Suite(.timeLimit(.minutes(2)))
struct ConversationTests {
    @Test(arguments: Conversation.all)
    func `a conversation ends as the rules say`(conversation: Conversation) throws {
        let differences = try ConversationRun(conversation).play()
        #expect(differences == [])
    }

    @Test
    func `there are at least 150 of them, each with a name of its own`() {
        #expect(Conversation.all.count >= 150)
        #expect(Set(Conversation.all.map(\.description)).count == Conversation.all.count)
    }
}
