import BridgeCore
import DidomiAdapter
import JSON

/// Looks at one integration's Didomi organization: key, rights, purposes, other integrations.
struct DidomiAccountCheck {
    let client: AccountClient
    let settings: DidomiSettings
    let actitoTable: String
    let now: Timestamp
    private let platform: DidomiPlatform

    init(client: AccountClient, settings: DidomiSettings, actitoTable: String, now: Timestamp) {
        self.client = client
        self.settings = settings
        self.actitoTable = actitoTable
        self.now = now
        platform = DidomiPlatform(settings)
    }

    func run(_ report: inout AccountReport) async {
        guard let api = settings.api else {
            report.notChecked("nothing goes to Didomi: there is no \"didomi\" block")
            return
        }
        do throws(AccountClient.NoAnswer) {
            var access = Access()
            guard try await logIn(&access, &report) else { return }
            try await readFeatures(access, &report)
            try await readPurposes(access, &report)
            try await lookForNativeIntegration(access, &report)
        } catch {
            noAnswer(error, at: api.url, &report)
        }
    }

    /// Only compares the mapping with the purposes, in two calls and one more for each hundred.
    func look(_ report: inout AccountReport) async {
        guard let api = settings.api else { return }
        do throws(AccountClient.NoAnswer) {
            var access = Access()
            guard try await logIn(&access, &report) else { return }
            try await readPurposes(access, &report)
        } catch {
            noAnswer(error, at: api.url, &report)
        }
    }

    private func noAnswer(
        _ error: AccountClient.NoAnswer,
        at url: String,
        _ report: inout AccountReport
    ) {
        report.wrong(
            "Didomi answers",
            at: ["didomi", "api_url"],
            "Didomi does not answer at \(url): \(error.reason)",
            hint: "is the address right, and may this machine reach it?"
        )
    }

    private func logIn(
        _ access: inout Access,
        _ report: inout AccountReport
    ) async throws(AccountClient.NoAnswer) -> Bool {
        guard let request = platform.preparation(for: access, at: now) else { return true }
        let reply = try await client.send(request)
        let point = "Didomi takes the API key"
        switch platform.prepare(&access, with: reply, at: now) {
        case .accepted:
            report.fine(point)
            return true
        case .refused, .unauthorized, .misconfigured(403):
            report.wrong(
                point,
                at: ["didomi", "api_key"],
                "Didomi refuses the API key or its secret (\(reply.status))",
                hint: "make a private key in Didomi's console"
            )
        default:
            report.wrong(
                point,
                at: ["didomi", "api_url"],
                "no session can be opened there (\(reply.status))",
                hint: "Didomi's own is https://api.didomi.io/v1"
            )
        }
        return false
    }

    /// Without the Consents API every write would be refused.
    private func readFeatures(
        _ access: Access,
        _ report: inout AccountReport
    ) async throws(AccountClient.NoAnswer) {
        let reply = try await client.send(platform.featuresRequest(with: access))
        let point = "the organization has the Consents API"
        switch platform.hasFeature("consents_api", in: reply) {
        case true?: report.fine(point)
        case false?:
            report.wrong(
                point,
                at: ["didomi", "organization_id"],
                "the organization has not bought Didomi's Consents API",
                hint: "ask Didomi for it, or leave \"didomi\" out: then only Actito is written"
            )
        case nil: report.notChecked("\(point): Didomi answers \(reply.status)")
        }
    }

    private func readPurposes(
        _ access: Access,
        _ report: inout AccountReport
    ) async throws(AccountClient.NoAnswer) {
        var purposes: [LivePurpose] = []
        for _ in 0..<Self.pagesMax {
            let request = platform.purposesRequest(skip: purposes.count, with: access)
            let reply = try await client.send(request)
            guard reply.isSuccess, let found = platform.purposes(in: reply) else {
                return unreadablePurposes(reply, &report)
            }
            purposes += found.page
            if found.isLast || found.page.isEmpty { break }
        }
        let integration = settings.integration
        let drift = integration.drift(from: purposes).map { $0.finding(in: integration) }
        report.note("Didomi knows the purposes that are mapped", drift)
    }

    private func unreadablePurposes(_ reply: PlatformReply, _ report: inout AccountReport) {
        let point = "Didomi knows the purposes that are mapped"
        switch reply.status {
        case 401, 403, 404, 400:
            report.wrong(
                point,
                at: ["didomi", "organization_id"],
                "the API key opens no organization \"\(settings.organizationID ?? "")\" "
                    + "(\(reply.status))",
                hint: "its id stands in the address of Didomi's console"
            )
        default: report.notChecked("\(point): Didomi answers \(reply.status)")
        }
    }

    /// Both on the same table would write everything twice and each other's echoes.
    private func lookForNativeIntegration(
        _ access: Access,
        _ report: inout AccountReport
    ) async throws(AccountClient.NoAnswer) {
        let reply = try await client.send(platform.integrationsRequest(with: access))
        let point = "no Actito integration of Didomi runs in parallel"
        guard reply.isSuccess, let integrations = platform.integrations(in: reply) else {
            report.notChecked("\(point): \(reply.status)")
            return
        }
        report.note(point, integrations.compactMap(parallel))
    }

    private func parallel(_ integration: JSONValue) -> Finding? {
        guard integration["type_id"] == "actito" else { return nil }
        let table = integration["properties"]?["table_name"]?.string
        guard table == nil || table == actitoTable else { return nil }
        let mapped = integration["mappings"]?.array?.compactMap { $0["id"]?.string }
        let ours = settings.integration.mapping.rules.map(\.target.name)
        let shared = mapped.map { $0.filter(ours.contains) }
        if let shared, shared.isEmpty { return nil }
        let what = "Didomi's own Actito integration runs on the same table"
        let names = shared.map { ", for " + $0.map { "\"\($0)\"" }.joined(separator: ", ") } ?? ""
        return Finding(
            severity: .error,
            path: ["mappings"],
            what: what + names,
            hint: "switch it off in Didomi's console: both would answer each other"
        )
    }

    /// Ten thousand purposes; more is no real organization.
    private static let pagesMax = 100
}
