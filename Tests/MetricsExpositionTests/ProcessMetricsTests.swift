import Foundation
import MetricsExposition
import Testing

/// What the operating system says of this very process.
@Suite struct ProcessMetricsTests {
    @Test func `memory, descriptors, processor time and start are this process's`() throws {
        var values: [Substring: Double] = [:]
        for line in MetricsRegistry().exposition().split(separator: "\n") {
            let parts = line.split(separator: " ")
            if !line.hasPrefix("#") { values[parts[0]] = Double(parts[1]) }
        }
        #expect(values.count == 4)
        #expect(try #require(values["process_resident_memory_bytes"]) > 1_000_000)
        #expect(try #require(values["process_open_fds"]) >= 3)
        #expect(try #require(values["process_cpu_seconds_total"]) > 0)
        let start = try #require(values["process_start_time_seconds"])
        let now = Date().timeIntervalSince1970
        #expect(start > now - 86_400 && start < now + 60)
    }

    @Test func `open files are counted`() throws {
        let files = try (0..<50).map { _ in try #require(FileHandle(forReadingAtPath: "/dev/null"))
        }
        let line = MetricsRegistry().exposition().split(separator: "\n")
            .first { $0.hasPrefix("process_open_fds ") }
        for file in files { try file.close() }
        let count = line.flatMap { Int($0.dropFirst("process_open_fds ".count)) }
        #expect(try #require(count) >= files.count)
    }

    @Test func `processor time is a counter and each metric has a help text`() {
        let text = MetricsRegistry().exposition()
        #expect(text.contains("# TYPE process_cpu_seconds_total counter\n"))
        #expect(text.components(separatedBy: "# HELP process_").count == 5)
    }
}
