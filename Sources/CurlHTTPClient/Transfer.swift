import CCurl
import HTTPTypes

/// What the client's thread knows of a running exchange; libcurl's callbacks write into it.
final class Transfer {
    let request: CheckedRequest
    let headers: HeaderList
    let handle: EasyHandle
    let exchange: ClientExchange
    let completion: Completion
    private let responseBytesMax: Int
    private let responseHeaderBytesMax: Int

    private var head = ResponseHead()
    private var body: [UInt8] = []
    /// Why a callback of ours aborted; it says more than libcurl's code.
    private var failure: ClientError?
    /// Whether libcurl began to write the request, ever: a first byte may have left since.
    ///
    /// Conservative: libcurl may also fail at that first write. Its own count of sent bytes
    /// (CURLINFO_REQUEST_SIZE) is no better witness, since TLS may send a part of what it then
    /// reports as not written.
    private var requestSent = false

    init(
        _ entry: WaitingLine.Entry,
        on handle: EasyHandle,
        configuration: ClientConfiguration
    ) throws(ClientError) {
        request = entry.request
        self.handle = handle
        headers = try HeaderList(request)
        exchange = entry.submission.exchange
        completion = entry.submission.completion
        responseBytesMax = configuration.responseBytesMax
        responseHeaderBytesMax = configuration.responseHeaderBytesMax
    }

    /// The transfer whose callbacks were set on a handle.
    static func running(on handle: UnsafeMutableRawPointer) -> Transfer? {
        var context: UnsafeMutablePointer<CChar>?
        ccurl_getinfo_pointer(handle, CURLINFO_PRIVATE, &context)
        return from(context)
    }

    /// Makes libcurl call this transfer, which must live until its handle leaves the loop.
    func setCallbacks(in options: inout OptionWriter) {
        // SAFETY: not retained. MultiLoop keeps the transfer in `running` while the handle is
        // added, and callbacks come only from within its calls, on the same thread.
        let context = Unmanaged.passUnretained(self).toOpaque()
        options.set(CURLOPT_PRIVATE, pointer: context)
        options.set(CURLOPT_PREREQDATA, pointer: context)
        options.set(
            CURLOPT_PREREQFUNCTION,
            prerequest: { context, _, _, _, _ in
                guard let transfer = Transfer.from(context), transfer.mayWriteRequest() else {
                    return Int32(CURL_PREREQFUNC_ABORT)
                }
                return Int32(CURL_PREREQFUNC_OK)
            }
        )
        options.set(CURLOPT_HEADERDATA, pointer: context)
        options.set(
            CURLOPT_HEADERFUNCTION,
            callback: { bytes, size, count, context in
                Transfer.take(bytes, size * count, context) { $0.appendHeader($1) }
            }
        )
        options.set(CURLOPT_WRITEDATA, pointer: context)
        options.set(
            CURLOPT_WRITEFUNCTION,
            callback: { bytes, size, count, context in
                Transfer.take(bytes, size * count, context) { $0.appendBody($1) }
            }
        )
    }

    /// What became of the exchange, given libcurl's code for it.
    func result(for code: CURLcode) -> Result<ClientResponse, ClientError> {
        if let failure { return .failure(failure) }
        if code == CURLE_OK {
            // For libcurl a connection that ends within the headers ends a response all the same.
            guard head.hasEnded else {
                return .failure(
                    .connectionBroken(requestSent: true, "the connection ended within the headers")
                )
            }
            return .success(
                ClientResponse(status: handle.status, headers: head.fields, body: body)
            )
        }
        return .failure(error(for: code))
    }

    /// Whether libcurl may write the request to the connection that it has just got.
    ///
    /// libcurl asks before each write of the whole request, and that can be twice: when a *reused*
    /// connection ends before the first byte of an answer, libcurl sends the request again on a
    /// fresh one, whatever the method, and has no option against it. The server may have acted on
    /// the first, so only a request that is safe to repeat (RFC 9110, 9.2.2) gets a second try.
    /// Contract: <https://curl.se/libcurl/c/CURLOPT_PREREQFUNCTION.html>.
    private func mayWriteRequest() -> Bool {
        if requestSent && !request.isIdempotent {
            failure = .connectionBroken(
                requestSent: true,
                "a reused connection ended without an answer"
            )
            return false
        }
        requestSent = true
        return true
    }

    private func appendHeader(_ line: UnsafeBufferPointer<UInt8>) -> Bool {
        guard head.bytesCount + line.count <= responseHeaderBytesMax else {
            failure = .responseTooLarge(limit: responseHeaderBytesMax)
            return false
        }
        head.append(line)
        return true
    }

    private func appendBody(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard body.count + bytes.count <= responseBytesMax else {
            failure = .responseTooLarge(limit: responseBytesMax)
            return false
        }
        body.append(contentsOf: bytes)
        return true
    }

    private func error(for code: CURLcode) -> ClientError {
        switch code {
        case CURLE_OPERATION_TIMEDOUT:
            return .timedOut(requestSent: requestSent)
        case CURLE_OUT_OF_MEMORY where requestSent && !head.hasEnded:
            // libcurl's answer to a single header line beyond its own limit of 100 KiB.
            return .responseTooLarge(limit: responseHeaderBytesMax)
        case CURLE_OUT_OF_MEMORY, CURLE_FAILED_INIT, CURLE_BAD_FUNCTION_ARGUMENT,
            CURLE_UNKNOWN_OPTION, CURLE_NOT_BUILT_IN:
            return .library(code)
        case CURLE_URL_MALFORMAT where !requestSent,
            CURLE_UNSUPPORTED_PROTOCOL where !requestSent,
            CURLE_LOGIN_DENIED where !requestSent:
            return .invalidRequest("libcurl cannot read the URL")
        case _ where !requestSent:
            // The text of libcurl can name host, port and certificate here, and nothing else.
            return .cannotConnect(handle.errorDescription(for: code))
        default:
            return .connectionBroken(
                requestSent: true,
                String(cString: curl_easy_strerror(code))
            )
        }
    }

    private static func from(_ context: UnsafeMutableRawPointer?) -> Transfer? {
        // SAFETY: the pointer is the one of `setCallbacks`, see there.
        context.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Hands bytes that libcurl lends to a transfer; anything but `count` makes libcurl abort.
    private static func take(
        _ bytes: UnsafeMutablePointer<CChar>?,
        _ count: Int,
        _ context: UnsafeMutableRawPointer?,
        _ append: (Transfer, UnsafeBufferPointer<UInt8>) -> Bool
    ) -> Int {
        guard count > 0, let bytes else { return 0 }
        // CURL_WRITEFUNC_ERROR in newer versions, which fits no buffer in any.
        guard let transfer = from(context) else { return Int(UInt32.max) }
        let taken = bytes.withMemoryRebound(to: UInt8.self, capacity: count) { bytes in
            append(transfer, UnsafeBufferPointer(start: bytes, count: count))
        }
        return taken ? count : Int(UInt32.max)
    }
}
