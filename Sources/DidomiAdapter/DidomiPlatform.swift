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

    /// An event that Didomi says to have is asked for: an earlier attempt may have taken effect.
    ///
    /// With which status it says so is not documented (`contracts/didomi.md` section 5).
    package func verdict(on reply: PlatformReply, to call: Call) -> Verdict {
        guard case .write = call.delivery.call, let event = call.delivery.event else {
            return Verdict(reply: reply)
        }
        if call.delivery.asksForEvent { return verdict(on: reply, toQuestionFor: event) }
        switch reply.status {
        case 409: return .duplicate
        case 400, 422: return names(event, in: reply) ? .duplicate : Verdict(reply: reply)
        default: return Verdict(reply: reply)
        }
    }

    /// An event that is not there after all is sent again.
    private func verdict(on reply: PlatformReply, toQuestionFor event: OwnEvent) -> Verdict {
        switch reply.status {
        case 200..<300:
            let stored = try? JSONValue(parsing: reply.body)
            return stored?["id"]?.string == event.id ? .accepted : .refused(status: reply.status)
        case 404:
            return .unavailable(retryAfter: reply.retryAfter, countsAsAttempt: true)
        default:
            return Verdict(reply: reply)
        }
    }

    private func names(_ event: OwnEvent, in reply: PlatformReply) -> Bool {
        String(decoding: reply.body, as: UTF8.self).contains(event.id)
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
