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
    /// How many characters a text may have; 255, as documented.
    package var maxLength = 255
    /// Whether a profile may have several values, written as an array.
    package var multiValued = false

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
        SandboxAttribute(name: "loyaltyPoints", valueType: "INTEGER"),
        SandboxAttribute(name: "basketValue", valueType: "DECIMAL"),
        SandboxAttribute(name: "memberSince", valueType: "DATE"),
        SandboxAttribute(name: "lastVisit", valueType: "TIMESTAMP"),
    ]
}
