import Bridge
import BridgeCore
import Foundation
import JSON
import Testing

@testable import consent_bridge

/// Webhooks after every sample of the platforms: what becomes of each change, and which requests
/// follow, as `Fixtures` says it.
@Suite(.timeLimit(.minutes(1)))
struct SampleTests {
    /// A case folder with a webhook and what it is expected to come to.
    struct Case: CustomStringConvertible, Sendable {
        let platform: PlatformName
        let name: String

        var description: String { "\(platform.rawValue)/\(name)" }

        func text(_ file: String) throws -> String {
            try String(
                contentsOf: SampleTests.folder.appending(path: "\(self)/\(file)"),
                encoding: .utf8
            )
        }
    }

    @Test(arguments: cases)
    func `a webhook comes to what is expected`(sample: Case) throws {
        let expected = try JSONValue(parsing: sample.text("expected.json"))
        let receivedAt = try #require(
            expected["received_at"]?.string.flatMap(Timestamp.init(iso8601:))
        )
        let webhook = Receiver.Webhook(
            platform: sample.platform,
            integration: nil,
            event: expected["event"]?.string,
            request: InboundRequest(
                method: "POST",
                path: "/",
                body: Array(try sample.text("input.json").utf8)
            )
        )
        let configuration = try loadConfiguration(
            path: Self.folder.appending(path: "bridge.json5").path,
            environment: [:]
        )
        let preview = try Preview(
            webhook,
            for: configuration.integrations.map { Integration($0) },
            ports: Ports(now: { receivedAt })
        )
        for part in ["changes", "requests"] {
            #expect(Self.lines(of: preview.json[part]) == Self.lines(of: expected[part]))
        }
        #expect(try sample.text("note.md").contains("Sample: `"))
    }

    @Test
    func `every sample of a webhook has its case`() throws {
        let readme = try String(
            contentsOf: Self.folder.appending(path: "README.md"),
            encoding: .utf8
        )
        for sample in Self.cases {
            let note = try sample.text("note.md")
            let source = try #require(note.firstMatch(of: /Sample: `([^`]+)`/)?.output.1)
            #expect(readme.contains("| `\(source)` | [\(sample.name)](\(sample)) |"), "\(sample)")
        }
        let rows = readme.matches(of: /\| `[^`]+` \| \[[^\]]+\]\(([^)]+)\) \|/).map(\.output.1)
        for row in rows {
            for file in ["input.json", "expected.json", "note.md"] {
                let path = Self.folder.appending(path: "\(row)/\(file)").path
                #expect(FileManager.default.fileExists(atPath: path), "\(row) lacks \(file)")
            }
        }
    }

    /// One line for each element, members sorted, so that neither order counts.
    private static func lines(of list: JSONValue?) -> [String] {
        (list?.array ?? []).map { sorted($0).serializedText() }.sorted()
    }

    private static func sorted(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(let object):
            .object(
                JSONObject(
                    uniqueMembers: object.members.sorted { $0.name < $1.name }
                        .map { .init(name: $0.name, value: sorted($0.value)) }
                )
            )
        case .array(let elements): .array(elements.map(sorted))
        // The id of a consent event of ours is random.
        case .string(let text) where UUID(uuidString: text) != nil: "<uuid>"
        default: value
        }
    }

    private static let cases: [Case] = PlatformName.allCases.flatMap { platform in
        let root = folder.appending(path: platform.rawValue)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? []
        return names.sorted().map { Case(platform: platform, name: $0) }.filter { sample in
            (try? sample.text("expected.json")) != nil
        }
    }

    private static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures")
}
