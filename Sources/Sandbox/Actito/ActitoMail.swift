import HTTPTypes
import JSON

/// Campaigns that a call triggers: `actito.md`, section 9.
///
/// No mail is sent; the call stands in the record of calls.
extension ActitoPlatform {
    /// `POST …/transactionalmail/{campaign}/contact` for anybody.
    mutating func mailContact(
        _ campaign: String,
        _ request: PlatformRequest
    ) throws(Refusal) -> PlatformAnswer {
        guard request.method == .post else { throw .method(allowed: [.post]) }
        try checkCampaign(campaign)
        let body = try request.object()
        guard let profile = body["profile"], let attributes = profile["attributes"]?.array,
            attributes.allSatisfy({ $0["name"]?.string != nil && $0["value"] != nil }),
            profile["dataCollection"].map({ $0.object != nil }) ?? true
        else { throw Refusal(.badRequest, "'profile' must have 'attributes'") }
        try Self.checkParameters(body["parameters"])
        return sent()
    }

    /// `POST …/mail/{campaign}/profile/{key}` for a profile of the table.
    mutating func mailProfile(
        _ campaign: String,
        _ key: String,
        _ request: PlatformRequest
    ) throws(Refusal) -> PlatformAnswer {
        guard request.method == .post else { throw .method(allowed: [.post]) }
        try checkCampaign(campaign)
        _ = try profile(at: key)
        try Self.checkParameters(try request.json())
        return sent()
    }

    private func checkCampaign(_ campaign: String) throws(Refusal) {
        guard emailCampaigns.contains(campaign) else {
            throw Refusal(.notFound, "Campaign not found")
        }
    }

    private static func checkParameters(_ parameters: JSONValue?) throws(Refusal) {
        guard let parameters, !parameters.isNull else { return }
        let isFine = parameters.array?.allSatisfy { parameter in
            parameter["key"]?.string != nil
                && parameter["values"]?.array?.allSatisfy { $0.string != nil } == true
        }
        guard isFine == true else {
            throw Refusal(.badRequest, "Each parameter must have a 'key' and 'values'")
        }
    }

    private mutating func sent() -> PlatformAnswer {
        mailCount += 1
        return Self.ok(["id": .number(JSONNumber(mailCount))])
    }
}
