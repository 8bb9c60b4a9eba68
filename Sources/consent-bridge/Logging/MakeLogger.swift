import Glibc
import Logging

extension Configuration {
    /// A writer of the log on stderr; close it at the end.
    func makeLogWriter() -> LogWriter {
        LogWriter(STDERR_FILENO) { [logFormat] event, now in logFormat.line(of: event, at: now) }
    }

    /// A logger in the configured level.
    func makeLogger(writer: LogWriter) -> Logger {
        var logger = Logger(label: "consent-bridge") { _ in QueuedLogHandler(writer: writer) }
        logger.logLevel = logLevel
        return logger
    }
}
