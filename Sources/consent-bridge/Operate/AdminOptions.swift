import ArgumentParser
import Foundation
import JSON
import MicroHTTPServer
import Storage

/// How a command finds the bridge; shared by every command that asks or changes something.
struct AdminOptions: ParsableArguments {
    @Option(help: "The configuration file, or CONSENT_BRIDGE_CONFIG; names address and token.")
    var config: String?

    @Option(help: "The bridge's address, or CONSENT_BRIDGE_URL. The token: CONSENT_BRIDGE_TOKEN.")
    var url: String?

    @Flag(help: "Print the admin API's JSON.")
    var json = false

    /// Asks the bridge; if none answers and the configuration is known, the storage alone.
    ///
    /// What the admin API refuses is printed, and ends the command with status 1.
    func ask(_ question: AdminQuestion) async throws -> JSONValue {
        try await withClient { client in try await checked(client.ask(question)) }
    }

    /// Several questions to the same place.
    func withClient<Result>(
        _ body: (any AdminClient) async throws -> Result
    ) async throws -> Result {
        let configuration = try loadConfigurationIfNamed()
        let named = url ?? environmentValue("CONSENT_BRIDGE_URL")
        let base = named ?? configuration?.adminAddress ?? "http://127.0.0.1:8080"
        let token = environmentValue("CONSENT_BRIDGE_TOKEN") ?? configuration?.adminToken
        let remote = try RemoteAdminClient(base: base.trimmingSlash, token: token)
        do {
            let result = try await body(remote)
            await remote.close()
            return result
        } catch let error as RemoteAdminClient.NoAnswer {
            await remote.close()
            guard let configuration, named == nil else {
                printError("error: no bridge answers at \(base): \(error.reason)")
                throw ExitCode.unreachable
            }
            return try await withStorage(configuration, unansweredAt: base, body)
        } catch {
            await remote.close()
            throw error
        }
    }

    private func withStorage<Result>(
        _ configuration: Configuration,
        unansweredAt base: String,
        _ body: (any AdminClient) async throws -> Result
    ) async throws -> Result {
        guard FileManager.default.fileExists(atPath: configuration.storagePath) else {
            printError("error: no bridge answers at \(base), and there is no storage yet")
            throw ExitCode.unreachable
        }
        let client: StorageAdminClient
        do {
            client = try StorageAdminClient(configuration)
        } catch let error as StoreError {
            printError("error: no bridge answers at \(base), and the storage: \(error)")
            throw ExitCode.unreachable
        }
        printError("no bridge answers at \(base): using the storage alone")
        do {
            let result = try await body(client)
            await client.close()
            return result
        } catch {
            await client.close()
            throw error
        }
    }

    private func loadConfigurationIfNamed() throws -> Configuration? {
        guard config != nil || environmentValue("CONSENT_BRIDGE_CONFIG") != nil else { return nil }
        var option = ConfigurationOption()
        option.config = config
        return try option.load()
    }
}

/// The body of an answer that is fine; prints why it is not, and ends the command otherwise.
func checked(_ answer: AdminAnswer) throws -> JSONValue {
    if 200..<300 ~= answer.status { return answer.body }
    let detail = answer.body["detail"]?.string ?? "status \(answer.status)"
    printError("error: \(detail)")
    if answer.status == 401 {
        printError("Give the token in CONSENT_BRIDGE_TOKEN, or --config.")
    }
    throw answer.status == 400 ? ExitCode.validationFailure : ExitCode.no
}

extension Configuration {
    /// Where the admin API of a bridge with this configuration is; nil: its port is not fixed.
    fileprivate var adminAddress: String? {
        let place = adminListening ?? listening
        guard place.port != 0 else { return nil }
        // What listens everywhere listens here.
        let host = ["0.0.0.0": "127.0.0.1", "::": "[::1]"][place.host] ?? place.host
        let bracketed = host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
        return "\(place.certificate == nil ? "http" : "https")://\(bracketed):\(place.port)"
    }
}

extension String {
    fileprivate var trimmingSlash: String { hasSuffix("/") ? String(dropLast()) : self }
}
