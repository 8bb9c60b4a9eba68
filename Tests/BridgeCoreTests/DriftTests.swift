import BridgeCore
import Testing

/// What a mapping and the live platforms say of each other.
struct DriftTests {
    @Test
    func `what the platform does not tell is no drift`() {
        let schema = Access.LiveSchema(
            tableID: "16",
            attributes: nil,
            subscriptions: nil,
            readAt: Timestamp(milliseconds: 0)
        )
        #expect(Self.settings(createsProfiles: true).drift(from: schema) == [])
    }

    @Test
    func `a table that fits has no drift`() {
        #expect(Self.settings().drift(from: Self.schema()) == [])
    }

    @Test
    func `a key that the platform does not call unique is drift`() {
        var schema = Self.schema()
        schema.uniqueAttributes = ["customerId", "profileId"]
        #expect(
            Self.settings().drift(from: schema)
                == [.keyNotUnique("emailAddress", unique: ["customerId"])]
        )
        schema.uniqueAttributes = nil
        #expect(Self.settings().drift(from: schema) == [])
    }

    @Test
    func `a subscription is looked for among subscriptions only`() {
        var schema = Self.schema()
        schema.subscriptions = ["Other"]
        schema.attributes?.insert("News")
        #expect(
            Self.settings().drift(from: schema)
                == [.noTarget(.subscription("News"), known: ["Other"])]
        )
    }

    @Test
    func `an attribute that cannot hold a yes or no is drift`() {
        var schema = Self.schema()
        schema.definitions["consent"] = AttributeDefinition(.date)
        #expect(
            Self.settings().drift(from: schema)
                == [.targetHoldsNoChoice(.attribute("consent"), .date)]
        )
    }

    @Test
    func `mandatory attributes matter only where profiles are created`() {
        var schema = Self.schema()
        schema.mandatoryAttributes = [
            "emailAddress", "profileId", "lastName", "consent", "marketingConsent", "shop",
        ]
        #expect(Self.settings().drift(from: schema) == [])
        let drift = Self.settings(createsProfiles: true).drift(from: schema)
        #expect(
            drift == [
                .mandatoryFilledSometimes("consent"), .mandatoryNotFilled("lastName"),
                .mandatoryNotFilled("marketingConsent"), .mandatoryFilledSometimes("shop"),
            ]
        )
    }

    @Test
    func `a purpose may be known by its name in another namespace`() {
        let settings = Self.settings()
        #expect(settings.drift(from: [LivePurpose(id: "offers")]) == [])
        #expect(settings.drift(from: [LivePurpose(id: "p1", names: ["offers"])]) == [])
        #expect(
            settings.drift(from: [LivePurpose(id: "offer")])
                == [.noPurpose("offers", known: ["offer"])]
        )
    }

    @Test
    func `a purpose of other regulations is drift, one without any is not`() {
        let settings = Self.settings()
        #expect(
            settings.drift(from: [LivePurpose(id: "offers", regulations: ["cpra"])])
                == [.purposeOfOtherRegulation("offers", ["cpra"])]
        )
        #expect(settings.drift(from: [LivePurpose(id: "offers", regulations: ["gdpr"])]) == [])
    }

    private static func settings(createsProfiles: Bool = false) -> IntegrationSettings {
        IntegrationSettings(
            name: IntegrationName("default"),
            mapping: MappingTable([
                MappingRule(subscription: "News", field: .purpose("offers")),
                MappingRule(.attribute("consent"), .field(.channel("sms"))),
            ]),
            metadata: MetadataRule(include: ["store"], rename: ["store": "shop"]),
            uniqueKeyAttribute: "emailAddress",
            createsProfiles: createsProfiles
        )
    }

    private static func schema() -> Access.LiveSchema {
        var schema = Access.LiveSchema(
            tableID: "16",
            attributes: ["emailAddress", "consent"],
            subscriptions: ["News"],
            definitions: ["consent": AttributeDefinition(.boolean)],
            readAt: Timestamp(milliseconds: 0)
        )
        schema.uniqueAttributes = ["emailAddress"]
        return schema
    }
}
