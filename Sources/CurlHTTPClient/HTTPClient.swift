package import Logging

/// A cancellable HTTP/1.1 client on libcurl's multi interface.
///
/// One thread of its own runs every exchange, so nothing here blocks Swift's pool. TLS certificates
/// are always verified, redirects are returned instead of followed, and proxies named in the
/// environment are ignored. There is no limit on how many exchanges wait: the caller sets one.
///
/// Contract: <https://curl.se/libcurl/c/libcurl-multi.html>.
package final class HTTPClient: Sendable {
    private let mailbox: Mailbox
    private let thread: ClientThread

    /// Starts the client's thread.
    ///
    /// - Throws: ``ClientError/cannotConnect(_:)`` when the file of certificate authorities cannot
    ///   be used, ``ClientError/invalidRequest(_:)`` when the user agent cannot be sent, and
    ///   ``ClientError/library(code:)`` when libcurl or the thread cannot start.
    package init(configuration: ClientConfiguration, logger: Logger) throws(ClientError) {
        mailbox = Mailbox()
        let loop = try MultiLoop(configuration: configuration, mailbox: mailbox, logger: logger)
        thread = try ClientThread(running: loop)
    }

    deinit {
        mailbox.stop()
        thread.abandon()
    }

    /// Starts an exchange and calls `completion` exactly once, on the client's thread.
    ///
    /// The completion must not block, since every other exchange waits for it. After ``shutdown()``
    /// there is no such thread: the completion is then called with ``ClientError/cancelled`` before
    /// this function returns.
    @discardableResult
    package func start(
        _ request: ClientRequest,
        completion: @escaping @Sendable (Result<ClientResponse, ClientError>) -> Void
    ) -> ClientExchange {
        let exchange = ClientExchange(mailbox: mailbox)
        submit(request, as: exchange, completion: completion)
        return exchange
    }

    /// Sends a request and waits for the whole response.
    ///
    /// Cancelling the task cancels the exchange, which then throws ``ClientError/cancelled``.
    package func send(_ request: ClientRequest) async throws(ClientError) -> ClientResponse {
        // The exchange exists before the continuation does, so a cancellation is never lost.
        let exchange = ClientExchange(mailbox: mailbox)
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                submit(request, as: exchange) { continuation.resume(returning: $0) }
            }
        } onCancel: {
            exchange.cancel()
        }
        return try result.get()
    }

    /// Ends every exchange with ``ClientError/cancelled`` and joins the thread.
    ///
    /// Returns when all completions have returned. Calling it again is harmless.
    package func shutdown() async {
        mailbox.stop()
        await mailbox.waitUntilEnded()
        thread.join()
    }

    private func submit(
        _ request: ClientRequest,
        as exchange: ClientExchange,
        completion: @escaping Completion
    ) {
        let submission = Submission(exchange: exchange, request: request, completion: completion)
        if !mailbox.submit(submission) {
            completion(.failure(.cancelled))
        }
    }
}
