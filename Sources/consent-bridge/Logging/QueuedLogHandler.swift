import BridgeCore
import Logging

/// Hands each message to the writer of the log.
struct QueuedLogHandler: LogHandler {
    let writer: LogWriter
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    var logLevel = Logger.Level.info

    init(writer: LogWriter) {
        self.writer = writer
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var facts = metadata
        if let metadataProvider { facts.merge(metadataProvider.get()) { $1 } }
        guard !facts.isEmpty || event.error != nil else { return writer.write(event, at: .now()) }
        var event = event
        if let given = event.metadata { facts.merge(given) { $1 } }
        if let error = event.error { facts["error"] = .string("\(error)") }
        event.metadata = facts
        writer.write(event, at: .now())
    }
}
