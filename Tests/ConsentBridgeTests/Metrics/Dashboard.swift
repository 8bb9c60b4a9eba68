import Foundation
import JSON
import Testing

/// The Grafana dashboard in `deploy/grafana`.
struct Dashboard {
    let root: JSONValue

    init() throws {
        let file = ConfigurationCase.root.appending(path: "deploy/grafana/consent-bridge.json")
        root = try JSONValue(parsing: Array(Data(contentsOf: file)))
    }

    /// Every query of every panel.
    var queries: [String] {
        (root["panels"]?.array ?? []).flatMap { panel in
            (panel["targets"]?.array ?? []).compactMap { $0["expr"]?.string }
        }
    }
}

/// The files in `deploy` that a Prometheus and a Grafana read.
@Suite(.timeLimit(.minutes(1)))
struct DeployTests {
    @Test(arguments: [
        ["test", "rules", "deploy/prometheus/consent-bridge.rules.test.yml"],
        ["check", "rules", "--lint-fatal", Promtool.rulesFile],
        ["check", "config", "deploy/prometheus/prometheus.yml"],
    ])
    func `promtool passes`(arguments: [String]) throws {
        let result = try Promtool.run(arguments)
        #expect(result.status == 0, "\(result.output)")
    }

    @Test
    func `every rule has a test, a severity and says what to do`() throws {
        let tests = try String(
            contentsOf: ConfigurationCase.root
                .appending(path: "deploy/prometheus/consent-bridge.rules.test.yml"),
            encoding: .utf8
        )
        let rules = try Promtool.rules().components(separatedBy: "- alert: ").dropFirst()
        #expect(rules.count == 12)
        for rule in rules {
            let name = rule.prefix { $0 != "\n" }
            // Once where it is silent, once where it fires.
            #expect(tests.components(separatedBy: "alertname: \(name)").count > 2, "\(name)")
            for part in ["severity: ", "summary: '", "action: '", "runbook: 'docs/operating.md#"] {
                #expect(rule.contains(part), "\(name): \(part)")
            }
        }
    }

    @Test
    func `each panel of the dashboard asks for metrics of one bridge`() throws {
        let dashboard = try Dashboard()
        let panels = try #require(dashboard.root["panels"]?.array)
        for panel in panels {
            let queries = (panel["targets"]?.array ?? []).compactMap { $0["expr"]?.string }
            #expect(!queries.isEmpty, "\(panel["title"]?.string ?? "")")
            for query in queries {
                #expect(!metricNames(in: query).isEmpty, "\(query)")
                #expect(query.contains("instance=~\"$instance\""), "\(query)")
            }
        }
        // No two panels have one place.
        let places = panels.compactMap { $0["gridPos"]?.serializedText() }
        #expect(Set(places).count == panels.count)
    }
}
