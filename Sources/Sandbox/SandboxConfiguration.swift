/// Where the two sandbox platforms listen, what they know, and whom they tell.
///
/// Every default is the demo's. The texts are those of the two contracts' samples.
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

    /// The only organization that Didomi knows.
    package var organizationID = "acme-media"
    /// The regulation of a person's own choices, and the one that the sandbox's state shows.
    ///
    /// A consent event or a read through the API that names none is about GDPR, as documented.
    package var regulation = "gdpr"
    /// How long a session's token is good: one hour, as documented; 0 makes every token expired.
    package var didomiTokenMilliseconds: Int64 = 3_600_000
    /// The purposes that Didomi knows; another id is refused with 400.
    package var purposes = [
        "newsletter", "partner_offers", "product_news", "surveys", "marketing", "cookies",
    ]
    /// The channels that Didomi knows; another id is refused with 400.
    package var channels = ["email", "sms", "push", "phone", "postal"]

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
    /// What a `PUT` does to what its body leaves out; the contract leaves it open (question 19).
    package var putSemantics = PutSemantics.merge

    /// The demo's configuration.
    package init() {}

    /// What a `PUT` of a profile does to the attributes and subscriptions that it does not name.
    package enum PutSemantics: Sendable {
        /// They stay.
        case merge
        /// They are cleared.
        case replace
    }
}

/// One attribute of the sandbox's profile table, as Actito's structure API shows it.
package struct SandboxAttribute: Hashable, Sendable {
    /// The technical name, as in URLs and bodies.
    package var name: String
    /// Actito's type: a predefined one such as `EMAIL_ADDRESS`, or `CUSTOM`.
    package var type: String
    /// The type of a `CUSTOM` attribute's values, such as `STRING`; predefined types have none.
    package var valueType: String?
    /// Whether no two profiles may share a value, which makes it usable as a profile key.
    package var unique: Bool
    /// Whether a profile cannot be created without it.
    package var mandatory: Bool

    package init(
        name: String,
        type: String = "CUSTOM",
        valueType: String? = "STRING",
        unique: Bool = false,
        mandatory: Bool = false
    ) {
        self.name = name
        self.type = type
        self.valueType = type == "CUSTOM" ? valueType : nil
        self.unique = unique
        self.mandatory = mandatory
    }

    /// The attributes of the documented sample table and those that the demo writes.
    ///
    /// Unlike in the sample, only the key is mandatory and a birth date may occur twice.
    package static let demo = [
        SandboxAttribute(name: "lastName", type: "LASTNAME"),
        SandboxAttribute(name: "firstName", type: "FIRSTNAME"),
        SandboxAttribute(name: "birthDate", type: "BIRTHDATE"),
        SandboxAttribute(name: "sex", type: "SEX"),
        SandboxAttribute(name: "motherLanguage", type: "MOTHER_LANGUAGE"),
        SandboxAttribute(
            name: "emailAddress",
            type: "EMAIL_ADDRESS",
            unique: true,
            mandatory: true
        ),
        SandboxAttribute(name: "customerId", unique: true),
        SandboxAttribute(name: "shop"),
        SandboxAttribute(name: "marketingConsent", type: "MARKETING_CONSENT"),
        SandboxAttribute(name: "customer_tier"),
        SandboxAttribute(name: "language"),
        SandboxAttribute(name: "country"),
        SandboxAttribute(name: "store"),
    ]
}
