import BridgeCore
import HTTPTypes
import JSON

/// `POST /oauth/token[/{integration}]`: Didomi fetches the token that its webhooks carry.
///
/// Contract: `contracts/didomi.md` section 7, <https://www.rfc-editor.org/rfc/rfc6749#section-5>.
struct TokenEndpoint: Sendable {
    let gate: Gate
    let now: @Sendable () -> Timestamp

    /// A token for the integration that the path names, or for each whose client this is.
    func answer(_ request: InboundRequest, integration: String?) -> OutboundResponse {
        let admission = gate.admission
        if admission.integrations(at: integration).isEmpty { return .notFound }
        guard let asked = TokenRequest(request) else {
            return .tokenRefused(400, "invalid_request", "The body is neither a form nor JSON.")
        }
        // Both ways in which the credentials can be meant are always compared.
        let found = asked.credentials.map { pair in
            let names = admission.integrations(
                at: integration,
                ofClient: pair.id,
                secret: pair.secret
            )
            return TokenGrant(clientID: pair.id, integrations: names)
        }
        guard let grant = found.first(where: { !$0.integrations.isEmpty }) else {
            return .tokenRefused(401, "invalid_client", "The client is unknown, or its secret.")
        }
        if let type = asked.grantType, type != "client_credentials" {
            return .tokenRefused(
                400,
                "unsupported_grant_type",
                "Only client_credentials is supported."
            )
        }
        return .token(
            admission.tokens.issue(grant, at: now()),
            lifetime: admission.tokens.lifetime
        )
    }
}

extension OutboundResponse {
    fileprivate static func token(_ token: String, lifetime: Interval) -> Self {
        let seconds = Int(lifetime.milliseconds / 1000)
        return json(
            200,
            [
                "access_token": .string(token), "token_type": "Bearer",
                "expires_in": .number(JSONNumber(seconds)),
            ]
        ).unstored
    }

    /// An error in the words of <https://www.rfc-editor.org/rfc/rfc6749#section-5.2>.
    fileprivate static func tokenRefused(_ status: Int, _ error: String, _ why: String) -> Self {
        var response = json(
            status,
            ["error": .string(error), "error_description": .string(why)]
        ).unstored
        if status == 401 { response.headers[.wwwAuthenticate] = "Basic realm=\"consent-bridge\"" }
        return response
    }

    private var unstored: Self {
        var response = self
        response.headers[.cacheControl] = "no-store"
        return response
    }
}
