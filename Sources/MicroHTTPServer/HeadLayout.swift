import CMicroHTTPD
import Glibc

/// Where the pieces of a head must lie in libmicrohttpd's buffer, if each line of it ended with
/// CR LF and each byte of it became part of a piece.
///
/// Version 0.9.75 splits a head in place: it overwrites separators with NUL and lends pointers
/// between them. It also accepts bare LF, cuts values at a NUL and glues a folded line to the
/// *name* of its field (`X-A: a\r\n b` becomes `X-Ab: a`), each of which smuggles fields past a
/// proxy and leaves no other trace. Such a head has a gap, which is seen here.
///
/// Addresses are compared, never followed.
struct HeadLayout {
    /// Whether the loaded library is the one whose layout is known.
    ///
    /// Later ones refuse those heads themselves and place the pieces differently.
    static let isKnown = String(cString: MHD_get_version()) == "0.9.75"

    private let start: UInt
    private var next: UInt

    /// Nil if the request line itself has a gap.
    init?(method: UnsafePointer<CChar>, target: RequestTarget, version: UnsafePointer<CChar>) {
        start = UInt(bitPattern: method)
        let lineEnd = UInt(bitPattern: version) + UInt(strlen(version))
        guard target.address == start + UInt(strlen(method)) + 1,
            UInt(bitPattern: version) == target.address + UInt(target.count) + 1
        else { return nil }
        next = lineEnd + 2
    }

    /// Whether this field begins where the last line ended.
    mutating func hasNext(
        _ name: UnsafeRawBufferPointer,
        _ value: UnsafeRawBufferPointer
    ) -> Bool {
        let nameStart = UInt(bitPattern: name.baseAddress)
        let valueStart = UInt(bitPattern: value.baseAddress)
        guard nameStart == next, valueStart > nameStart + UInt(name.count) else { return false }
        next = valueStart + UInt(value.count) + 2
        return true
    }

    /// Whether the empty line that ends the head follows here.
    func ends(after headBytes: Int?) -> Bool {
        guard let headBytes else { return false }
        return next + 2 == start + UInt(headBytes)
    }
}
