import CCurl
import Glibc
import Logging

/// Runs every exchange of a client; belongs to one thread.
///
/// Contract: <https://curl.se/libcurl/c/curl_multi_perform.html>. `curl_multi_poll` measured at
/// least as fast as epoll with `curl_multi_socket_action` for the connections that we allow.
final class MultiLoop {
    /// The poll is woken for new work and for time-outs, so any long wait would do.
    private static let pollMax = Duration.seconds(60)

    /// Keeps a persistent failure of the poll from spinning a core.
    private static let failurePauseMicroseconds: UInt32 = 10_000

    private let configuration: ClientConfiguration
    private let authorities: CertificateAuthorities?
    private let mailbox: Mailbox
    private let logger: Logger
    private let multi: UnsafeMutableRawPointer
    private var waiting: WaitingLine
    /// By the number of the exchange.
    private var running: [UInt64: Transfer] = [:]
    /// Reset handles for the next exchanges, at most ``ClientConfiguration/connectionsMax``.
    private var idle: [EasyHandle] = []

    init(
        configuration: ClientConfiguration,
        mailbox: Mailbox,
        logger: Logger
    ) throws(ClientError) {
        guard configuration.userAgent.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else {
            throw .invalidRequest("the user agent must be printable ASCII")
        }
        try Library.initialise()
        if let file = configuration.certificateAuthoritiesFile {
            authorities = try CertificateAuthorities(addingFile: file)
        } else {
            authorities = nil
        }
        guard let multi = curl_multi_init() else { throw .library(CURLE_OUT_OF_MEMORY) }
        self.configuration = configuration
        self.mailbox = mailbox
        self.logger = logger
        self.multi = multi
        waiting = WaitingLine(
            runningMax: configuration.connectionsMax,
            runningPerOriginMax: configuration.connectionsPerHostMax
        )
        let limits: [(CURLMoption, Int)] = [
            (CURLMOPT_MAXCONNECTS, configuration.connectionsMax),
            (CURLMOPT_MAX_TOTAL_CONNECTIONS, configuration.connectionsMax),
            (CURLMOPT_MAX_HOST_CONNECTIONS, configuration.connectionsPerHostMax),
            (CURLMOPT_PIPELINING, Int(CURLPIPE_NOTHING)),
        ]
        for (option, value) in limits {
            guard ccurl_multi_setopt_long(multi, option, value) == CURLM_OK else {
                throw .library(CURLE_UNKNOWN_OPTION)
            }
        }
        mailbox.open(waking: multi)
    }

    deinit {
        mailbox.close()
        idle.removeAll()
        curl_multi_cleanup(multi)
        mailbox.end()
    }

    /// Works until the mailbox says stop, then ends what is left.
    func run() {
        while true {
            let mail = mailbox.take()
            for submission in mail.submissions { accept(submission) }
            for exchange in mail.cancellations { cancel(exchange) }
            if mail.isStopping { break }
            expireWaiting()
            startWaiting()
            perform()
            finishDone()
            // A freed connection is used at once: a new transfer has a timer, which ends the poll.
            startWaiting()
            poll()
        }
        for entry in waiting.removeAll() { entry.submission.completion(.failure(.cancelled)) }
        for transfer in Array(running.values) { finish(transfer, with: .failure(.cancelled)) }
    }

    private func accept(_ submission: Submission) {
        if submission.exchange.isCancelled { return submission.completion(.failure(.cancelled)) }
        do throws(ClientError) {
            let request = try CheckedRequest(submission.request)
            let timeout = Duration.milliseconds(
                request.timeoutMilliseconds ?? configuration.requestTimeoutMilliseconds
            )
            waiting.append(
                WaitingLine.Entry(
                    submission: submission,
                    request: request,
                    deadline: .now + timeout
                )
            )
        } catch {
            submission.completion(.failure(error))
        }
    }

    private func cancel(_ exchange: ClientExchange) {
        if let entry = waiting.remove(exchange) {
            entry.submission.completion(.failure(.cancelled))
        } else if let transfer = running[exchange.number] {
            finish(transfer, with: .failure(.cancelled))
        }
    }

    private func expireWaiting() {
        guard waiting.nextDeadline != nil else { return }
        for entry in waiting.removeExpired(at: .now) {
            entry.submission.completion(.failure(.timedOut(requestSent: false)))
        }
    }

    private func startWaiting() {
        while let entry = waiting.popNext() {
            do throws(ClientError) {
                try start(entry)
            } catch {
                waiting.release(entry.request.origin)
                entry.submission.completion(.failure(error))
            }
        }
    }

    private func start(_ entry: WaitingLine.Entry) throws(ClientError) {
        let handle = try takeHandle()
        let transfer = try Transfer(entry, on: handle, configuration: configuration)
        try handle.prepare(
            transfer,
            timeout: ContinuousClock.now.duration(to: entry.deadline),
            configuration: configuration,
            authorities: authorities
        )
        guard curl_multi_add_handle(multi, handle.raw) == CURLM_OK else {
            throw .library(CURLE_FAILED_INIT)
        }
        running[transfer.exchange.number] = transfer
    }

    private func takeHandle() throws(ClientError) -> EasyHandle {
        if let handle = idle.popLast() { return handle }
        return try EasyHandle()
    }

    private func perform() {
        var runningCount: Int32 = 0
        let code = curl_multi_perform(multi, &runningCount)
        if code != CURLM_OK { endAll(because: code) }
    }

    /// Waits for the network, a time-out or new mail.
    private func poll() {
        var wait = Self.pollMax
        if let deadline = waiting.nextDeadline {
            wait = min(wait, max(ContinuousClock.now.duration(to: deadline), .zero))
        }
        // Rounded up, so that the deadline has passed when the poll returns.
        let milliseconds = Int32((wait / .milliseconds(1)).rounded(.up))
        let code = curl_multi_poll(multi, nil, 0, milliseconds, nil)
        if code != CURLM_OK {
            endAll(because: code)
            usleep(Self.failurePauseMicroseconds)
        }
    }

    /// Completes every exchange that libcurl reports as done.
    private func finishDone() {
        var waitingCount: Int32 = 0
        while let message = curl_multi_info_read(multi, &waitingCount) {
            guard message.pointee.msg == CURLMSG_DONE, let raw = message.pointee.easy_handle,
                let transfer = Transfer.running(on: raw)
            else { continue }
            // The message is libcurl's and gone with the next call: read it before `finish`.
            let code = message.pointee.data.result
            finish(transfer, with: transfer.result(for: code))
        }
    }

    /// Takes an exchange off the loop and calls its completion, once.
    private func finish(_ transfer: Transfer, with result: Result<ClientResponse, ClientError>) {
        running[transfer.exchange.number] = nil
        curl_multi_remove_handle(multi, transfer.handle.raw)
        transfer.handle.reset()
        if idle.count < configuration.connectionsMax { idle.append(transfer.handle) }
        waiting.release(transfer.request.origin)
        transfer.completion(result)
    }

    /// Gives up on everything that runs after a failure of the multi handle itself.
    private func endAll(because code: CURLMcode) {
        logger.error("libcurl's loop failed", metadata: ["code": "\(code.rawValue)"])
        for transfer in Array(running.values) {
            finish(transfer, with: .failure(.library(code: Int(code.rawValue))))
        }
    }
}
