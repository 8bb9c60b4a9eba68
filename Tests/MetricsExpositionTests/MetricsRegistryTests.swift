import CoreMetrics
import MetricsExposition
import Testing

/// What `/metrics` shows for what was recorded.
@Suite struct MetricsRegistryTests {
    private let registry = MetricsRegistry(
        help: ["consent_bridge_changes_total": "Changes,\nby \\ outcome."],
        showsProcess: false
    )

    @Test func `an empty registry shows nothing`() {
        #expect(registry.exposition() == "")
    }

    @Test func `counters add up and are sorted by their labels`() {
        for (status, amount) in [("refused", 1), ("accepted", 2), ("accepted", 3)] {
            Counter(
                label: "consent_bridge_changes_total",
                dimensions: [("status", status), ("platform", "didomi")],
                factory: registry
            ).increment(by: amount)
        }
        #expect(
            registry.exposition() == #"""
                # HELP consent_bridge_changes_total Changes,\nby \\ outcome.
                # TYPE consent_bridge_changes_total counter
                consent_bridge_changes_total{platform="didomi",status="accepted"} 5
                consent_bridge_changes_total{platform="didomi",status="refused"} 1

                """#
        )
    }

    @Test func `the order in which labels are given makes no second series`() {
        let one = [("a", "1"), ("b", "2")]
        Counter(label: "n_total", dimensions: one, factory: registry).increment()
        Counter(label: "n_total", dimensions: one.reversed(), factory: registry).increment()
        #expect(registry.exposition().hasSuffix("\nn_total{a=\"1\",b=\"2\"} 2\n"))
    }

    @Test func `a counter that was never incremented is 0, one of parts keeps them`() {
        _ = Counter(label: "a_total", factory: registry)
        let parts = FloatingPointCounter(label: "b_total", factory: registry)
        parts.increment(by: 0.25)
        parts.increment(by: 0.5)
        parts.increment(by: -3.0)
        #expect(
            lines() == [
                "# TYPE a_total counter", "a_total 0", "# TYPE b_total counter", "b_total 0.75",
            ]
        )
    }

    @Test func `meters and gauges show their last value`() {
        let meter = Meter(label: "depth", factory: registry)
        meter.set(7)
        meter.decrement(by: 2.5)
        Gauge(label: "open", factory: registry).record(1)
        Gauge(label: "open", factory: registry).record(0)
        #expect(lines() == ["# TYPE depth gauge", "depth 4.5", "# TYPE open gauge", "open 0"])
    }

    @Test func `a timer is a histogram in seconds, with cumulated buckets`() {
        let timer = Timer(label: "t_seconds", dimensions: [("p", "x")], factory: registry)
        timer.recordMilliseconds(1)
        timer.recordMilliseconds(40)
        timer.recordSeconds(90)
        let lines = lines()
        #expect(lines.first == "# TYPE t_seconds histogram")
        #expect(lines.contains(#"t_seconds_bucket{p="x",le="0.001"} 1"#))
        #expect(lines.contains(#"t_seconds_bucket{p="x",le="0.025"} 1"#))
        #expect(lines.contains(#"t_seconds_bucket{p="x",le="0.05"} 2"#))
        #expect(lines.contains(#"t_seconds_bucket{p="x",le="60"} 2"#))
        #expect(
            lines.suffix(3) == [
                #"t_seconds_bucket{p="x",le="+Inf"} 3"#, #"t_seconds_sum{p="x"} 90.041"#,
                #"t_seconds_count{p="x"} 3"#,
            ]
        )
    }

    @Test func `batch sizes fall into powers of two`() {
        let sizes = Recorder(label: "consent_bridge_commit_batch_size", factory: registry)
        for size in [1, 2, 3, 4096, 5000] { sizes.record(size) }
        let name = "consent_bridge_commit_batch_size"
        #expect(
            lines() == ["# TYPE \(name) histogram"]
                + [1, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 4].enumerated().map { power, count in
                    "\(name)_bucket{le=\"\(1 << power)\"} \(count)"
                } + ["\(name)_bucket{le=\"+Inf\"} 5", "\(name)_sum 9102", "\(name)_count 5"]
        )
    }

    @Test func `labels cannot break out of their quotes or their line`() {
        let gauges = [(name: "g", labels: [("v", "a\"b\\c\nd\r\ne")], value: 1.0)]
        #expect(
            registry.exposition(adding: gauges)
                == "# TYPE g gauge\ng{v=\"a\\\"b\\\\c\\nd\r\\ne\"} 1\n"
        )
    }

    @Test(arguments: [
        (Double.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"), (1e300, "1e+300"),
        (1_764_000_000, "1764000000"), (-0.5, "-0.5"),
    ])
    func `numbers are written as Prometheus reads them`(value: Double, text: String) {
        let gauges = [(name: "g", labels: [(String, String)](), value: value)]
        #expect(registry.exposition(adding: gauges) == "# TYPE g gauge\ng \(text)\n")
    }

    @Test func `collected gauges stand among the others and are not kept`() {
        Gauge(label: "b", factory: registry).record(1)
        Counter(label: "c_total", factory: registry).increment()
        let text = registry.exposition(adding: [
            (name: "d", labels: [], value: 4), (name: "a", labels: [("x", "2")], value: 2),
            (name: "a", labels: [("x", "1")], value: 1), (name: "b", labels: [], value: 3),
            (name: "c_total", labels: [], value: 9),
        ])
        #expect(
            text.split(separator: "\n").filter { !$0.hasPrefix("#") }
                == ["a{x=\"1\"} 1", "a{x=\"2\"} 2", "b 3", "c_total 1", "d 4"]
        )
        #expect(lines().filter { !$0.hasPrefix("#") } == ["b 1", "c_total 1"])
    }

    @Test func `a name keeps its first type`() {
        Counter(label: "n", factory: registry).increment()
        Meter(label: "n", factory: registry).set(5)
        Timer(label: "n", dimensions: [("a", "b")], factory: registry).recordSeconds(1)
        #expect(lines() == ["# TYPE n counter", "n 1"])
    }

    @Test func `a destroyed series is gone and its name free`() {
        let counter = Counter(label: "n", factory: registry)
        counter.increment()
        counter.destroy()
        #expect(registry.exposition() == "")
        Meter(label: "n", factory: registry).set(2)
        #expect(lines() == ["# TYPE n gauge", "n 2"])
    }

    @Test func `no increment is lost among threads`() async {
        await withTaskGroup { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<1000 {
                        Counter(label: "n_total", factory: registry).increment()
                    }
                }
            }
        }
        #expect(lines().last == "n_total 8000")
    }

    private func lines() -> [String] {
        registry.exposition().split(separator: "\n").map(String.init)
    }
}
