import HTTPTypes
import JSON

/// The webhooks of `actito.md`, section 5.2, in each of the envelopes that were seen.
extension ActitoPlatform {
    /// What an operation tells the bridge, and every hook that is for it.
    func webhooks(_ news: [ActitoNews], by chance: inout Chance) -> [OutgoingWebhook] {
        var webhooks: [OutgoingWebhook] = []
        for item in news {
            var toBridge = OutgoingWebhook(
                person: person(item.profile),
                destination: .bridge(path: path(of: item)),
                body: envelope(item, hookID: 1, by: &chance)
            )
            if push == .bulk { toBridge.block = block(countMax: 100) }
            webhooks.append(toBridge)
            for hook in hooks where hook.takes(item) {
                var webhook = OutgoingWebhook(
                    person: person(item.profile),
                    destination: .address(hook.targetURL),
                    body: envelope(item, hookID: hook.id, by: &chance),
                    headers: hook.headers
                )
                if hook.push == .bulk { webhook.block = block(countMax: hook.blockCountMax) }
                webhooks.append(webhook)
            }
        }
        return webhooks
    }

    private func person(_ profile: ActitoProfile) -> String {
        profile.attributes[table.uniqueKey]?.actitoText ?? String(profile.id)
    }

    /// Only the legacy envelope tells its type; for the others the path does.
    private func path(of news: ActitoNews) -> String {
        envelope == .legacy
            ? webhookPath : "\(webhookPath)/\(integrationName)/\(news.kind.rawValue)"
    }

    private func block(countMax: Int) -> OutgoingWebhook.Block {
        OutgoingWebhook.Block(
            shape: envelope == .legacy ? .array : .data,
            countMax: countMax,
            gatheringMilliseconds: blockMilliseconds
        )
    }

    private func envelope(
        _ news: ActitoNews,
        hookID: Int64,
        by chance: inout Chance
    ) -> JSONValue {
        switch envelope {
        case .legacy:
            legacy(news)
        case .current:
            [
                "id": .string(chance.uuid()),
                "data": .object(data(of: news) { $0 }),
                "_links": ["webhook": ["href": .string(hooksPath(hookID))]],
            ]
        case .minimal:
            ["data": .object(data(of: news, hasKeys: false) { $0 })]
        }
    }

    private func hooksPath(_ id: Int64) -> String {
        "/webhooks/v4/entity/\(table.entity)/webhookSubscription/\(id)"
    }

    private func legacy(_ news: ActitoNews) -> JSONValue {
        let fields = table.subscriptions.filter { news.subscriptions[$0] != nil }
        return [
            // The record's id, not the event's: two webhooks of a profile share it.
            "id": .number(JSONNumber(news.profile.id)),
            "tableType": "PROFILE_TABLE",
            "tableId": .string(table.id),
            "fields": fields.isEmpty ? .null : .array(fields.map(JSONValue.string)),
            "eventType": .string(news.kind.rawValue),
            "data": .object(data(of: news) { $0.isNull ? .null : .string($0.actitoText) }),
        ]
    }

    /// The profile's number and unique attributes, and what the operation changed.
    private func data(
        of news: ActitoNews,
        hasKeys: Bool = true,
        _ written: (JSONValue) -> JSONValue
    ) -> JSONObject {
        var data = JSONObject()
        data["profileId"] = written(.number(JSONNumber(news.profile.id)))
        for name in hasKeys ? table.uniqueNames : [] {
            data[name] = news.profile.attributes[name].map(written)
        }
        for name in table.attributes.map(\.name) {
            if let value = news.attributes[name] { data[name] = written(value) }
        }
        for name in table.subscriptions {
            if let value = news.subscriptions[name] { data[name] = written(.bool(value)) }
        }
        return data
    }
}
