import CMicroHTTPD
import Glibc

/// What libmicrohttpd lends to one call of the handler; nothing of it outlives the call.
struct HandlerCall {
    let connection: OpaquePointer
    let method: UnsafePointer<CChar>
    let version: UnsafePointer<CChar>
    let part: UnsafePointer<CChar>?
    let partBytes: UnsafeMutablePointer<Int>

    /// The part of the body that this call brings, which is then consumed; nil at the end.
    func takePart() -> UnsafeRawBufferPointer? {
        guard partBytes.pointee > 0, let part else { return nil }
        defer { partBytes.pointee = 0 }
        return UnsafeRawBufferPointer(start: part, count: partBytes.pointee)
    }

    /// Copies and judges the head.
    func readHead(target: RequestTarget, names: FieldNames) -> HeadReader {
        var layout: HeadLayout?
        if HeadLayout.isKnown {
            layout = HeadLayout(method: method, target: target, version: version)
            if layout == nil { return HeadReader(names: names, refusedFor: .headLayout) }
        }
        guard target.isValid else { return HeadReader(names: names, refusedFor: .requestLine) }
        var reader = HeadReader(names: names, layout: layout)
        withUnsafeMutablePointer(to: &reader) { reader in
            _ = MHD_get_connection_values_n(connection, .HEADER_KIND, takeField, reader)
        }
        reader.finish(
            isHTTP11: strcmp(version, "HTTP/1.0") != 0,
            headBytes: cmhd_info(connection, .CONNECTION_INFO_REQUEST_HEADER_SIZE)?.pointee
                .header_size
        )
        return reader
    }
}

/// Gets each field of the head; `reader` is the `HeadReader` of `readHead` above.
private func takeField(
    reader: UnsafeMutableRawPointer?,
    kind: MHD_ValueKind,
    name: UnsafePointer<CChar>?,
    nameBytes: Int,
    value: UnsafePointer<CChar>?,
    valueBytes: Int
) -> MHD_Result {
    guard let reader else { return .NO }
    let goesOn = reader.assumingMemoryBound(to: HeadReader.self).pointee.take(
        UnsafeRawBufferPointer(start: name, count: name == nil ? 0 : nameBytes),
        UnsafeRawBufferPointer(start: value, count: value == nil ? 0 : valueBytes)
    )
    return goesOn ? .YES : .NO
}
