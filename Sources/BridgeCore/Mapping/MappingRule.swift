/// One line of `mappings`: an Actito subscription and the Didomi field that feeds it.
package struct MappingRule: Hashable, Sendable {
    /// The subscription's technical name, case-sensitive.
    package var subscription: String
    package var field: Field

    package init(subscription: String, field: Field) {
        self.subscription = subscription
        self.field = field
    }
}

extension Field {
    /// Reads a flattened name as Didomi's integration object writes it:
    /// `consents_channels_email_enabled`, `consents_purposes_newsletter_enabled`.
    ///
    /// Ids may hold underscores, so the fixed beginning and end are taken off and the rest is the
    /// id (`contracts/didomi.md` section 4). `consents_purposes_p_channels_c_enabled` is the
    /// deprecated channel inside a purpose.
    package init?(flattenedName text: String) {
        guard let path = text.removingSuffix("_enabled") else { return nil }
        if let channel = path.removingPrefix("consents_channels_") {
            self = .channel(channel)
        } else if let rest = path.removingPrefix("consents_purposes_") {
            if let (purpose, channel) = rest.splitAtLast("_channels_") {
                self = .purposeChannel(purpose: purpose, channel: channel)
            } else {
                self = .purpose(rest)
            }
        } else {
            return nil
        }
    }
}
