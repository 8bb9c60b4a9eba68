import Foundation
import Testing

@testable import consent_bridge

@Suite struct ConfigurationFileTests {
    @Test(arguments: ConfigurationCase.valid)
    func `a valid file is a configuration`(example: ConfigurationCase) throws {
        let configuration = try loadConfiguration(
            path: example.file.path,
            environment: ConfigurationCase.environment
        )
        #expect(!configuration.integrations.isEmpty)
    }

    @Test(arguments: ConfigurationCase.invalid)
    func `an invalid file is explained line by line`(example: ConfigurationCase) throws {
        let expected = try #require(example.expected)
        let error = #expect(throws: ConfigurationFaults.self) {
            try loadConfiguration(
                path: example.file.path,
                environment: ConfigurationCase.environment
            )
        }
        var faults = try #require(error)
        #expect(faults.file == example.file.path)
        faults.file = example.name
        #expect(faults.description + "\n" == expected)
    }

    @Test func `a file that is not there is said to be unreadable`() throws {
        let error = #expect(throws: ConfigurationFaults.self) {
            try loadConfiguration(path: "/nowhere/bridge.json5", environment: [:])
        }
        #expect(
            error?.description
                == "/nowhere/bridge.json5: error: the file cannot be read (is the path right?)"
        )
    }

    @Test func `bytes that are not UTF-8 are refused where they stand`() throws {
        let file = FileManager.default.temporaryDirectory
            .appendingPathComponent("consent-bridge-\(UUID().uuidString).json5")
        try Data([0x7B, 0x0A, 0x22, 0xFF, 0x22, 0x3A, 0x31, 0x7D]).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let error = #expect(throws: ConfigurationFaults.self) {
            try loadConfiguration(path: file.path, environment: [:])
        }
        #expect(error?.description == "\(file.path):2:2: error: the bytes are not UTF-8")
    }
}
