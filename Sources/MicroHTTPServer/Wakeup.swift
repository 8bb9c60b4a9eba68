import CMicroHTTPD
import Glibc

/// Wakes one waiting thread; a wake-up that comes before the wait is kept.
///
/// Contract: <https://man7.org/linux/man-pages/man2/eventfd.2.html>.
final class Wakeup: Sendable {
    /// Negative if the system gave none: then a wait lasts until its time is over.
    let descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Wakes the thread that waits, or the next one that does.
    func raise() {
        eventfd_write(descriptor, 1)
    }

    /// Forgets the wake-ups so far.
    func clear() {
        var count: eventfd_t = 0
        eventfd_read(descriptor, &count)
    }

    /// Blocks until it is raised or the time is over.
    func wait(milliseconds: Int64) {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        poll(&entry, 1, Int32(clamping: max(0, milliseconds)))
        clear()
    }
}
