import BridgeCore
import JSON
import Testing

/// A refused write of several parts: only the refused part is given up (design section 5).
struct SplitTests {
    /// Answers write after write until nothing is planned; `accepts` judges a write.
    private static func run(
        _ person: inout Person,
        accepts: (PlannedWrite) -> Bool
    ) -> [PlannedWrite] {
        var writes: [PlannedWrite] = []
        while writes.count < 20, let delivery = person.begin(.actito, at: Int64(writes.count)),
            case .write(let write) = delivery.call
        {
            writes.append(write)
            if accepts(write) {
                person.end(.actito, .accepted, at: Int64(writes.count))
            } else {
                let isOverdue = person.snapshot.isOverdue(delivery.call, at: .actito)
                person.end(.actito, .refused(status: 400), at: Int64(writes.count))
                person.snapshot.open[.actito] = nil
                if isOverdue { return writes }
            }
        }
        return writes
    }

    private static func mixed() -> Person {
        var person = Person.settled(.granted)
        person.didomi(.denied, chosen: 0)
        person.didomi(.granted, chosen: 0, of: Sample.newsletter)
        person.attribute("language", "FR", chosen: 0)
        return person
    }

    @Test func `the withdrawals go alone first, then the rest one by one`() {
        var person = Self.mixed()
        let writes = Self.run(&person) { $0.partCount == 1 }
        #expect(writes.map(\.partCount) == [3, 1, 1, 1])
        #expect(writes[1].choices == [Sample.email: .denied])
        #expect(person.plan(.actito) == nil)
    }

    @Test func `a refused attribute costs nothing but itself`() {
        var person = Self.mixed()
        let writes = Self.run(&person) { $0.attributes.isEmpty }
        #expect(person.email.actito.choice == .denied)
        #expect(writes.last?.attributes == ["language": "FR"])
        #expect(person.plan(.actito) == nil)
    }

    @Test func `a refused withdrawal stays owed after everything else`() {
        var person = Self.mixed()
        let writes = Self.run(&person) { $0.choices[Sample.email] == nil }
        #expect(writes.last?.choices == [Sample.email: .denied])
        #expect(person.snapshot.fields[Sample.newsletter]?.actito.choice == .granted)
        #expect(person.planned(.actito) == .denied)
        #expect(person.snapshot.isOverdue(.write(writes[writes.count - 1]), at: .actito))
        // A verification is not kept waiting by it.
        person.actito(.granted, at: 50, of: Sample.newsletter)
        #expect(person.snapshot.fields[Sample.newsletter]?.verification == nil)
    }

    @Test func `a new choice of a refused field is tried at once`() {
        var person = Person.settled(.denied)
        person.didomi(.granted, chosen: 0)
        person.begin(.actito, at: 1)
        person.end(.actito, .refused(status: 422), at: 2)
        person.snapshot.open = [:]
        #expect(person.plan(.actito) == nil)
        person.didomi(.denied, chosen: 10)
        person.didomi(.granted, chosen: 20)
        #expect(person.planned(.actito) == .granted)
    }

    @Test func `a newer choice is written although the older one was refused meanwhile`() {
        var person = Person.settled(.granted)
        person.didomi(.denied, chosen: 0)
        person.begin(.actito, at: 1)
        person.didomi(.granted, chosen: 2)
        person.email.actito.choice = nil
        person.end(.actito, .refused(status: 400), at: 3)
        #expect(person.planned(.actito) == .granted)
    }
}
