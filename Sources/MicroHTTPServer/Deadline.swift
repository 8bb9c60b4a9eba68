import Glibc
import Synchronization

/// When a connection is cut, set by libmicrohttpd's thread and read by the doorkeeper's.
struct Deadline: ~Copyable {
    private static let never = Int64.max
    private static let cut = Int64.min

    /// How far the kernel's time of the last byte and our clock may differ: some ticks of each.
    private static let clockErrorMilliseconds: Int64 = 20

    /// Monotonic milliseconds.
    private let due: Atomic<Int64>
    /// Since when the connection has been silent between requests; 0 while a request is on it.
    private let idleSince = Atomic<Int64>(0)
    /// What a request gets once its first byte has come.
    private let requestMilliseconds = Atomic<Int64>(0)

    init(milliseconds: Int) {
        due = Atomic(Self.now() + Int64(milliseconds))
    }

    /// The connection is cut unless something else is set before.
    func set(milliseconds: Int) {
        idleSince.store(0, ordering: .relaxed)
        replace(with: Self.now() + Int64(milliseconds))
    }

    /// The connection waits for us, so it is not cut; false if it has been cut already.
    func clear() -> Bool {
        replace(with: Self.never)
    }

    /// The connection is kept and waits for the next request.
    func setIdle(milliseconds: Int, thenRequest requestMilliseconds: Int) {
        let now = Self.now()
        self.requestMilliseconds.store(Int64(requestMilliseconds), ordering: .relaxed)
        replace(with: now + Int64(milliseconds))
        idleSince.store(now, ordering: .relaxed)
    }

    /// Whether the connection must be cut now; if so, nothing that is set later changes that.
    func isPast(_ now: Int64) -> Bool {
        let old = due.load(ordering: .relaxed)
        guard old <= now, old != Self.cut else { return false }
        return due.compareExchange(expected: old, desired: Self.cut, ordering: .relaxed).exchanged
    }

    @discardableResult
    private func replace(with new: Int64) -> Bool {
        guard due.exchange(new, ordering: .relaxed) == Self.cut else { return true }
        due.store(Self.cut, ordering: .relaxed)
        return false
    }

    /// Starts the request's time if its first byte came while the connection was idle.
    ///
    /// libmicrohttpd tells us of a request only when its first line is complete, so the kernel is
    /// asked.
    /// Contract: `tcpi_last_data_recv` in <https://man7.org/linux/man-pages/man7/tcp.7.html>.
    func noticeFirstByte(on socket: Int32, at now: Int64) {
        let since = idleSince.load(ordering: .relaxed)
        guard since > 0 else { return }
        var information = tcp_info()
        var count = socklen_t(MemoryLayout<tcp_info>.size)
        guard getsockopt(socket, Int32(IPPROTO_TCP), TCP_INFO, &information, &count) == 0,
            now - Int64(information.tcpi_last_data_recv) > since + Self.clockErrorMilliseconds
        else { return }
        let old = due.load(ordering: .relaxed)
        let new = min(old, now + requestMilliseconds.load(ordering: .relaxed))
        // Fails if libmicrohttpd's thread has just set another one, which then is right.
        let isSet = due.compareExchange(expected: old, desired: new, ordering: .relaxed).exchanged
        if isSet {
            _ = idleSince.compareExchange(expected: since, desired: 0, ordering: .relaxed)
        }
    }

    /// Monotonic milliseconds, exact to a clock tick (4 ms), which costs next to nothing to read.
    static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC_COARSE, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
