import Foundation
import HTTPTypes
import JSON

/// What an OAuth client sends for a token.
///
/// Didomi does not say how it writes the request, so every usual way is taken: HTTP Basic, a form
/// or JSON, whatever `Content-Type` says. Scope, audience and what else is sent are ignored.
/// Contract: `contracts/didomi.md` section 7, <https://www.rfc-editor.org/rfc/rfc6749#section-4.4>.
struct TokenRequest {
    /// The pairs of id and secret to try: those of HTTP Basic can be meant in two ways.
    private(set) var credentials: [(id: String, secret: String)] = []
    private(set) var grantType: String?

    /// A token request has some hundred bytes; anybody may send one.
    private static let bodyBytesMax = 16_384

    /// Nil: the body is neither, or too long.
    init?(_ request: InboundRequest) {
        guard request.body.count <= Self.bodyBytesMax else { return nil }
        let first = request.body.first { !Self.spaces.contains($0) }
        let value: (String) -> String?
        if first == UInt8(ascii: "{") {
            guard let object = try? JSONValue(parsing: request.body) else { return nil }
            value = { object[$0]?.string }
        } else {
            guard let fields = Self.form(request.body) else { return nil }
            value = { fields[$0] }
        }
        grantType = value("grant_type")
        if let basic = request.headers.credentials(ofScheme: "basic") {
            credentials = Self.basic(basic)
        } else if let id = value("client_id"), let secret = value("client_secret") {
            credentials = [(id, secret)]
        }
    }

    private static let spaces = Array(" \t\r\n".utf8)

    /// <https://url.spec.whatwg.org/#application/x-www-form-urlencoded>; a repeated name keeps its
    /// first value.
    private static func form(_ body: [UInt8]) -> [String: String]? {
        guard let text = String(validating: body, as: UTF8.self) else { return nil }
        var fields: [String: String] = [:]
        for pair in text.split(whereSeparator: { $0 == "&" || $0.isNewline }) {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { return nil }
            let name = decoded(parts[0])
            if fields[name] == nil { fields[name] = decoded(parts[1]) }
        }
        return fields
    }

    /// As the standard says, both encoded like a form's fields, or as most clients do, plain.
    private static func basic(_ encoded: String) -> [(id: String, secret: String)] {
        guard let data = Data(base64Encoded: encoded),
            let text = String(validating: data, as: UTF8.self),
            let colon = text.firstIndex(of: ":")
        else { return [] }
        let id = text[..<colon]
        let secret = text[colon...].dropFirst()
        return [(String(id), String(secret)), (decoded(id), decoded(secret))]
    }

    private static func decoded(_ text: Substring) -> String {
        text.replacing("+", with: " ")[...].percentDecoded
    }
}
