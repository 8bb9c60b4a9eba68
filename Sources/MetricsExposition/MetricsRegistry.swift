package import CoreMetrics
import Synchronization

/// A swift-metrics backend that keeps everything in memory and writes Prometheus' text format.
///
/// Counters are counters, meters and recorders that do not aggregate are gauges, other recorders
/// and timers are histograms, timers in seconds. Names and labels are used as they are given, so
/// they must be valid and the labels' values few: a series is kept until it is destroyed. The
/// first use of a name decides its type; a later one of another type records nothing.
/// Contract: <https://prometheus.io/docs/instrumenting/exposition_formats/>.
package final class MetricsRegistry: MetricsFactory, Sendable {
    private let families = Mutex<[String: Family]>([:])
    private let help: [String: String]
    private let showsProcess: Bool

    /// An empty registry.
    ///
    /// - Parameters:
    ///   - help: the `# HELP` text for each name; a name without one has no such line.
    ///   - showsProcess: whether `exposition` adds the `process_*` metrics of this process.
    package init(help: [String: String] = [:], showsProcess: Bool = true) {
        self.help = showsProcess ? help.merging(ProcessMetrics.help) { given, _ in given } : help
        self.showsProcess = showsProcess
    }

    /// Everything as text of version 0.0.4, sorted by name and labels.
    ///
    /// - Parameter gauges: values that are read when somebody asks. One replaces a gauge of the
    ///   same name and labels, and is left out if its name belongs to another type.
    /// - Returns: the text, each line ended; empty if nothing is known.
    package func exposition(
        adding gauges: [(name: String, labels: [(String, String)], value: Double)] = []
    ) -> String {
        var all = families.withLock(\.self)
        let process = showsProcess ? ProcessMetrics.read() : []
        for sample in process {
            all[sample.name] = Family(type: sample.type)
            all[sample.name]?.series[LabelSet([])] = NumberSeries(sample.value)
        }
        for gauge in gauges where all[gauge.name, default: Family(type: .gauge)].type == .gauge {
            all[gauge.name, default: Family(type: .gauge)]
                .series[LabelSet(gauge.labels)] = NumberSeries(gauge.value)
        }
        var text = ""
        for (name, family) in all.sorted(by: { $0.key < $1.key }) where !family.series.isEmpty {
            if let help = help[name] { text += "# HELP \(name) \(escapedHelp(help))\n" }
            text += "# TYPE \(name) \(family.type.rawValue)\n"
            for (labels, series) in family.series.sorted(by: { $0.key < $1.key }) {
                series.write(name, labels, to: &text)
            }
        }
        return text
    }

    /// The series of a name and labels, made at its first use; nil: the name has another type.
    private func series<Kind: Series>(
        _ name: String,
        _ labels: [(String, String)],
        _ type: SeriesType,
        orMake make: () -> Kind
    ) -> Kind? {
        families.withLock { families in
            let labels = LabelSet(labels)
            if let known = families[name]?.series[labels] { return known as? Kind }
            guard families[name, default: Family(type: type)].type == type else { return nil }
            let new = make()
            families[name, default: Family(type: type)].series[labels] = new
            return new
        }
    }

    private func forget(_ handler: AnyObject) {
        families.withLock { families in
            for (name, family) in families {
                guard let labels = family.series.first(where: { $0.value === handler })?.key else {
                    continue
                }
                families[name]?.series[labels] = nil
                if families[name]?.series.isEmpty ?? false { families[name] = nil }
            }
        }
    }
}

/// What swift-metrics asks of a backend: a handler for each name and labels, always the same one.
extension MetricsRegistry {
    /// A counter that only grows, or is reset.
    package func makeCounter(
        label: String,
        dimensions: [(String, String)]
    ) -> any CounterHandler {
        series(label, dimensions, .counter) { NumberSeries() } ?? NOOPMetricsHandler.instance
    }

    /// A counter of parts.
    package func makeFloatingPointCounter(
        label: String,
        dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        series(label, dimensions, .counter) { NumberSeries() } ?? NOOPMetricsHandler.instance
    }

    /// A gauge.
    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(label, dimensions, .gauge) { GaugeSeries() } ?? NOOPMetricsHandler.instance
    }

    /// A histogram, or a gauge of the last value if `aggregate` is false.
    ///
    /// A name that ends in `_seconds` gets the timers' buckets, another one powers of two.
    package func makeRecorder(
        label: String,
        dimensions: [(String, String)],
        aggregate: Bool
    ) -> any RecorderHandler {
        guard aggregate else {
            return series(label, dimensions, .gauge) { GaugeSeries() }
                ?? NOOPMetricsHandler.instance
        }
        let bounds = label.hasSuffix("_seconds") ? Self.secondsBounds : Self.sizeBounds
        return series(label, dimensions, .histogram) { HistogramSeries(bounds: bounds) }
            ?? NOOPMetricsHandler.instance
    }

    /// A histogram in seconds.
    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(label, dimensions, .histogram) { HistogramSeries(bounds: Self.secondsBounds) }
            ?? NOOPMetricsHandler.instance
    }

    /// Ends the series; a later counter of this name begins at 0.
    package func destroyCounter(_ handler: any CounterHandler) { forget(handler) }

    /// Ends the series.
    package func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {
        forget(handler)
    }

    /// Ends the series.
    package func destroyMeter(_ handler: any MeterHandler) { forget(handler) }

    /// Ends the series.
    package func destroyRecorder(_ handler: any RecorderHandler) { forget(handler) }

    /// Ends the series.
    package func destroyTimer(_ handler: any TimerHandler) { forget(handler) }

    /// From a commit on a fast disk to a request that runs into its time limit.
    private static let secondsBounds = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
    ]
    /// Sizes of batches: 1 to 4096.
    private static let sizeBounds = (0...12).map { Double(1 << $0) }
}
