import BridgeCore
import Testing

/// An attempt whose answer was lost may take effect late, whatever became of the attempts after it
/// (rules A2, A4, A5; found by the simulation).
@Suite struct UnknownAttemptTests {
    /// A grant write with an unknown verdict, then one that ends otherwise, then a withdrawal.
    private func person(afterRetry verdict: Verdict) -> Person {
        var person = Person.settled(.denied)
        person.didomi(.granted, chosen: 0)
        person.begin(.actito, at: 1)
        person.end(.actito, .unknown(retryAfter: nil), at: 30)
        person.begin(.actito, at: 31)
        person.end(.actito, verdict, at: 32)
        person.didomi(.denied, chosen: 200)
        person.deliver(.actito, at: 201)
        person.actito(.denied, at: 203)
        return person
    }

    private static let laterVerdicts: [Verdict] = [
        .accepted, .unavailable(retryAfter: nil, countsAsAttempt: true),
    ]

    @Test(arguments: laterVerdicts)
    func `a grant that a lost attempt may have left is not confirmed`(verdict: Verdict) {
        var person = person(afterRetry: verdict)
        person.actito(.granted, at: 500)
        person.readProfile([Sample.email: .granted], at: 510)
        #expect(person.isGranted == false)
        #expect(person.resolved.last == .ignored(.grantNotConfirmed))
        #expect(person.planned(.actito) == .denied)
    }

    @Test(arguments: laterVerdicts)
    func `a lost attempt is looked after at the end of its window`(verdict: Verdict) {
        let person = person(afterRetry: verdict)
        #expect(person.email.lateCheckAt == Sample.at(1 + 900))
    }

    @Test func `once the window of the lost attempt is over a grant counts`() {
        var person = person(afterRetry: .accepted)
        person.actito(.granted, at: 902)
        person.readProfile([Sample.email: .granted], at: 910)
        person.readEvents([.event(.denied, at: 200)], at: 911)
        #expect(person.isGranted == true)
    }

    @Test func `a refused attempt leaves what an accepted one said`() {
        var person = Person.settled(.granted)
        person.didomi(.denied, chosen: 0)
        person.deliver(.actito, at: 1)
        let accepted = person.email.actito.withdrawal
        person.email.actito.choice = nil
        person.begin(.actito, at: 5)
        person.end(.actito, .unavailable(retryAfter: nil, countsAsAttempt: true), at: 6)
        #expect(person.email.actito.withdrawal == accepted)
    }

    @Test func `a grant announced within the window is not confirmed by a read after it`() {
        var person = person(afterRetry: .accepted)
        person.actito(.granted, at: 500)
        // Actito was down for an hour.
        person.readProfile([Sample.email: .granted], at: 4000)
        #expect(person.isGranted == false)
        #expect(person.planned(.actito) == .denied)
    }

    @Test func `a withdrawal stands although a lost grant covers it before the read`() {
        var person = Person.settled(.granted)
        person.didomi(.denied, chosen: 0)
        person.deliver(.actito, at: 1)
        person.didomi(.granted, chosen: 20)
        person.begin(.actito, at: 21)
        person.end(.actito, .unknown(retryAfter: nil), at: 50)
        person.deliver(.actito, at: 51)
        #expect(person.actito(.denied, at: 200) == nil)
        person.readProfile([Sample.email: .granted], at: 4000)
        #expect(person.isGranted == false)
        #expect(person.planned(.actito) == .denied)
    }
}
