/// Where the two sandbox platforms listen, what they know, and whom they tell.
///
/// Every default is the demo's, and as strict as the contracts where they are clear. The texts are
/// those of the two contracts' samples.
package struct SandboxConfiguration: Sendable {
    /// The port of the sandbox's Didomi; 0 takes a free one.
    package var didomiPort: UInt16 = 0
    /// The port of the sandbox's Actito; 0 takes a free one.
    package var actitoPort: UInt16 = 0
    /// The address on which both listen.
    package var host = "127.0.0.1"

    /// The bridge that gets the webhooks, as `http://host:port`; without it none is sent.
    package var bridgeURL: String?
    /// The header with the secret that every webhook to the bridge carries.
    package var webhookHeader: (name: String, value: String)?
    /// The pauses between the five tries of a webhook, as a part of the real 10, 30, 80 and 180 s.
    package var webhookRetryScale = 0.1
    /// How long the bridge may take to answer one webhook.
    package var webhookTimeoutMilliseconds = 10_000
    /// The bridge's name for the integration, where a webhook's path must name it.
    package var integrationName = "default"

    /// The only organization that Didomi knows.
    package var organizationID = "acme-media"
    /// The regulation of a person's own choices, and the one that the sandbox's state shows.
    ///
    /// A consent event or a read through the API that names none is about GDPR, as documented.
    package var regulation = "gdpr"
    /// How long a session's token is good: one hour, as documented; 0 makes every token expired.
    package var didomiTokenMilliseconds: Int64 = 3_600_000
    /// The regulations that Didomi knows; another one is refused with 400.
    package var regulations = ["gdpr", "cpra", "cpa", "ctdpa", "vcdpa"]
    /// The purposes that Didomi knows; another id is refused with 400.
    package var purposes = [
        "newsletter", "partner_offers", "product_news", "surveys", "marketing", "cookies",
    ]
    /// The channels that Didomi knows; another id is refused with 400.
    package var channels = ["email", "sms", "push", "phone", "postal"]
    /// The preferences that Didomi knows and the values of each; others are refused with 400.
    package var preferences: [String: [String]] = [
        "topics": ["sport", "culture", "travel"], "frequency": ["daily", "weekly", "monthly"],
        "topics-9LmA": ["sport-a1", "culture-b2"], "frequency-4fQ2": ["weekly-h8Kd", "daily-k2Pw"],
        // API v1 has preferences that are on or off, without values.
        "newsletter": [],
    ]
    /// The purpose to which a preference belongs; the first purpose for one that is not here.
    package var preferencePurposes: [String: String] = [:]
    /// What the organization has bought, as `GET /premium-features` shows it.
    ///
    /// Without `consents_api` Didomi answers `/consents/…` with 403, without `integrations` the
    /// marketplace; without `webhooks` it refuses the HTTP webhook.
    package var features: Set<String> = [
        "webhooks", "integrations", "integrations_v2", "consents_api",
    ]
    /// The layout of Didomi's webhooks.
    package var didomiLayout = DidomiLayout.nested
    /// The types of Didomi's webhooks that the bridge gets, all six unless told otherwise.
    package var didomiEventTypes = DidomiEventType.allCases
    /// Whether `event.deleted` shows only the event's id and creation, as in Didomi's example.
    package var deletedEventsAreMinimal = false
    /// How Didomi gets a bearer token for the webhooks to the bridge; without it none is sent.
    package var oauth: OAuthClient?
    /// What Didomi answers to an event id that it has already; the contract leaves it open.
    package var duplicateEvents = DuplicateEvents.conflict
    /// Whether Didomi's lists are bare arrays, as its OpenAPI says, instead of `{"data":[…]}`.
    package var didomiListsAreBare = false
    /// How many users a page holds; 100, as documented.
    package var didomiPageCount = 100
    /// Calls in 15 s outside `/consents`; beyond Didomi answers 429, and 0 is unlimited.
    package var didomiCallsPerWindow = 100

    /// The only entity that Actito knows, by its name.
    package var entity = "acme"
    /// How long an access token is good: 15 minutes, as documented; 0 makes every token expired.
    package var actitoTokenMilliseconds: Int64 = 900_000
    /// The technical id of the only profile table.
    package var tableID = "16"
    /// The name of the only profile table.
    package var tableName = "Profiles"
    /// The attribute that names a person at Actito; it is unique and mandatory.
    package var uniqueKey = "emailAddress"
    /// The names of the table's subscriptions.
    package var subscriptions = [
        "Newsletter", "ProductNews", "PartnerOffers", "Retargeting", "SmsAlerts",
    ]
    /// The table's attributes besides the three technical ones.
    package var attributes = SandboxAttribute.demo
    /// Which addresses answer; the others are retired, with 405.
    package var actitoAddresses = ActitoAddresses.any
    /// Which versions of the profile calls answer; the other is retired, with 405.
    package var actitoProfiles = ActitoProfiles.any
    /// How the structure API lists the subscriptions; the contract leaves it open.
    package var subscriptionListing = SubscriptionListing.objects
    /// The campaigns that can be triggered by name; another one answers 404.
    package var emailCampaigns = ["ConsentChanged", "OptInConfirmation"]
    /// The envelope of Actito's webhooks.
    package var actitoEnvelope = ActitoEnvelope.legacy
    /// Whether the bridge gets Actito's webhooks one by one or in blocks.
    package var actitoPush = ActitoPush.oneByOne
    /// How long a block of webhooks gathers before it is sent; the contract does not tell.
    package var actitoBlockMilliseconds = 50
    /// How long Actito takes for a call, during which it counts as one of the concurrent ones.
    package var actitoLatencyMilliseconds = 5
    /// Calls at the same time; beyond Actito answers 429, and 0 is unlimited.
    package var actitoConcurrentMax = 5
    /// Calls in a minute; beyond Actito gets slower with each one, and 0 is unlimited.
    package var actitoCallsPerMinute = 100
    /// How much slower each call is beyond ``actitoCallsPerMinute``; the contract does not tell.
    package var actitoSlowdownMilliseconds = 250
    /// What a `PUT` does to what its body leaves out; the contract leaves it open (question 19).
    package var putSemantics = PutSemantics.merge

    /// The demo's configuration.
    package init() {}
}
