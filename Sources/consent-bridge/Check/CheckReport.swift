import BridgeCore
import JSON

/// Everything that `check` has found, as people or programs read it.
struct CheckReport {
    let file: String
    var faults: [ConfigurationFault] = []
    var integrations: [(configuration: IntegrationConfiguration, report: AccountReport)] = []

    init(file: String) {
        self.file = file
    }

    var hasErrors: Bool { severities.contains(.error) }

    private var severities: [Finding.Severity] {
        faults.map { _ in .error } + integrations.flatMap { $0.report.findings.map(\.severity) }
    }

    /// What to look at on stdout, what is wrong on stderr; or all of it as JSON on stdout.
    func print(asJSON: Bool) {
        if asJSON {
            printLine(json.serializedText())
            return
        }
        for (configuration, report) in integrations {
            printLine(configuration.headline)
            for point in report.points { printLine("  \(point.result.mark)  \(point.text)") }
        }
        for (severity, fault) in located {
            printError(fault.line(in: file, severity.rawValue))
        }
        printLine(summary)
    }

    /// Faults, then findings with their places.
    private var located: [(Finding.Severity, ConfigurationFault)] {
        let places = ConfigurationPlaces(path: file)
        let findings = integrations.enumerated().flatMap { index, integration in
            integration.report.findings.map { finding in
                let position = places.position(of: finding.path, inIntegration: index)
                return (
                    finding.severity,
                    ConfigurationFault(position: position, what: finding.what, hint: finding.hint)
                )
            }
        }
        return faults.map { (.error, $0) } + findings
    }

    private var summary: String {
        let errors = severities.count { $0 == .error }
        let warnings = severities.count { $0 == .warning }
        func counted(_ count: Int, _ word: String) -> String {
            "\(count) \(word)\(count == 1 ? "" : "s")"
        }
        if errors + warnings == 0 { return "no problem found in \(file)" }
        return [(errors, "error"), (warnings, "warning")].filter { $0.0 > 0 }
            .map { counted($0.0, $0.1) }.joined(separator: ", ") + " in \(file)"
    }

    private var json: JSONValue {
        [
            "ok": .bool(!hasErrors),
            "findings": .array(
                located.map { severity, fault in
                    [
                        "severity": .string(severity.rawValue),
                        "line": fault.position.map { .number(JSONNumber($0.line)) } ?? .null,
                        "column": fault.position.map { .number(JSONNumber($0.column)) } ?? .null,
                        "what": .string(fault.what),
                        "hint": fault.hint.map(JSONValue.string) ?? .null,
                    ]
                }
            ),
            "integrations": .array(
                integrations.map { configuration, report in
                    [
                        "name": .string(configuration.settings.name.text),
                        "points": .array(
                            report.points.map { point in
                                [
                                    "text": .string(point.text),
                                    "result": .string(point.result.rawValue),
                                ]
                            }
                        ),
                    ]
                }
            ),
        ]
    }
}

extension IntegrationConfiguration {
    /// `default: Didomi <-> Actito, 2 mappings, creates profiles`.
    fileprivate var headline: String {
        let count = settings.mapping.rules.count
        let arrow = settings.isBidirectional ? "<->" : "->"
        let creation = settings.createsProfiles ? ", creates profiles" : ""
        return "\(settings.name.text): Didomi \(arrow) Actito, "
            + "\(count) mapping\(count == 1 ? "" : "s")\(creation)"
    }
}

extension AccountReport.Point.Result {
    fileprivate var mark: String {
        switch self {
        case .fine: "ok   "
        case .wrong: "WRONG"
        case .notChecked: "?    "
        }
    }
}
