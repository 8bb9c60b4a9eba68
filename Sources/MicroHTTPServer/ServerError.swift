/// Why the server could not start; an operator must look.
package enum ServerError: Error, Equatable {
    /// The address cannot be listened on, for instance because the port is taken.
    case cannotListen(host: String, port: UInt16, reason: String)

    /// The operating system refused a thread, memory or a file descriptor.
    case outOfResources(reason: String)

    /// The certificate or its private key cannot be used.
    ///
    /// - Parameter reason: What is wrong and what to do, never a byte of the file.
    case unusableCertificate(file: String, reason: String)

    /// A server starts once; make a new one.
    case alreadyStarted

    /// Only a running server's listening socket can be taken over.
    case notRunning
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
        case .unusableCertificate(let file, let reason):
            "the TLS file \(file) cannot be used: \(reason)"
        case .alreadyStarted:
            "the HTTP server was started before; make a new one"
        case .notRunning:
            "the HTTP server whose port is to be taken over does not listen any more"
        }
    }
}
