/// Why the storage did not do what it was asked, sorted by what the caller must do.
package enum StoreError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Try again later; nothing was written.
    case unavailable(String)
    /// Another process works on this storage; stop.
    case inUse(String)
    /// The file or its schema is not ours, or damaged; stop, an operator must look.
    case unusable(String)

    /// A bounded name for metrics.
    package var metricLabel: String {
        switch self {
        case .unavailable: "unavailable"
        case .inUse: "in_use"
        case .unusable: "unusable"
        }
    }

    package var description: String {
        switch self {
        case .unavailable(let why): "the storage is unavailable: \(why)"
        case .inUse(let why): "the storage is in use: \(why)"
        case .unusable(let why): "the storage is unusable: \(why)"
        }
    }
}
