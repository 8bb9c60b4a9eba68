/// How many people gained consent from Actito lately: a mass opt-in there is more often a mistake
/// than a wish (`brake` in the configuration).
///
/// Withdrawals always pass.
package struct Brake: Sendable {
    package struct Limits: Hashable, Sendable {
        /// 0: unlimited.
        package var peopleMax: Int
        package var window: Interval

        package init(peopleMax: Int = 1000, window: Interval = .seconds(3600)) {
            self.peopleMax = peopleMax
            self.window = window
        }
    }

    private let limits: Limits
    private var people: [Subject: Timestamp]

    /// `people`: who gained consent in the window before now, and when.
    package init(_ limits: Limits, people: [Subject: Timestamp] = [:]) {
        self.limits = limits
        self.people = people
    }

    /// Whether a further grant of this person is to be held.
    package mutating func holds(_ subject: Subject, at now: Timestamp) -> Bool {
        guard limits.peopleMax > 0, people[subject] == nil else { return false }
        if people.count >= limits.peopleMax {
            people = people.filter { now - $0.value < limits.window }
        }
        return people.count >= limits.peopleMax
    }

    package mutating func note(_ subject: Subject, at now: Timestamp) {
        if limits.peopleMax > 0 { people[subject] = now }
    }
}
