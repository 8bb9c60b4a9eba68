import ActitoAdapter
import BridgeCore

/// Looks at one integration's Actito account: key, entity, table, unique key, mapping, rights.
struct ActitoAccountCheck {
    let client: AccountClient
    let settings: ActitoSettings
    let now: Timestamp
    private let platform: ActitoPlatform

    init(client: AccountClient, settings: ActitoSettings, now: Timestamp) {
        self.client = client
        self.settings = settings
        self.now = now
        platform = ActitoPlatform(settings)
    }

    func run(_ report: inout AccountReport) async {
        do throws(AccountClient.NoAnswer) {
            guard let access = try await compareTable(&report) else { return }
            try await readProfiles(access, &report)
        } catch {
            noAnswer(error, &report)
        }
    }

    /// Only compares the mapping with the table, in two calls.
    func look(_ report: inout AccountReport) async {
        do throws(AccountClient.NoAnswer) {
            _ = try await compareTable(&report)
        } catch {
            noAnswer(error, &report)
        }
    }

    private func compareTable(
        _ report: inout AccountReport
    ) async throws(AccountClient.NoAnswer) -> Access? {
        var access = Access()
        guard try await logIn(&access, &report), try await readTable(&access, &report),
            let schema = access.schema
        else { return nil }
        compare(schema, &report)
        return access
    }

    private func noAnswer(_ error: AccountClient.NoAnswer, _ report: inout AccountReport) {
        report.wrong(
            "Actito answers",
            at: ["properties", "api_url"],
            "Actito does not answer at \(settings.apiURL): \(error.reason)",
            hint: "is the address right, and may this machine reach it?"
        )
    }

    private func logIn(
        _ access: inout Access,
        _ report: inout AccountReport
    ) async throws(AccountClient.NoAnswer) -> Bool {
        guard let request = platform.preparation(for: access, at: now) else { return true }
        let reply = try await client.send(request)
        let verdict = platform.prepare(&access, with: reply, at: now)
        let point = "Actito takes the API key"
        switch verdict {
        case .accepted:
            report.fine(point)
            return true
        case .unauthorized, .misconfigured(403), .refused:
            report.wrong(
                point,
                at: ["authentication", "private_api_key"],
                "Actito refuses the API key (\(reply.status))",
                hint: "compare it with the one that Actito shows under \"Manage API users\", "
                    + "and \"api_url\" with the licence's host there"
            )
        default:
            report.wrong(
                point,
                at: ["properties", settings.tokenURL == nil ? "api_url" : "token_url"],
                "no token comes from there (\(reply.status))",
                hint: "the host of your licence stands in Actito under \"Manage API users\""
            )
        }
        return false
    }

    private func readTable(
        _ access: inout Access,
        _ report: inout AccountReport
    ) async throws(AccountClient.NoAnswer) -> Bool {
        guard let request = platform.preparation(for: access, at: now) else { return true }
        let reply = try await client.send(request)
        let verdict = platform.prepare(&access, with: reply, at: now)
        if let schema = access.schema {
            let table = "\(settings.entity)/\(settings.tableName) (\(schema.tableID))"
            report.fine("the profile table \(table) can be read")
            return true
        }
        let entities = try await client.send(platform.entitiesRequest(with: access))
        let point = "the profile table \(settings.entity)/\(settings.tableName) can be read"
        report.note(point, [noTable(reply, verdict, platform.entityNames(in: entities))])
        return false
    }

    private func noTable(_ reply: PlatformReply, _ verdict: Verdict, _ entities: [String])
        -> Finding
    {
        func finding(
            _ key: String,
            _ what: String,
            _ hint: String?,
            isDrift: Bool = false
        ) -> Finding {
            Finding(
                severity: .error,
                path: ["properties", .key(key)],
                what: what,
                hint: hint,
                isDrift: isDrift
            )
        }
        if !entities.isEmpty, !entities.contains(settings.entity) {
            return finding(
                "entity_id",
                "there is no entity \"\(settings.entity)\" that this API key may see",
                hint(for: settings.entity, among: entities)
                    ?? "it is the entity's name, not its number",
                isDrift: true
            )
        }
        if reply.isSuccess {
            let tables = platform.tableNames(in: reply)
            return finding(
                settings.tableID == nil ? "table_name" : "table_id",
                "the entity has no profile table "
                    + "\"\(settings.tableID ?? settings.tableName)\"",
                hint(for: settings.tableName, among: tables)
                    ?? "its name stands in Actito's data model",
                isDrift: true
            )
        }
        switch reply.status {
        case 404 where settings.tableID != nil:
            return finding(
                "table_id",
                "the entity has no profile table \"\(settings.tableID ?? "")\" (404)",
                "leave it out: the table is found by its name",
                isDrift: true
            )
        case 405:
            return finding(
                "url_style",
                "Actito no longer answers at these addresses (405)",
                "write \"\(settings.urlStyle == .legacy ? "prefixed" : "legacy")\""
            )
        case 401, 403, 404:
            return finding(
                "entity_id",
                "the structure of its tables cannot be read (\(reply.status))",
                "is the entity's name right, and has the API user the right to read "
                    + "the profile table's structure?"
            )
        default:
            return finding(
                "api_url",
                "the structure of the tables cannot be read (\(reply.status))",
                "try again; Actito may be out of order"
            )
        }
    }

    private func compare(_ schema: Access.LiveSchema, _ report: inout AccountReport) {
        let integration = settings.integration
        let drift = integration.drift(from: schema).map { $0.finding(in: integration) }
        let key = drift.filter { $0.path.first == "properties" }
        let mapping = drift.filter { $0.path.first == "mappings" }
        let creation = drift.filter { $0.path.first == "upsert_mode" }
        if schema.attributes == nil {
            report.notChecked("Actito does not tell the table's attributes")
        } else {
            report.note("the unique key \(integration.uniqueKeyAttribute) is one", key)
        }
        if schema.subscriptions == nil, !integration.mapping.subscriptions.isEmpty {
            report.notChecked("Actito does not tell the table's subscriptions")
        }
        report.note("what is mapped to is in the table", mapping)
        if integration.createsProfiles {
            report.note("what is mandatory is filled in new profiles", creation)
        }
    }

    private func readProfiles(
        _ access: Access,
        _ report: inout AccountReport
    ) async throws(AccountClient.NoAnswer) {
        guard let probe = platform.profileProbe(with: access) else { return }
        let reply = try await client.send(probe)
        let point = "profiles can be read"
        switch reply.status {
        case 200..<300, 404, 400: report.fine(point)
        case 401, 403, 405:
            report.wrong(
                point,
                at: ["authentication", "private_api_key"],
                "profiles cannot be read (\(reply.status))",
                hint: reply.status == 405
                    ? "write \"url_style\": \"\(settings.urlStyle == .legacy ? "prefixed" : "legacy")\""
                    : "the API user needs \"Read and write\" on profiles"
            )
        default: report.notChecked("\(point): Actito answers \(reply.status)")
        }
    }
}
