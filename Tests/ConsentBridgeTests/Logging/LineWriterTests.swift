import Foundation
import Synchronization
import Testing

@testable import consent_bridge

/// The log's way to its reader, through a pipe.
@Suite(.timeLimit(.minutes(1)))
struct LineWriterTests {
    private static func line(_ number: Int) -> [UInt8] { Array("line \(number)\n".utf8) }

    private static func text(of pipe: Pipe) throws -> String {
        try pipe.fileHandleForWriting.close()
        let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
        return String(decoding: data, as: UTF8.self)
    }

    private static func writer(to pipe: Pipe) -> LineWriter {
        LineWriter(pipe.fileHandleForWriting.fileDescriptor) { Array("lost \($0)\n".utf8) }
    }

    @Test func `every line is there after closing, in order`() throws {
        let pipe = Pipe()
        let writer = Self.writer(to: pipe)
        // Fewer than a pipe holds, so that nobody has to read meanwhile.
        for number in 0..<1000 { writer.write(Self.line(number)) }
        writer.close()
        let expected = (0..<1000).map { "line \($0)\n" }.joined()
        #expect(try Self.text(of: pipe) == expected)
    }

    @Test func `lines of several threads are whole, and each thread's are in order`() async throws {
        let pipe = Pipe()
        let writer = Self.writer(to: pipe)
        await withTaskGroup(of: Void.self) { group in
            for thread in 0..<4 {
                group.addTask {
                    for number in 0..<200 { writer.write(Self.line(thread * 1000 + number)) }
                }
            }
        }
        writer.close()
        let numbers = try Self.text(of: pipe).split(separator: "\n").map {
            try #require(Int($0.dropFirst("line ".count)))
        }
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
        let long = [UInt8](repeating: UInt8(ascii: "x"), count: 65_535) + [UInt8(ascii: "\n")]
        let count = 400
        for _ in 0..<count { writer.write(long) }
        let data = Mutex(Data())
        let ended = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            let read = (try? pipe.fileHandleForReading.readToEnd()) ?? Data()
            data.withLock { $0 = read }
            ended.signal()
        }
        writer.close()
        try pipe.fileHandleForWriting.close()
        ended.wait()
        let written = String(decoding: data.withLock(\.self), as: UTF8.self)
            .split(separator: "\n")
        let lost = try #require(written.last.flatMap { Int($0.dropFirst("lost ".count)) })
        #expect(lost > 0)
        #expect(written.count - 1 + lost == count)
    }

    @Test func `a reader that went away ends nothing`() throws {
        let pipe = Pipe()
        let writer = Self.writer(to: pipe)
        try pipe.fileHandleForReading.close()
        writer.write(Self.line(1))
        writer.close()
        writer.write(Self.line(2))
        writer.close()
        try pipe.fileHandleForWriting.close()
    }
}
