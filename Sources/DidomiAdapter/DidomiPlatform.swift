package import BridgeCore
import HTTPTypes
import JSON

/// Didomi as the bridge sees it: webhooks in, consent events out (`contracts/didomi.md`).
package struct DidomiPlatform: Platform {
    let settings: DidomiSettings

    package init(_ settings: DidomiSettings) {
        self.settings = settings
    }

    package var name: PlatformName { .didomi }

    /// A conflict means that an earlier attempt with the same random id took effect.
    package func verdict(on reply: PlatformReply, to call: Call) -> Verdict {
        if reply.status == 409, case .write = call.delivery.call { return .accepted }
        return Verdict(reply: reply)
    }

    package func preparation(for access: Access, at now: Timestamp) -> PlatformRequest? {
        if let token = access.token, now < token.renewAt { return nil }
        let body: JSONValue = [
            "type": "api-key", "key": .string(api.key), "secret": .string(api.secret),
        ]
        return PlatformRequest(
            method: .post,
            url: "\(api.url)/sessions",
            headers: [.accept: "application/json", .contentType: "application/json"],
            body: body.serialized()
        )
    }

    /// Wrong credentials are a 400 here, not a 401.
    package func prepare(
        _ access: inout Access,
        with reply: PlatformReply,
        at now: Timestamp
    ) -> Verdict {
        guard (200..<300).contains(reply.status) else { return Verdict(reply: reply) }
        let body = try? JSONValue(parsing: reply.body)
        guard let token = body?["access_token"]?.string, !token.isEmpty else {
            return .misconfigured(status: reply.status)
        }
        access.token = Access.Token(text: token, renewAt: now + Self.renewalAge)
        return .accepted
    }

    var api: DidomiSettings.API {
        guard let api = settings.api else {
            preconditionFailure("a call to Didomi without a `didomi` block")
        }
        return api
    }

    /// Tokens live an hour and cannot be renewed; a new one is fetched after 48 minutes.
    private static let renewalAge = Interval.seconds(2880)
}
