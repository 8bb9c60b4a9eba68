import ArgumentParser
import Foundation

/// Where the configuration file is; shared by every command that needs one.
struct ConfigurationOption: ParsableArguments {
    @Option(name: .long, help: "The configuration file, or CONSENT_BRIDGE_CONFIG.")
    var config: String?

    /// The file's path; without one it is a usage error.
    func path() throws -> String {
        guard let path = config ?? environmentValue("CONSENT_BRIDGE_CONFIG") else {
            throw ValidationError("Give the configuration: --config FILE or CONSENT_BRIDGE_CONFIG.")
        }
        return path
    }

    /// Reads the file; prints everything that is wrong with it and exits with 78.
    func load() throws -> Configuration {
        do {
            return try loadConfiguration(
                path: try path(),
                environment: ProcessInfo.processInfo.environment
            )
        } catch let faults as ConfigurationFaults {
            printError(faults.description)
            throw ExitCode.configuration
        }
    }
}
