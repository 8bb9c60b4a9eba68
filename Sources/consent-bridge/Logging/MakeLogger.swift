import Logging

extension Configuration {
    /// A logger that writes to stderr in the configured form.
    func makeLogger() -> Logger {
        let format = logFormat
        var logger = Logger(label: "consent-bridge") { _ in JSONLogHandler(format: format) }
        logger.logLevel = logLevel
        return logger
    }
}
