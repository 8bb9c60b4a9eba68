import BridgeCore
import Testing

/// Names of `contracts/didomi.md` section 4 and what they mean.
@Suite struct FlattenedNameTests {
    @Test(
        arguments: [
            ("consents_channels_email_enabled", Field.channel("email")),
            ("consents_purposes_newsletter_enabled", .purpose("newsletter")),
            ("consents_channels_my_channel_enabled", .channel("my_channel")),
            ("consents_purposes_partner_offers_enabled", .purpose("partner_offers")),
            ("consents_purposes_x_enabled_enabled", .purpose("x_enabled")),
            ("consents_purposes_channels_enabled", .purpose("channels")),
            (
                "consents_purposes_news_letter_channels_push_web_enabled",
                .purposeChannel(purpose: "news_letter", channel: "push_web")
            ), ("consents_channels_channels_x_enabled", .channel("channels_x")),
            (
                "consents_purposes_my_purpose_preferences_my_news_enabled",
                .preference(id: "my_news", value: "enabled")
            ),
        ]
    )
    func `a flattened name is the field between its fixed ends`(name: String, field: Field) {
        #expect(Field(flattenedName: name) == field)
    }

    @Test(
        arguments: [
            "", "email", "consents_channels_email", "consents_channels_enabled",
            "consents_channels__enabled", "consents_purposes__enabled",
            "consents_vendors_google_enabled", "Consents_channels_email_enabled",
            "user_consents_channels_email_enabled", "consents_purposes_p_value",
            "consents_purposes_p_values__value",
        ]
    )
    func `other flattened names are no field`(name: String) {
        #expect(FlattenedName.readings(of: name).isEmpty)
        #expect(Field(flattenedName: name) == nil)
    }

    @Test func `a list of values is a preference, but of which value is not said`() {
        let name = "consents_purposes_my_news_values_topics-9LmA_value"
        #expect(
            FlattenedName.readings(of: name)
                == [.preference(purpose: "my_news", id: "topics-9LmA")]
        )
        #expect(Field(flattenedName: name) == nil)
    }

    @Test(
        arguments: [
            "consents_purposes_a_channels_b_channels_c_enabled",
            "consents_purposes_a_channels_channels_b_enabled",
            "consents_purposes_a_preferences_b_channels_c_enabled",
            "consents_purposes_a_values_b_values_c_value",
        ]
    )
    func `a name that two shapes fit has two readings and is no field`(name: String) {
        #expect(FlattenedName.readings(of: name).count == 2)
        #expect(Field(flattenedName: name) == nil)
    }

    @Test(
        arguments: [
            ("consents_channel_email_enabled", "consents_channels_email_enabled"),
            ("consents_channels_email_enable", "consents_channels_email_enabled"),
            ("consent_purposes_my_news_enabled", "consents_purposes_my_news_enabled"),
            ("Consents_Channels_Email_Enabled", "consents_channels_Email_enabled"),
            ("consents.channels.email.enabled", "consents_channels_email_enabled"),
            ("consents_purpose_news_enabeld", "consents_purposes_news_enabled"),
        ]
    )
    func `a slip has the name that was meant nearby`(slip: String, name: String) {
        #expect(FlattenedName.nearest(to: slip) == name)
    }

    @Test(arguments: ["", "email", "channel:email", "newsletter_optin", "consents"])
    func `another name has none nearby`(name: String) {
        #expect(FlattenedName.nearest(to: name) == nil)
    }
}
