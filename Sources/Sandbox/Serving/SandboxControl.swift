import HTTPTypes
import JSON
import MicroHTTPServer

/// The addresses under `/sandbox`, which no real platform has.
///
/// Contract: `interface.md`, section 4. Errors are RFC 9457 `application/problem+json`.
struct SandboxControl<Platform: SimulatedPlatform> {
    private let platform: PlatformServer<Platform>

    init(_ platform: PlatformServer<Platform>) {
        self.platform = platform
    }

    func answer(_ request: ServerRequest) -> ServerResponse {
        do throws(Refusal) {
            return ServerResponse(try route(request))
        } catch {
            let problem: JSONValue = [
                "type": "about:blank",
                "title": .string(error.status.reasonPhrase),
                "status": .number(JSONNumber(error.status.code)),
                "detail": .string(error.message),
            ]
            return ServerResponse(
                PlatformResponse(status: error.status, headers: error.headers, body: problem),
                type: "application/problem+json"
            )
        }
    }

    private func route(_ request: ServerRequest) throws(Refusal) -> PlatformResponse {
        switch (request.path, request.method) {
        case ("/sandbox/state", "GET"):
            return PlatformResponse(status: .ok, body: platform.people)
        case ("/sandbox/calls", "GET"):
            return PlatformResponse(status: .ok, body: platform.calls)
        case ("/sandbox/faults", "POST"):
            let fault = try SandboxFault(try Self.body(request))
            platform.add(fault)
            return PlatformResponse(status: .ok, body: fault.json)
        case ("/sandbox/faults", "DELETE"):
            platform.clearFaults()
            return PlatformResponse(status: .noContent)
        case ("/sandbox/act", "POST"):
            let body = try Self.body(request)
            try platform.act(PersonalAct(body))
            return PlatformResponse(status: .ok, body: body)
        case ("/sandbox/state", _), ("/sandbox/calls", _):
            throw .method(allowed: [.get])
        case ("/sandbox/faults", _):
            throw .method(allowed: [.post, .delete])
        case ("/sandbox/act", _):
            throw .method(allowed: [.post])
        default:
            throw Refusal(.notFound, "The sandbox has no such address")
        }
    }

    private static func body(_ request: ServerRequest) throws(Refusal) -> JSONValue {
        guard let body = try? JSONValue(parsing: request.body), body.object != nil else {
            throw Refusal(.badRequest, "The body must be a JSON object")
        }
        return body
    }
}

extension PersonalAct {
    /// Reads the body of `POST /sandbox/act`.
    init(_ json: JSONValue) throws(Refusal) {
        guard let key = json["key"]?.string, !key.isEmpty else {
            throw Refusal(.badRequest, "key must be a non-empty string")
        }
        guard let field = json["field"]?.string, !field.isEmpty else {
            throw Refusal(.badRequest, "field must be a non-empty string")
        }
        guard let value = json["value"], value.isNull || value.bool != nil else {
            throw Refusal(.badRequest, "value must be true, false or null")
        }
        let metadata = json["metadata"] ?? [:]
        guard let metadata = metadata.object else {
            throw Refusal(.badRequest, "metadata must be an object")
        }
        self.init(key: key, field: field, value: value.bool, metadata: metadata)
    }
}
