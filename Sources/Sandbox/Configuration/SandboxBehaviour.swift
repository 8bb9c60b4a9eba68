/// What the contracts leave open, as choices of a ``SandboxConfiguration``.
///
/// The raw values are those of the `sandbox` command's options.
extension SandboxConfiguration {
    /// What a `PUT` of a profile does to the attributes and subscriptions that it does not name.
    package enum PutSemantics: String, Sendable, CaseIterable {
        /// They stay.
        case merge
        /// They are cleared.
        case replace
    }

    /// How a webhook of Didomi shows what it is about (`didomi.md`, section 1).
    package enum DidomiLayout: String, Sendable, CaseIterable {
        /// As documented without the option "Flatten".
        case nested
        /// `parameters.entity` holds names such as `consents__purposes__ID__enabled` (sample A).
        case entity
        /// The root holds names such as `entity__consents__purposes__ID__enabled` (sample B).
        case root
        /// `entity` holds names with indexes, such as `consents__purposes__0__id` (sample C).
        case index
    }

    /// The types of Didomi's webhooks.
    package enum DidomiEventType: String, Sendable, CaseIterable {
        case eventCreated = "event.created"
        case eventUpdated = "event.updated"
        case eventDeleted = "event.deleted"
        case userCreated = "user.created"
        case userUpdated = "user.updated"
        case userDeleted = "user.deleted"
    }

    /// What Didomi answers to an event whose id it has stored before.
    package enum DuplicateEvents: String, Sendable, CaseIterable {
        /// 409, and nothing changes.
        case conflict
        /// 200 with the stored event, and nothing changes.
        case existing
    }

    /// Which of Actito's addresses are alive (`actito.md`, fact 1).
    package enum ActitoAddresses: String, Sendable, CaseIterable {
        /// Both of the next two.
        case any
        /// Only `/{category}/v5/…`, as announced.
        case prefixed
        /// Only `/v5/…`, as before.
        case legacy
    }

    /// Which versions of Actito's profile calls are alive (`actito.md`, fact 1).
    package enum ActitoProfiles: String, Sendable, CaseIterable {
        /// Both of the next two.
        case any
        /// Only V5, as announced.
        case v5
        /// Only V4, as before.
        case v4
    }

    /// The envelope of Actito's webhooks (`actito.md`, section 5.2).
    package enum ActitoEnvelope: String, Sendable, CaseIterable {
        /// A: `eventType`, the record's number as `id`, values as text; in blocks an array of them.
        case legacy
        /// B: a random `id`, `_links` and the values' own types; in blocks `data` is an array.
        case current
        /// C: `data` alone.
        case minimal
    }

    /// Whether Actito sends each webhook alone.
    package enum ActitoPush: String, Sendable, CaseIterable {
        case oneByOne = "one-by-one"
        case bulk
    }

    /// How the structure API lists a table's subscriptions.
    package enum SubscriptionListing: String, Sendable, CaseIterable {
        /// As objects with a `name`.
        case objects
        /// As texts.
        case names
        /// Not at all.
        case absent
    }

    /// How the sandbox's Didomi asks the bridge for a token (`didomi.md`, section 7).
    package struct OAuthClient: Sendable, Hashable {
        /// Where the client's id and secret stand in the token request.
        package enum Style: String, Sendable, CaseIterable {
            /// In a form, `application/x-www-form-urlencoded`.
            case form
            /// In a JSON object.
            case json
            /// In the header `Authorization: Basic …`; the grant type is in a form.
            case basic
        }

        /// The client's id.
        package var id: String
        /// The client's secret.
        package var secret: String
        /// Where id and secret stand.
        package var style: Style
        /// The token endpoint; nil: `/oauth/token` of the bridge.
        package var tokenURL: String?

        /// Pairs an id and a secret.
        package init(
            id: String,
            secret: String,
            style: Style = .form,
            tokenURL: String? = nil
        ) {
            self.id = id
            self.secret = secret
            self.style = style
            self.tokenURL = tokenURL
        }
    }
}
