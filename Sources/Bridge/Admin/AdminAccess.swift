import HTTPTypes

/// Who may use the admin API (`interface.md` section 4): by token, or on this machine only.
package struct AdminAccess: Sendable {
    /// A viewer reads, with personal data masked; an operator changes as well.
    package enum Role: Hashable, Sendable {
        case viewer
        case `operator`
    }

    /// Who asks: a role, and how it was proven.
    package struct Caller: Hashable, Sendable {
        package var role: Role
        /// For the record of what operators do (`OperatorAction.actor`).
        package var name: String

        package init(role: Role, name: String) {
            self.role = role
            self.name = name
        }
    }

    var operators: SecretValues
    var viewers: SecretValues

    /// Without any token the API answers only requests from this machine.
    package init(operatorToken: String? = nil, viewerTokens: [String] = []) {
        operators = SecretValues([operatorToken].compactMap(\.self))
        viewers = SecretValues(viewerTokens)
    }

    func caller(of request: InboundRequest) -> Result<Caller, Refusal> {
        if operators.isEmpty, viewers.isEmpty {
            guard request.isFromThisMachine else { return .failure(Refusal(.onlyFromThisMachine)) }
            return .success(Caller(role: .operator, name: request.named("loopback")))
        }
        let token = request.headers.credentials(ofScheme: "bearer") ?? ""
        if operators.contain(token) {
            return .success(Caller(role: .operator, name: request.named("operator")))
        }
        if viewers.contain(token) {
            return .success(Caller(role: .viewer, name: request.named("viewer")))
        }
        return .failure(Refusal(.noAdminToken))
    }
}

extension InboundRequest {
    /// Asked by a program on this machine for this machine: not through a proxy, and not by a page
    /// of another origin in a browser, whatever name it resolved to this address.
    fileprivate var isFromThisMachine: Bool {
        guard let peer = IPAddress(peer), Self.loopback.contains(peer) else { return false }
        let isForwarded = headers.contains { field in
            field.name.canonicalName == "forwarded"
                || field.name.canonicalName.hasPrefix("x-forwarded-")
        }
        guard !isForwarded else { return false }
        let host = value(ofHeader: "Host") ?? ""
        guard Self.localNames.contains(host.withoutPort.lowercased()) else { return false }
        guard let origin = headers[.origin] else { return true }
        return origin == "http://\(host)" || origin == "https://\(host)"
    }

    /// How the caller was proven, with the name that the person gave.
    fileprivate func named(_ proof: String) -> String {
        // Who the person says to be; a token may be shared.
        guard let given = value(ofHeader: "X-Consent-Bridge-User"), !given.isEmpty,
            given.utf8.count <= Self.personBytesMax
        else { return proof }
        return "\(proof) (\(given))"
    }

    private func value(ofHeader name: String) -> String? {
        HTTPField.Name(name).flatMap { headers[$0] }
    }

    private static let loopback = [AddressRange("127.0.0.0/8"), AddressRange("::1")]
        .compactMap(\.self)
    private static let localNames: Set<String> = ["localhost", "127.0.0.1", "[::1]"]
    /// A name, not a text.
    private static let personBytesMax = 100
}

extension String {
    /// A `Host` without its port.
    fileprivate var withoutPort: Substring {
        guard let colon = lastIndex(of: ":"), last != "]" else { return self[...] }
        return self[..<colon]
    }
}

extension OutboundResponse {
    fileprivate static var onlyFromThisMachine: Self {
        .problem(
            403,
            "Forbidden",
            """
            Without "admin_token" or "viewer_tokens" in the configuration the admin API answers only \
            requests from this machine to localhost.
            """
        )
    }

    fileprivate static var noAdminToken: Self {
        .problem(
            401,
            "Unauthorized",
            "The request carries no valid token.",
            headers: [.wwwAuthenticate: "Bearer"]
        )
    }

    static var onlyForOperators: Self {
        .problem(403, "Forbidden", "A viewer's token cannot change anything.")
    }
}
