import Foundation

/// Base64 as in tokens: two other characters, no padding.
///
/// Contract: <https://www.rfc-editor.org/rfc/rfc7515#section-2>.
extension Data {
    /// Nil: the text is no base64.
    init?(base64URLEncoded text: ArraySlice<UInt8>) {
        let plain = text.map { byte in
            switch byte {
            case UInt8(ascii: "-"): UInt8(ascii: "+")
            case UInt8(ascii: "_"): UInt8(ascii: "/")
            default: byte
            }
        }
        let padding = [UInt8](repeating: UInt8(ascii: "="), count: (4 - plain.count % 4) % 4)
        self.init(base64Encoded: Data(plain + padding))
    }

    /// The bytes as text.
    var base64URLEncoded: Data {
        Data(
            base64EncodedData().compactMap { byte in
                switch byte {
                case UInt8(ascii: "+"): UInt8(ascii: "-")
                case UInt8(ascii: "/"): UInt8(ascii: "_")
                case UInt8(ascii: "="): nil
                default: byte
                }
            }
        )
    }
}
