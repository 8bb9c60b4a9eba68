import BridgeCore
import Foundation
import HTTPTypes
import JSON

/// What both platforms answer when all is well, as far as the bridge asks.
enum PlatformAnswers {
    /// `truth`: what a person chose last at Actito; nil: nothing.
    static func answer(
        _ request: PlatformRequest,
        truth: (Int) -> Bool?
    ) -> PlatformReply {
        func reply(_ status: Int, _ body: JSONValue) -> PlatformReply {
            PlatformReply(status: status, body: body.serialized())
        }
        // The commonest first, since looking for a route costs more than the steps that are measured.
        if request.method == .patch { return PlatformReply(status: 204) }
        switch (request.method, route(of: request)) {
        case (.get, .token): return reply(200, ["accessToken": "token", "expiresIn": "86400s"])
        case (.get, .table): return reply(200, ["id": "16", "name": "Profiles"])
        case (.get, .profile):
            let person = person(in: request.url) ?? 0
            return reply(
                200,
                [
                    "attributes": [
                        "profileId": .string(String(person + 1)),
                        "emailAddress": .string(emailAddress(of: person)),
                    ],
                    "subscriptions": ["Newsletter": .bool(truth(person) ?? false)],
                ]
            )
        case (.post, .session): return reply(201, ["access_token": "token"])
        case (.post, .events): return reply(201, [:])
        case (.get, .events): return reply(200, ["data": []])
        default: return PlatformReply(status: 204)
        }
    }

    enum Route: String {
        case token, table, profile, session, events
    }

    static func route(of request: PlatformRequest) -> Route {
        let url = request.url
        if url.contains("/auth/token") { return .token }
        if url.contains("/profile-table-structure/") { return .table }
        if url.contains("/sessions") { return .session }
        return url.contains("/consents/") ? .events : .profile
    }

    private static func emailAddress(of person: Int) -> String {
        "\(digits(person * 7919 % 10_000, 4)).person\(digits(person, 8))@example.com"
    }

    private static func person(in url: String) -> Int? {
        guard let place = url.range(of: "person") else { return nil }
        return Int(url[place.upperBound...].prefix(8))
    }
}
