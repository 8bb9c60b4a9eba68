import BridgeCore
import JSON
import Logging
import Testing

@testable import consent_bridge

@Suite struct LogLineTests {
    private static let now = Timestamp(milliseconds: 1_795_425_302_417)

    private static let facts: Logger.Metadata = [
        "request_id": "shop-4711", "http_status": .stringConvertible(200),
        "entry": .stringConvertible(Int64.max), "integrations": ["a b", "c"], "none": [],
        "level": "mine", "empty": "", "nested": ["b": "2", "a": .stringConvertible(-1)],
        "truth": .stringConvertible(true),
    ]

    private static func line(
        _ format: Configuration.LogFormat,
        _ message: Logger.Message,
        _ facts: Logger.Metadata
    ) -> String {
        let event = LogEvent(
            level: .warning,
            message: message,
            metadata: facts,
            source: nil,
            file: #fileID,
            function: #function,
            line: #line
        )
        return String(decoding: format.line(of: event, at: now), as: UTF8.self)
    }

    @Test func `a line of JSON has the facts in the order of their names, numbers as numbers`() {
        #expect(
            Self.line(.json, "webhook received", Self.facts) == """
                {"time":"2026-11-23T09:15:02.417Z","level":"warning","message":"webhook received",\
                "empty":"","entry":9223372036854775807,"http_status":200,\
                "integrations":["a b","c"],"metadata_level":"mine","nested":{"a":-1,"b":"2"},\
                "none":[],"request_id":"shop-4711","truth":"true"}

                """
        )
    }

    @Test func `a line of text has each fact as name and value`() {
        #expect(
            Self.line(.text, "webhook received", Self.facts) == """
                2026-11-23T09:15:02.417Z WARNING webhook received empty="" \
                entry=9223372036854775807 http_status=200 integrations=["a b","c"] level=mine \
                nested={"a":-1,"b":"2"} none=[] request_id=shop-4711 truth="true"

                """
        )
    }

    @Test(
        arguments: Configuration.LogFormat.allCases,
        ["a\nb", "a\r\nb", "\u{0}", "\u{1B}[2J", "\"", "\\", "é", "a=b", " ", "\u{2028}", "{}"]
    )
    func `whatever a text holds, its line stays one`(
        format: Configuration.LogFormat,
        text: String
    ) throws {
        let line = Self.line(format, "\(text)", ["fact": .string(text), text: "name"])
        #expect(line.utf8.count { $0 == UInt8(ascii: "\n") } == 1)
        #expect(line.hasSuffix("\n"))
        #expect(line.unicodeScalars.allSatisfy { $0.value >= 0x20 || $0 == "\n" })
        guard format == .json else { return }
        let json = try JSONValue(parsing: Array(line.utf8))
        #expect(json["message"]?.string == text)
        #expect(json["fact"]?.string == text)
        #expect(json[text]?.string == "name")
    }
}
