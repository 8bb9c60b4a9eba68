import CoreMetrics
import Synchronization

/// All series of one name.
struct Family {
    let type: SeriesType
    var series: [LabelSet: any Series] = [:]
}

/// The types of the text format that the bridge uses; the raw value is the one in `# TYPE`.
enum SeriesType: String {
    case counter
    case gauge
    case histogram
}

/// One name with one set of labels.
protocol Series: AnyObject, Sendable {
    /// Adds the series' lines.
    func write(_ name: String, _ labels: LabelSet, to text: inout String)
}

/// A counter, or a value that is shown once.
final class NumberSeries: Series, CounterHandler, FloatingPointCounterHandler {
    private let value: Mutex<Double>

    init(_ value: Double = 0) { self.value = Mutex(value) }

    func increment(by amount: Int64) { increment(by: Double(amount)) }

    /// A counter never falls, so nothing is added that is not above 0.
    func increment(by amount: Double) {
        guard amount > 0 else { return }
        value.withLock { $0 += amount }
    }

    func reset() { value.withLock { $0 = 0 } }

    func write(_ name: String, _ labels: LabelSet, to text: inout String) {
        text += "\(name)\(labels.braced()) \(formatted(value.withLock(\.self)))\n"
    }
}

/// A gauge: its last value.
final class GaugeSeries: Series, MeterHandler, RecorderHandler {
    private let value = Mutex(0.0)

    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { self.value.withLock { $0 = value } }
    func increment(by amount: Double) { value.withLock { $0 += amount } }
    func decrement(by amount: Double) { value.withLock { $0 -= amount } }
    func record(_ value: Int64) { set(Double(value)) }
    func record(_ value: Double) { set(value) }

    func write(_ name: String, _ labels: LabelSet, to text: inout String) {
        text += "\(name)\(labels.braced()) \(formatted(value.withLock(\.self)))\n"
    }
}

/// A histogram with fixed bounds.
final class HistogramSeries: Series, RecorderHandler, TimerHandler {
    private struct Observations {
        /// How many lie in each bucket, not cumulated; the last is above all bounds.
        var counts: [Int]
        var sum = 0.0
    }

    private let bounds: [Double]
    private let observations: Mutex<Observations>

    init(bounds: [Double]) {
        self.bounds = bounds
        observations = Mutex(
            Observations(counts: Array(repeating: 0, count: bounds.count + 1))
        )
    }

    func record(_ value: Int64) { record(Double(value)) }

    /// What is not a number would spoil the sum for ever, so it is left out.
    func record(_ value: Double) {
        guard !value.isNaN else { return }
        let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
        observations.withLock {
            $0.counts[bucket] += 1
            $0.sum += value
        }
    }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1_000_000_000) }

    func write(_ name: String, _ labels: LabelSet, to text: inout String) {
        let observations = observations.withLock(\.self)
        var count = 0
        for (bound, observed) in zip(bounds + [.infinity], observations.counts) {
            count += observed
            text += "\(name)_bucket\(labels.braced(adding: bound)) \(count)\n"
        }
        text += "\(name)_sum\(labels.braced()) \(formatted(observations.sum))\n"
        text += "\(name)_count\(labels.braced()) \(count)\n"
    }
}
