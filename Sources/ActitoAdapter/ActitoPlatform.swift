package import BridgeCore
import HTTPTypes

/// Actito as the bridge sees it: API V5, one profile at a time (`contracts/actito.md`).
package struct ActitoPlatform: Platform {
    let settings: ActitoSettings

    package init(_ settings: ActitoSettings) {
        self.settings = settings
    }

    package var name: PlatformName { .actito }

    /// A 404 of a profile key means that nobody is there; of anything else that the set-up is
    /// wrong.
    ///
    /// Whether the table is readable at all is for the engine to make sure of.
    package func verdict(on reply: PlatformReply, to call: Call) -> Verdict {
        let isAboutOneProfile = !call.delivery.createsProfile
        return reply.status == 404 && isAboutOneProfile ? .missing : Verdict(reply: reply)
    }

    /// `https://api.actito.com/profiles/v5/entities/acme/profile-tables`, or without the category
    /// in the legacy style.
    func url(_ category: String, _ tail: String) -> String {
        let prefix = settings.urlStyle == .prefixed ? "/\(category)/v5" : "/v5"
        return "\(settings.apiURL)\(prefix)/entities/\(settings.entity.percentEncoded)\(tail)"
    }

    /// Actito answers 406 without an `Accept` that it can serve.
    func headers(_ access: Access, hasBody: Bool = false) -> HTTPFields {
        var headers: HTTPFields = [.accept: "application/json"]
        if let token = access.token { headers[.authorization] = "Bearer \(token.text)" }
        if hasBody { headers[.contentType] = "application/json" }
        return headers
    }
}
