import BridgeCore
import Glibc
import Logging

extension Configuration {
    /// A writer of the log on stderr; close it at the end.
    func makeLineWriter() -> LineWriter {
        LineWriter(STDERR_FILENO) { [logFormat] count in
            logFormat.lossReport(of: count, at: .now())
        }
    }

    /// A logger in the configured form and level.
    func makeLogger(on lines: LineWriter) -> Logger {
        let format = logFormat
        var logger = Logger(label: "consent-bridge") { _ in
            LineLogHandler(format: format, lines: lines)
        }
        logger.logLevel = logLevel
        return logger
    }
}
