import BridgeCore
import Foundation
import Logging
import Synchronization
import Testing

@testable import consent_bridge

/// The log's way to its reader, through a pipe.
@Suite(.timeLimit(.minutes(1)))
struct LogWriterTests {
    private static func write(_ number: Int, to writer: LogWriter) {
        let event = LogEvent(
            level: .info,
            message: "\(number)",
            metadata: nil,
            source: nil,
            file: #fileID,
            function: #function,
            line: #line
        )
        writer.write(event, at: Timestamp(milliseconds: 0))
    }

    /// Writes each message as it is, and the number of lost ones as `lost 5`.
    private static func writer(to pipe: Pipe) -> LogWriter {
        LogWriter(pipe.fileHandleForWriting.fileDescriptor) { event, _ in
            let lost = event.metadata?["lines"].map { "lost \($0)" }
            return Array("\(lost ?? event.message.description)\n".utf8)
        }
    }

    /// Everything that was written, once nobody writes any more.
    private static func lines(of pipe: Pipe) throws -> [Substring] {
        try pipe.fileHandleForWriting.close()
        let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
        return String(decoding: data, as: UTF8.self).split(separator: "\n")
    }

    @Test func `every line is there after closing, in order`() throws {
        let pipe = Pipe()
        let writer = Self.writer(to: pipe)
        // Fewer than a pipe holds, so that nobody has to read meanwhile.
        for number in 0..<1000 { Self.write(number, to: writer) }
        writer.close()
        #expect(try Self.lines(of: pipe) == (0..<1000).map { "\($0)" })
    }

    @Test func `lines of several threads are whole, and each thread's are in order`() async throws {
        let pipe = Pipe()
        let writer = Self.writer(to: pipe)
        await withTaskGroup(of: Void.self) { group in
            for thread in 0..<4 {
                group.addTask {
                    for number in 0..<200 { Self.write(thread * 1000 + number, to: writer) }
                }
            }
        }
        writer.close()
        let numbers = try Self.lines(of: pipe).map { try #require(Int($0)) }
        #expect(numbers.count == 800)
        for thread in 0..<4 {
            let ofThread = numbers.filter { $0 / 1000 == thread }
            #expect(ofThread == (0..<200).map { thread * 1000 + $0 })
        }
    }

    @Test func `a reader that takes nothing stops nobody, and what was lost is told`() throws {
        let pipe = Pipe()
        let writer = Self.writer(to: pipe)
        // More than pipe and memory hold, and nobody reads.
        let count = 80_000
        for number in 0..<count { Self.write(number, to: writer) }
        let read = Mutex<[Substring]>([])
        let ended = DispatchSemaphore(value: 0)
        let writingEnd = pipe.fileHandleForWriting
        Thread.detachNewThread {
            let data = (try? pipe.fileHandleForReading.readToEnd()) ?? Data()
            let lines = String(decoding: data, as: UTF8.self).split(separator: "\n")
            read.withLock { $0 = lines }
            ended.signal()
        }
        writer.close()
        try writingEnd.close()
        ended.wait()
        let lines = read.withLock(\.self)
        let losses = try lines.filter { $0.hasPrefix("lost ") }
            .map { try #require(Int($0.dropFirst("lost ".count))) }
        let lost = losses.reduce(0, +)
        #expect(lost > 0)
        #expect(lines.count - losses.count + lost == count)
    }

    @Test func `a reader that went away ends nothing`() throws {
        let pipe = Pipe()
        let writer = Self.writer(to: pipe)
        try pipe.fileHandleForReading.close()
        Self.write(1, to: writer)
        writer.close()
        Self.write(2, to: writer)
        writer.close()
        try pipe.fileHandleForWriting.close()
    }
}
