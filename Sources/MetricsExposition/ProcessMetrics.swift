import Glibc

/// The `process_*` metrics that Prometheus' own libraries show, for this process.
///
/// What cannot be read is left out. Contract: <https://man7.org/linux/man-pages/man5/proc.5.html>.
enum ProcessMetrics {
    struct Sample {
        let name: String
        let type: SeriesType
        let value: Double
    }

    static let help = [
        "process_cpu_seconds_total": "Processor time in user and system mode.",
        "process_open_fds": "Open file descriptors.",
        "process_resident_memory_bytes": "Resident memory.",
        "process_start_time_seconds": "Start of the process, in seconds since 1970.",
    ]

    static func read() -> [Sample] {
        let values: [(String, SeriesType, Double?)] = [
            ("process_cpu_seconds_total", .counter, processorSeconds()),
            ("process_open_fds", .gauge, openFileDescriptors()),
            ("process_resident_memory_bytes", .gauge, residentBytes()),
            ("process_start_time_seconds", .gauge, startTime),
        ]
        return values.compactMap { name, type, value in
            value.map { Sample(name: name, type: type, value: $0) }
        }
    }

    private static func processorSeconds() -> Double? {
        var time = timespec()
        guard clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0 else { return nil }
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1_000_000_000
    }

    private static func openFileDescriptors() -> Double? {
        guard let folder = opendir("/proc/self/fd") else { return nil }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        // The folder lists itself, its parent, and the descriptor that reads it.
        return Double(count - 3)
    }

    private static func residentBytes() -> Double? {
        let pages = contents(of: "/proc/self/statm")?.split(separator: " ").dropFirst().first
        return pages.flatMap { Double($0) }.map { $0 * Double(sysconf(Int32(_SC_PAGESIZE))) }
    }

    /// The start of the machine plus the ticks until the start of the process: both never change.
    private static let startTime: Double? = {
        let bootLine = contents(of: "/proc/stat")?.split(separator: "\n")
            .first { $0.hasPrefix("btime ") }
        guard let boot = bootLine.flatMap({ Double($0.dropFirst("btime ".count)) }) else {
            return nil
        }
        // The second field is the command's name in parentheses, which may hold anything; the
        // start is field 22.
        let status = contents(of: "/proc/self/stat")
        guard let status, let nameEnd = status.lastIndex(of: ")") else { return nil }
        let fields = status[status.index(after: nameEnd)...].split(separator: " ")
        guard fields.count > 19, let ticks = Double(fields[19]) else { return nil }
        return boot + ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
    }()

    /// A file of `/proc`, as far as it fits: `/proc/stat` has a line for each processor.
    private static func contents(of path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: fileBytesMax)
        var length = 0
        while length < bytes.count {
            let count = bytes.withUnsafeMutableBytes { buffer in
                Glibc.read(
                    descriptor,
                    buffer.baseAddress.map { $0 + length },
                    buffer.count - length
                )
            }
            if count <= 0 { break }
            length += count
        }
        return String(decoding: bytes[..<length], as: UTF8.self)
    }

    /// Enough for the interrupt counters of a large machine, which stand before the boot time.
    private static let fileBytesMax = 262_144
}
