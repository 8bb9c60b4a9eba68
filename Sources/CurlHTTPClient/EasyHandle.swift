import CCurl

/// libcurl's global state, set up once per process.
enum Library {
    private static let code = curl_global_init(Int(CURL_GLOBAL_ALL))

    /// Sets libcurl up; safe to call again.
    static func initialise() throws(ClientError) {
        guard code == CURLE_OK else { throw .library(code) }
    }
}

extension ClientError {
    static func library(_ code: CURLcode) -> Self { .library(code: Int(code.rawValue)) }
}

/// One HTTP exchange at a time, on the client's thread.
///
/// The owner of a `CURL *`; connections belong to the multi handle, so an idle one costs little.
/// Contract: <https://curl.se/libcurl/c/libcurl-easy.html>.
final class EasyHandle {
    let raw: UnsafeMutableRawPointer
    /// Where libcurl writes its error text: `CURL_ERROR_SIZE` bytes.
    private let errorText: UnsafeMutablePointer<CChar>

    init() throws(ClientError) {
        guard let raw = curl_easy_init() else { throw .library(CURLE_OUT_OF_MEMORY) }
        self.raw = raw
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit {
        curl_easy_cleanup(raw)
        errorText.deallocate()
    }

    /// What libcurl says about a failure; may name the host, so only for failures to connect.
    func errorDescription(for code: CURLcode) -> String {
        errorText.pointee == 0
            ? String(cString: curl_easy_strerror(code)) : String(cString: errorText)
    }

    /// The status code of the last response, 0 if there was none.
    var status: Int {
        var status = 0
        ccurl_getinfo_long(raw, CURLINFO_RESPONSE_CODE, &status)
        return status
    }

    /// Drops every option and all that libcurl copied of the last request, credentials included.
    func reset() {
        curl_easy_reset(raw)
    }

    /// Sets every option that matters, even where libcurl's default suits us.
    func prepare(
        _ transfer: Transfer,
        timeout: Duration,
        configuration: ClientConfiguration,
        authorities: CertificateAuthorities?
    ) throws(ClientError) {
        errorText.pointee = 0
        var options = OptionWriter(raw)
        options.set(CURLOPT_ERRORBUFFER, pointer: errorText)
        setRequest(transfer.request, headers: transfer.headers, in: &options)
        setLimits(configuration, timeout: timeout, in: &options)
        setTLS(authorities, in: &options)
        setWhatIsOff(in: &options)
        options.set(CURLOPT_USERAGENT, string: configuration.userAgent)
        transfer.setCallbacks(in: &options)
        guard options.firstFailure == CURLE_OK else { throw .library(options.firstFailure) }
    }

    private func setRequest(
        _ request: CheckedRequest,
        headers: HeaderList,
        in options: inout OptionWriter
    ) {
        options.set(CURLOPT_PROTOCOLS_STR, string: "http,https")
        options.set(CURLOPT_URL, string: request.url)
        // The caller's percent-encoding is exact, dot segments included.
        options.set(CURLOPT_PATH_AS_IS, 1)
        options.set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
        options.set(CURLOPT_HTTPHEADER, list: headers.first)
        if request.method == "HEAD" {
            options.set(CURLOPT_NOBODY, 1)
        } else if request.sendsContentLength {
            // The size comes first, since libcurl copies that many bytes.
            options.set(CURLOPT_POSTFIELDSIZE_LARGE, offset: request.body.count)
            request.body.withUnsafeBytes { body in
                // An empty array may have no address, which would mean "no body given".
                withUnsafeBytes(of: 0 as UInt8) { nothing in
                    options.set(
                        CURLOPT_COPYPOSTFIELDS,
                        pointer: body.baseAddress ?? nothing.baseAddress
                    )
                }
            }
            options.set(CURLOPT_CUSTOMREQUEST, string: request.method)
        } else {
            options.set(CURLOPT_HTTPGET, 1)
            options.set(CURLOPT_CUSTOMREQUEST, string: request.method)
        }
    }

    private func setLimits(
        _ configuration: ClientConfiguration,
        timeout: Duration,
        in options: inout OptionWriter
    ) {
        options.set(CURLOPT_NOSIGNAL, 1)
        options.set(
            CURLOPT_CONNECTTIMEOUT_MS,
            Self.milliseconds(.milliseconds(configuration.connectTimeoutMilliseconds))
        )
        options.set(
            CURLOPT_TIMEOUT_MS,
            Self.milliseconds(timeout)
        )
        // Ending an exchange must not wait for a resolver that hangs: all others would, too.
        options.set(CURLOPT_QUICK_EXIT, 1)
        options.set(CURLOPT_DNS_CACHE_TIMEOUT, 60)
        options.set(CURLOPT_TCP_NODELAY, 1)
        options.set(CURLOPT_TCP_KEEPALIVE, 1)
        options.set(CURLOPT_TCP_KEEPIDLE, 30)
        options.set(CURLOPT_TCP_KEEPINTVL, 15)
        // No byte of a request before its connection stands, or `requestSent` would be wrong.
        options.set(CURLOPT_TCP_FASTOPEN, 0)
        options.set(CURLOPT_FRESH_CONNECT, 0)
        options.set(CURLOPT_FORBID_REUSE, 0)
        // The longer a connection was idle, the likelier its server is just closing it; many do
        // so after 60 s or more.
        options.set(CURLOPT_MAXAGE_CONN, 30)
        // Follows changes of DNS and load balancers.
        options.set(CURLOPT_MAXLIFETIME_CONN, 600)
    }

    private func setTLS(_ authorities: CertificateAuthorities?, in options: inout OptionWriter) {
        options.set(CURLOPT_SSL_VERIFYPEER, 1)
        options.set(CURLOPT_SSL_VERIFYHOST, 2)
        options.set(CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2)
        options.set(CURLOPT_SSL_OPTIONS, 0)
        options.set(CURLOPT_SSL_ENABLE_ALPN, 1)
        options.set(CURLOPT_SSL_SESSIONID_CACHE, 1)
        authorities?.apply(to: &options)
    }

    /// Nothing that a URL, a response or the environment says may change where a request goes.
    private func setWhatIsOff(in options: inout OptionWriter) {
        options.set(CURLOPT_FOLLOWLOCATION, 0)
        options.set(CURLOPT_MAXREDIRS, 0)
        // Empty means no proxy, even if `http_proxy` is set.
        options.set(CURLOPT_PROXY, string: "")
        options.set(CURLOPT_NETRC, 0)
        options.set(CURLOPT_HTTPAUTH, 0)
        options.set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1)
        options.set(CURLOPT_UNRESTRICTED_AUTH, 0)
        options.set(CURLOPT_COOKIEFILE, string: nil)
        options.set(CURLOPT_ACCEPT_ENCODING, string: nil)
        options.set(CURLOPT_HTTP_CONTENT_DECODING, 0)
        options.set(CURLOPT_HTTP_TRANSFER_DECODING, 1)
        options.set(CURLOPT_TRANSFER_ENCODING, 0)
        options.set(CURLOPT_HTTP09_ALLOWED, 0)
        options.set(CURLOPT_FAILONERROR, 0)
        options.set(CURLOPT_VERBOSE, 0)
        options.set(CURLOPT_NOPROGRESS, 1)
        options.set(CURLOPT_HEADER, 0)
    }

    /// What libcurl can take: 0 would mean no limit, and more than an `int` is refused.
    private static func milliseconds(_ duration: Duration) -> Int {
        Int(min(max(duration / .milliseconds(1), 1), Double(Int32.max)))
    }
}
