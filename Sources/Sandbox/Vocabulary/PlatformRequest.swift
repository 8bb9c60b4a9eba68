import HTTPTypes
import JSON

/// One call to a sandbox platform, with its address taken apart.
struct PlatformRequest: Sendable {
    var method: HTTPRequest.Method
    /// The path's segments, percent-decoded.
    var path: [String]
    /// The query's fields in order, percent-decoded; a name may occur more than once.
    var query: [QueryField]
    var headers: HTTPFields
    var body: [UInt8]

    struct QueryField: Sendable, Equatable {
        var name: String
        var value: String
    }

    /// Takes a target as it stood in the request line; refuses bad percent-encoding with 400.
    init(
        method: HTTPRequest.Method,
        path: String,
        query: String?,
        headers: HTTPFields,
        body: [UInt8]
    ) throws(Refusal) {
        self.method = method
        self.headers = headers
        self.body = body
        self.path = []
        self.query = []
        for segment in path.split(separator: "/", omittingEmptySubsequences: true) {
            self.path.append(try Self.decoded(segment, plusIsSpace: false))
        }
        for pair in (query ?? "").split(separator: "&", omittingEmptySubsequences: true) {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = parts.count > 1 ? parts[1] : ""
            self.query.append(
                QueryField(
                    name: try Self.decoded(parts[0], plusIsSpace: true),
                    value: try Self.decoded(value, plusIsSpace: true)
                )
            )
        }
    }

    /// The first value of a query field.
    func parameter(_ name: String) -> String? {
        query.first { $0.name == name }?.value
    }

    /// The values of a filter, written as `name=a` or `name[$in]=a&name[$in]=b`.
    func filter(_ name: String) -> [String]? {
        let values = query.filter { $0.name == name || $0.name == "\(name)[$in]" }.map(\.value)
        return values.isEmpty ? nil : values
    }

    /// A query field that must say `true` or `false` if it is there; else 400.
    func boolean(_ name: String) throws(Refusal) -> Bool? {
        switch parameter(name) {
        case nil: return nil
        case "true": return true
        case "false": return false
        default: throw Refusal(.badRequest, "\(name) must be true or false")
        }
    }

    /// A query field that must be a whole number in a range if it is there; else 400.
    func integer(_ name: String, in range: ClosedRange<Int>) throws(Refusal) -> Int? {
        guard let text = parameter(name) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw Refusal(.badRequest, "\(name) must be a whole number")
        }
        return number
    }

    /// The body as JSON; refuses anything else with 400, and with 415 what does not say that it is.
    func json() throws(Refusal) -> JSONValue {
        let type = headers[.contentType]?.lowercased().split(separator: ";").first
        guard type?.drop(while: \.isWhitespace) == "application/json" else {
            throw Refusal(.unsupportedMediaType, "The body must be application/json")
        }
        do throws(JSONSyntaxError) {
            return try JSONValue(parsing: body)
        } catch {
            throw Refusal(.badRequest, "The body is not valid JSON")
        }
    }

    /// The body as a JSON object; refuses anything else with 400.
    func object() throws(Refusal) -> JSONObject {
        guard let object = try json().object else {
            throw Refusal(.badRequest, "The body is not a JSON object")
        }
        return object
    }

    /// The text after `Bearer `, exactly as sent.
    var bearerToken: String? {
        guard let value = headers[.authorization] else { return nil }
        let parts = value.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return String(parts[1])
    }

    private static func decoded(
        _ text: Substring,
        plusIsSpace: Bool
    ) throws(Refusal) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            switch byte {
            case 0x25:
                let digits = String(decoding: rest.prefix(2), as: UTF8.self)
                guard digits.utf8.count == 2, digits.first?.isHexDigit == true,
                    let value = UInt8(digits, radix: 16)
                else { throw Refusal(.badRequest, "The address is badly encoded") }
                bytes.append(value)
                rest = rest.dropFirst(2)
            case 0x2B where plusIsSpace:
                bytes.append(0x20)
            default:
                bytes.append(byte)
            }
        }
        guard let decoded = String(validating: bytes, as: UTF8.self) else {
            throw Refusal(.badRequest, "The address is not UTF-8")
        }
        return decoded
    }
}
