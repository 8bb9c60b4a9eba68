package import BridgeCore

/// What the adapter has to know to talk to one Actito profile table.
package struct ActitoSettings: Sendable {
    package enum URLStyle: String, Sendable, CaseIterable {
        /// `/profiles/v5/…`, current.
        case prefixed
        /// `/v5/…`, announced to stop.
        case legacy
    }

    /// `https://api.actito.com`, without a slash at the end.
    package var apiURL: String
    /// Where tokens come from; nil: `apiURL/auth/token`.
    package var tokenURL: String?
    package var apiKey: String
    /// The entity's name: Actito's paths take it where Didomi's configuration says `entity_id`.
    package var entity: String
    package var tableName: String
    /// nil: looked up by name in the table structure.
    package var tableID: String?
    package var urlStyle: URLStyle
    package var integration: IntegrationSettings

    package init(
        apiURL: String,
        tokenURL: String? = nil,
        apiKey: String,
        entity: String,
        tableName: String,
        tableID: String? = nil,
        urlStyle: URLStyle = .prefixed,
        integration: IntegrationSettings
    ) {
        self.apiURL = apiURL
        self.tokenURL = tokenURL
        self.apiKey = apiKey
        self.entity = entity
        self.tableName = tableName
        self.tableID = tableID
        self.urlStyle = urlStyle
        self.integration = integration
    }
}
