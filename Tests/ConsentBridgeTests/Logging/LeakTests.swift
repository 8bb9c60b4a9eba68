import CurlHTTPClient
import Foundation
import HTTPTypes
import JSON
import Sandbox
import Testing

@testable import consent_bridge

/// Everything that a full run writes, searched for every secret and every person in it.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct LeakTests {
    @Test(arguments: Configuration.LogFormat.allCases)
    func `no secret and nothing of a person is in what a run writes`(
        format: Configuration.LogFormat
    ) async throws {
        var options = Rig.Options()
        options.text = { LeakSample.configuration($0, $1, $2, format) }
        try await Rig.run(options) { rig in
            let run = LeakRun(rig: rig)
            try await run.choose()
            try await run.failPlatforms()
            try await run.refuse()
            try await run.askForTokens()
            try await run.operate()
            try await run.reloadWrongly()
            var written = try await run.pages()
            rig.kill()
            try await rig.restart()
            try await run.chooseAgain()
            try await run.crash()
            written.append(try rig.logText())
            written += run.answers
            let calls = rig.calls(to: .didomi) + rig.calls(to: .actito)
            let used = calls.map { $0.serializedText() }.joined() + run.sent.joined()
            for value in LeakSample.personal {
                // Else the search would prove nothing.
                let isUsed = used.contains(value)
                #expect(isUsed, "\(value)")
            }
            for value in LeakSample.personal + LeakSample.secrets + run.tokens {
                for text in written where text.contains(value) {
                    Issue.record("\(value) is in: \(text.excerpt(around: value))")
                }
            }
            run.expectEverythingHappened(in: try rig.logText())
        }
    }
}

extension String {
    fileprivate func excerpt(around value: String) -> Substring {
        guard let found = firstRange(of: value) else { return "" }
        let start = index(found.lowerBound, offsetBy: -300, limitedBy: startIndex) ?? startIndex
        let end = index(found.upperBound, offsetBy: 100, limitedBy: endIndex) ?? endIndex
        return self[start..<end]
    }
}
