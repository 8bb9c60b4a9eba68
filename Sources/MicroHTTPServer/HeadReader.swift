import HTTPTypes

/// Reads and judges the header fields of one request.
///
/// libmicrohttpd 0.9.75 accepts heads that RFC 9112 forbids and that smuggle requests past a
/// proxy; whatever is refused here must also close the connection.
struct HeadReader {
    /// The fields in the order in which they were sent.
    private(set) var fields = HTTPFields()
    private(set) var problem: Problem?
    /// Nil if there is none.
    private(set) var contentLength: Int?
    private(set) var isChunked = false
    private var contentLengths = 0
    private var transferEncodings = 0
    private var hosts = 0
    private var layout: HeadLayout?
    private let names: FieldNames

    init(names: FieldNames, layout: HeadLayout?) {
        self.names = names
        self.layout = layout
        fields.reserveCapacity(16)
    }

    /// A head that was refused before its fields were read.
    init(names: FieldNames, refusedFor problem: Problem) {
        self.names = names
        self.problem = problem
    }

    /// Takes one field as lent by the library; false ends the reading.
    mutating func take(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Bool {
        guard let entry = names.entry(for: name) else { return refuse(.fieldName) }
        let kind = FieldValueKind(of: value)
        guard kind != .forbidden else { return refuse(.fieldValue) }
        guard layout?.hasNext(name, value) ?? true else { return refuse(.headLayout) }
        guard fields.count < Limit.fieldsMax else { return refuse(.fieldsTooMany) }
        note(entry.role, value)
        let trimmed = value.trimmingBlanks()
        if kind == .ascii {
            fields.append(
                HTTPField(name: entry.name, value: String(decoding: trimmed, as: UTF8.self))
            )
        } else {
            fields.append(HTTPField(name: entry.name, lenientValue: trimmed))
        }
        return true
    }

    /// Judges the head as a whole, after its last field.
    mutating func finish(isHTTP11: Bool, headBytes: Int?) {
        guard problem == nil else { return }
        if contentLengths > 1 { problem = .contentLength }
        if transferEncodings > 0 {
            if !isChunked || transferEncodings > 1 || !isHTTP11 { problem = .transferEncoding }
            if contentLengths > 0 { problem = .bothLengths }
        }
        if isHTTP11 ? hosts != 1 : hosts > 1 { problem = .host }
        if let layout, !layout.ends(after: headBytes) { problem = .headLayout }
    }

    private mutating func refuse(_ reason: Problem) -> Bool {
        problem = reason
        return false
    }

    private mutating func note(_ role: FieldNames.Role, _ value: UnsafeRawBufferPointer) {
        switch role {
        case .host:
            hosts += 1
        case .contentLength:
            contentLengths += 1
            // The library has refused what is no number, and one that overflows.
            contentLength = Int(String(decoding: value, as: UTF8.self)) ?? .max
        case .transferEncoding:
            transferEncodings += 1
            isChunked = value.isCaseless("chunked")
        case .other:
            break
        }
    }
}

/// What the bytes of a field's value are: <https://www.rfc-editor.org/rfc/rfc9110#section-5.5>.
private enum FieldValueKind {
    case ascii
    case bytes
    case forbidden

    init(of value: UnsafeRawBufferPointer) {
        var all: UInt8 = 0
        var hasControl = false
        for byte in value {
            all |= byte
            hasControl = hasControl || (byte < 0x20 && byte != 0x09) || byte == 0x7F
        }
        self = hasControl ? .forbidden : all < 0x80 ? .ascii : .bytes
    }
}

extension UnsafeRawBufferPointer {
    /// Compares ASCII letters without regard to case; `text` is in lower case.
    fileprivate func isCaseless(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        for (index, byte) in enumerated() {
            let isUpper = UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
            guard (isUpper ? byte | 0x20 : byte) == text.utf8Start[index] else { return false }
        }
        return true
    }

    /// Without the blanks at the end; the library drops only those in front.
    fileprivate func trimmingBlanks() -> Self {
        var end = count
        while end > 0, self[end - 1] == 0x20 || self[end - 1] == 0x09 { end -= 1 }
        return Self(rebasing: self[..<end])
    }
}
