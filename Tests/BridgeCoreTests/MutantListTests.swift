import Foundation
import JSON
import Testing

/// `make mutants` changes expressions of the shipping code that must still be there.
struct MutantListTests {
    @Test
    func `each listed expression stands once in its file`() throws {
        let root = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let list = try Data(contentsOf: root.appending(path: "Tests/Mutants/mutants.json"))
        let mutants = try #require(try JSONValue(parsing: Array(list)).array)
        #expect(mutants.count >= 60)
        for mutant in mutants {
            let file = try #require(mutant["file"]?.string)
            let original = try #require(mutant["original"]?.string)
            let text = try String(contentsOf: root.appending(path: file), encoding: .utf8)
            #expect(text.components(separatedBy: original).count == 2, "\(file): \(original)")
            #expect(mutant["mutant"]?.string != original)
        }
    }
}
