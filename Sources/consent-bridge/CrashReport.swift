import Foundation
import Glibc

/// What the process prints when it crashes.
enum CrashReport {
    /// Has Swift's runtime print the backtrace of a crash without the memory around it.
    ///
    /// By default it shows 16 bytes of what each register points to, and that may be a person's
    /// address or a secret. It reads what to show when a process begins, so the program begins
    /// once more, as the same process, unless the runtime prints no backtraces anyway, such as
    /// where there is no Swift toolchain. Whoever sets `registers=` in `SWIFT_BACKTRACE` decides.
    /// Contract: <https://github.com/swiftlang/swift/blob/main/docs/Backtracing.rst>.
    static func omitMemory() {
        var settings = (environmentValue(variable) ?? "").split(separator: ",").map(String.init)
        guard catchesTraps, !settings.contains(where: { $0.hasPrefix("registers=") }) else {
            return
        }
        settings.append("registers=none")
        setenv(variable, settings.joined(separator: ","), 1)
        // Returns only if it fails; then a crash shows what it showed before.
        execv("/proc/self/exe", CommandLine.unsafeArgv)
    }

    /// The runtime has taken the signal of a trap.
    private static var catchesTraps: Bool {
        var action = sigaction()
        guard sigaction(SIGTRAP, nil, &action) == 0 else { return false }
        return action.__sigaction_handler.sa_handler != nil
    }

    private static let variable = "SWIFT_BACKTRACE"
}
