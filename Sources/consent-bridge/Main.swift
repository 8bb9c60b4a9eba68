import ArgumentParser

/// The command line (`interface.md` section 2).
@main
struct ConsentBridge: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "consent-bridge",
        abstract: "Keeps the consents of Didomi and Actito equal, in both directions.",
        version: Self.version,
        subcommands: [
            Serve.self, Check.self, PreviewCommand.self, StatusCommand.self,
            DeliveriesCommand.self, SubjectCommand.self, HealthCommand.self, SandboxCommand.self,
            Demo.self,
        ]
    )

    static let version = "0.1.0"
}

/// The exit statuses of `interface.md` section 2.
extension ExitCode {
    /// The command's own "no".
    static let no = ExitCode(1)
    /// The configuration is missing, unreadable or wrong.
    static let configuration = ExitCode(78)
    /// The payload cannot be decoded.
    static let undecodable = ExitCode(65)
    /// No bridge answers.
    static let unreachable = ExitCode(69)
}
