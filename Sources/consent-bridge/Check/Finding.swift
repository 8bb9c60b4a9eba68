/// One thing that `check` has found, and where in the configuration it belongs.
struct Finding: Hashable, Sendable {
    enum Severity: String, Sendable {
        /// The bridge would not work, or not as the mapping says.
        case error
        /// It would work, but not for everybody or not for certain.
        case warning
    }

    var severity: Severity
    /// The way from the integration's object to the key in question.
    var path: [ConfigurationStep]
    var what: String
    /// What to do about it.
    var hint: String?
    /// A mapped name does not fit the platform, rather than the platform not letting it be seen.
    var isDrift = false
}

/// One step on the way to a value in the configuration.
enum ConfigurationStep: Hashable, Sendable, ExpressibleByStringLiteral,
    ExpressibleByIntegerLiteral
{
    case key(String)
    case index(Int)

    init(stringLiteral key: String) { self = .key(key) }
    init(integerLiteral index: Int) { self = .index(index) }
}

/// What `check --online` learned about one integration.
struct AccountReport: Sendable {
    /// One thing that was looked at.
    struct Point: Hashable, Sendable {
        enum Result: String, Sendable {
            case fine
            case wrong
            /// The platform did not let it be seen.
            case notChecked = "not_checked"
        }

        var text: String
        var result: Result
    }

    private(set) var points: [Point] = []
    private(set) var findings: [Finding] = []

    mutating func fine(_ text: String) { points.append(Point(text: text, result: .fine)) }

    mutating func notChecked(_ text: String) {
        points.append(Point(text: text, result: .notChecked))
    }

    /// Notes findings under one point; fine if there is none that is an error.
    mutating func note(_ text: String, _ new: [Finding]) {
        let isWrong = new.contains { $0.severity == .error }
        points.append(Point(text: text, result: isWrong ? .wrong : .fine))
        findings += new
    }

    mutating func wrong(
        _ text: String,
        at path: [ConfigurationStep],
        _ what: String,
        hint: String? = nil
    ) {
        note(text, [Finding(severity: .error, path: path, what: what, hint: hint)])
    }
}
