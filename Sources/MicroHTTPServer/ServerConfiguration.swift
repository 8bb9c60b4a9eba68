/// Where the server listens and every limit it keeps.
package struct ServerConfiguration: Sendable, Equatable {
    /// An IPv4 or IPv6 literal, or `localhost`; only this machine unless told otherwise.
    package var host: String = "127.0.0.1"

    /// The port; 0 takes a free one, which ``HTTPServer/start()`` returns.
    package var port: UInt16 = 0

    /// Makes the server speak TLS 1.2 and 1.3 only; nil: plain HTTP.
    package var certificate: ServerCertificate?

    /// The longest body that is accepted; a webhook has a few kilobytes, so 1 MiB is generous.
    package var bodyBytesMax: Int = 1_048_576

    /// Connections held at once; more wait in the kernel's backlog.
    ///
    /// Each costs about 40 KiB.
    package var connectionsMax: Int = 1024

    /// Connections held at once for one address; 0 is unlimited, since a proxy has one address.
    package var connectionsPerAddressMax: Int = 0

    /// Time from a request's first byte (or from accepting the connection, for the first one) to
    /// the end of its body, and again for a client to read its answer.
    ///
    /// A total deadline, so that a client that drips bytes is cut too; 15 s suit a slow link.
    package var requestTimeoutMilliseconds: Int = 15_000

    /// How long a kept connection may stay silent between requests; what proxies use by default.
    package var idleTimeoutMilliseconds: Int = 60_000

    /// The defaults above.
    package init() {}

    /// How much of an over-long body is read and dropped.
    var drainBytesMax: Int {
        let (product, overflows) = bodyBytesMax.multipliedReportingOverflow(
            by: Limit.drainMultipleMax
        )
        return overflows ? .max : product
    }
}

/// The limits that nobody needs to set.
enum Limit {
    /// TLS 1.2 and 1.3 with what GnuTLS calls normal; older versions are deprecated by RFC 8996.
    ///
    /// Contract: <https://gnutls.org/manual/html_node/Priority-Strings.html>.
    static let tlsPriorities = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

    /// Header fields of a request; browsers and proxies send up to about 40.
    static let fieldsMax = 100

    /// Memory of libmicrohttpd per connection: a head of 32 KiB, the records of 100 fields (6 KiB)
    /// and the head of the answer fit.
    ///
    /// All of it is cleared after each request, so more of it
    /// costs throughput.
    static let connectionMemoryBytes = 40 * 1024

    /// How much of an over-long body is read and dropped, in multiples of the limit, before the
    /// connection is cut: an honest client then gets its 413, an endless one costs little.
    static let drainMultipleMax = 8

    /// Connections libmicrohttpd may hold above ours, since it counts one out a moment after us.
    static let connectionsSpare = 64

    /// Sockets that wait in the kernel to be accepted; it takes no more than `net.core.somaxconn`.
    static let backlogMax: Int32 = 4096

    /// Connections accepted before deadlines are looked at again.
    static let acceptsPerTurnMax = 64

    /// How long a client that was refused may go on sending before it is cut off.
    static let lingerMilliseconds: Int64 = 2000

    /// How many such clients are borne with at once; more are cut off at once.
    static let lingeringMax = 64

    /// How long answers that were forced by ``HTTPServer/stop(graceMilliseconds:)`` may take to be
    /// written.
    static let farewellMilliseconds: Int64 = 1000
}
