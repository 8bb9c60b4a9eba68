/// Why the server could not start; an operator must look.
package enum ServerError: Error, Equatable {
    /// The address cannot be listened on, for instance because the port is taken.
    case cannotListen(host: String, port: UInt16, reason: String)

    /// The operating system refused a thread, memory or a file descriptor.
    case outOfResources(reason: String)

    /// A server starts once; make a new one.
    case alreadyStarted
}

extension ServerError: CustomStringConvertible {
    /// What is wrong and what to do.
    package var description: String {
        switch self {
        case .cannotListen(let host, let port, let reason):
            "cannot listen on \(host) port \(port): \(reason); "
                + "choose a free port and a numeric address of this machine"
        case .outOfResources(let reason):
            "the HTTP server could not start: \(reason); "
                + "raise the limits on open files, threads and memory"
        case .alreadyStarted:
            "the HTTP server was started before; make a new one"
        }
    }
}
