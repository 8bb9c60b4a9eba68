/// What ties a webhook to the requests to the platforms that come of it.
package struct Correlation: Hashable, Sendable {
    package var requestID: RequestID
    /// The trace that the sender, or a proxy before us, has begun; nil: none.
    package var trace: TraceContext?

    package init(requestID: RequestID, trace: TraceContext? = nil) {
        self.requestID = requestID
        self.trace = trace
    }
}

/// The value of `X-Request-Id`: a token that may stand in a log and in a header as it is.
package struct RequestID: Hashable, Sendable, CustomStringConvertible {
    package let text: String

    /// Takes what somebody else chose: 1 to 64 letters, digits and `-`, `_`, `.`, of ASCII.
    ///
    /// Nil for anything else; so no address, URL or name with a space gets into a log this way.
    package init?(_ text: String) {
        guard (1...Self.bytesMax).contains(text.utf8.count), text.utf8.allSatisfy(\.isTokenByte)
        else { return nil }
        self.text = text
    }

    fileprivate init(run: String, number: UInt64) {
        text = run + String(number)
    }

    package var description: String { text }

    /// Twice what a UUID needs, and small beside the webhook that it is stored with.
    private static let bytesMax = 64
}

/// Makes request ids that no other source makes: 64 random bits, and a count.
///
/// A webhook without an id costs no random number this way.
package struct RequestIDSource: Sendable {
    private let run: String
    private var count: UInt64 = 0

    package init(using randomness: inout some RandomNumberGenerator) {
        run = hexadecimal(randomness.next(), digits: 16) + "-"
    }

    package mutating func next() -> RequestID {
        count += 1
        return RequestID(run: run, number: count)
    }
}

/// A place in a trace: the value of `traceparent`.
///
/// Contract: <https://www.w3.org/TR/trace-context-2/#traceparent-header>. `tracestate` is not passed
/// on, which the contract allows: it is the state of other people's tracing systems, up to 512 bytes
/// that nothing here reads.
package struct TraceContext: Hashable, Sendable {
    /// `00-TRACE-PARENT-FLAGS` in lower-case hexadecimal digits.
    package let text: String

    /// Reads a header's value; nil: it is malformed, which by the contract is as if it had not come.
    ///
    /// Of a later version the four known parts count, and of the flags those that the contract
    /// knows (sampled, random): the others have to be zero in what is passed on.
    package init?(_ header: String) {
        let bytes = Array(header.utf8)
        let dash = UInt8(ascii: "-")
        guard bytes.count >= Self.bytesCount,
            bytes[2] == dash, bytes[35] == dash, bytes[52] == dash,
            let version = number(bytes[0..<2]), version != 0xFF,
            bytes.count == Self.bytesCount || (version > 0 && bytes[Self.bytesCount] == dash),
            let high = number(bytes[3..<19]), let low = number(bytes[19..<35]), high | low != 0,
            let parent = number(bytes[36..<52]), parent != 0,
            let flags = number(bytes[53..<55])
        else { return nil }
        let traceID = String(decoding: bytes[3..<35], as: UTF8.self)
        self.init(traceID: traceID, parent: parent, flags: flags & Self.flagsKnown)
    }

    private init(traceID: String, parent: UInt64, flags: UInt64) {
        text = "00-\(traceID)-\(hexadecimal(parent, digits: 16))-\(hexadecimal(flags, digits: 2))"
    }

    /// What all requests of the trace share.
    package var traceID: String { String(text.dropFirst(3).prefix(32)) }

    /// The place of a request that we send in this trace.
    package func child(using randomness: inout some RandomNumberGenerator) -> TraceContext {
        TraceContext(
            traceID: traceID,
            parent: .random(in: 1...UInt64.max, using: &randomness),
            flags: number(Array(text.utf8.suffix(2))[...]) ?? 0
        )
    }

    private static let bytesCount = 55
    private static let flagsKnown: UInt64 = 0x03
}

/// The number that some lower-case hexadecimal digits write, at most 16 of them.
private func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
    var number: UInt64 = 0
    for digit in digits {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            number = number << 4 | UInt64(digit - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"):
            number = number << 4 | UInt64(digit - UInt8(ascii: "a") + 10)
        default: return nil
        }
    }
    return number
}

private func hexadecimal(_ number: UInt64, digits: Int) -> String {
    let text = String(number, radix: 16)
    return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
}

extension UInt8 {
    /// A letter, a digit, or one of `-`, `_`, `.`.
    fileprivate var isTokenByte: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"), UInt8(ascii: "_"),
            UInt8(ascii: "."):
            true
        default: false
        }
    }
}
