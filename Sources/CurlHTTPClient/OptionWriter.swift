import CCurl

/// Sets options of one easy handle and remembers the first that libcurl refuses.
struct OptionWriter {
    private let handle: UnsafeMutableRawPointer
    private(set) var firstFailure = CURLE_OK

    init(_ handle: UnsafeMutableRawPointer) {
        self.handle = handle
    }

    mutating func set(_ option: CURLoption, _ value: Int) {
        note(ccurl_setopt_long(handle, option, value))
    }

    mutating func set(_ option: CURLoption, offset value: Int) {
        note(ccurl_setopt_offset(handle, option, curl_off_t(value)))
    }

    mutating func set(_ option: CURLoption, string value: String?) {
        note(ccurl_setopt_string(handle, option, value))
    }

    mutating func set(_ option: CURLoption, pointer value: UnsafeRawPointer?) {
        note(ccurl_setopt_pointer(handle, option, value))
    }

    mutating func set(_ option: CURLoption, list value: UnsafeMutablePointer<curl_slist>?) {
        note(ccurl_setopt_list(handle, option, value))
    }

    mutating func set(_ option: CURLoption, blob value: inout curl_blob) {
        note(ccurl_setopt_blob(handle, option, &value))
    }

    mutating func set(_ option: CURLoption, callback value: @escaping curl_write_callback) {
        note(ccurl_setopt_write(handle, option, value))
    }

    mutating func set(_ option: CURLoption, prerequest value: @escaping curl_prereq_callback) {
        note(ccurl_setopt_prerequest(handle, option, value))
    }

    private mutating func note(_ code: CURLcode) {
        if firstFailure == CURLE_OK { firstFailure = code }
    }
}
