import ArgumentParser
import Sandbox

extension SandboxConfiguration.DidomiLayout: ExpressibleByArgument {}
extension SandboxConfiguration.DuplicateEvents: ExpressibleByArgument {}
extension SandboxConfiguration.ActitoAddresses: ExpressibleByArgument {}
extension SandboxConfiguration.ActitoProfiles: ExpressibleByArgument {}
extension SandboxConfiguration.ActitoEnvelope: ExpressibleByArgument {}
extension SandboxConfiguration.ActitoPush: ExpressibleByArgument {}
extension SandboxConfiguration.PutSemantics: ExpressibleByArgument {}
extension SandboxConfiguration.SubscriptionListing: ExpressibleByArgument {}
extension SandboxConfiguration.OAuthClient.Style: ExpressibleByArgument {}

/// How the sandbox's platforms behave where their documentation is open, and how strict they are.
struct SandboxBehaviourOptions: ParsableArguments {
    @Option(help: "Layout of Didomi's webhooks; all but the first are flattened.")
    var didomiLayout = SandboxConfiguration.DidomiLayout.nested
    @Option(help: "What Didomi answers to an event id that it has: 409, or 200 and the event.")
    var duplicateEvents = SandboxConfiguration.DuplicateEvents.conflict
    @Flag(help: "Didomi's lists are bare arrays.") var didomiBareLists = false
    @Flag(help: "Didomi's event.deleted shows only the event's id and date.")
    var minimalDeletedEvents = false
    @Option(help: "Didomi fetches a token from the bridge with this client, ID:SECRET.")
    var oauthClient: String?
    @Option(help: "How Didomi asks for that token.")
    var oauthStyle = SandboxConfiguration.OAuthClient.Style.form
    @Option(help: "The token endpoint, if it is not /oauth/token of --bridge.")
    var oauthURL: String?
    @Option(help: "Didomi has not bought this: consents_api, integrations or webhooks; repeatable.")
    var withoutFeature: [String] = []
    @Option(help: "How long Didomi's tokens are good.") var didomiTokenSeconds = 3_600.0

    @Option(help: "Which of Actito's addresses answer.")
    var actitoAddresses = SandboxConfiguration.ActitoAddresses.any
    @Option(help: "Which versions of Actito's profile calls answer.")
    var actitoProfiles = SandboxConfiguration.ActitoProfiles.any
    @Option(help: "Envelope of Actito's webhooks.")
    var actitoEnvelope = SandboxConfiguration.ActitoEnvelope.legacy
    @Option(help: "Whether Actito's webhooks come in blocks.")
    var actitoPush = SandboxConfiguration.ActitoPush.oneByOne
    @Option(help: "What a V5 PUT does to what it leaves out.")
    var putSemantics = SandboxConfiguration.PutSemantics.merge
    @Option(help: "How Actito's structure lists the subscriptions.")
    var subscriptionListing = SandboxConfiguration.SubscriptionListing.objects
    @Option(help: "An attribute without which Actito creates no profile; repeatable.")
    var mandatoryAttribute: [String] = []
    @Option(help: "How long Actito's tokens are good.") var actitoTokenSeconds = 900.0
    @Option(help: "How long Actito takes for a call.") var actitoLatencyMilliseconds = 5
    @Option(help: "Calls at once beyond which Actito answers 429; 0: unlimited.")
    var actitoConcurrent = 5
    @Option(help: "Calls a minute beyond which Actito gets slower; 0: unlimited.")
    var actitoPerMinute = 100
    @Option(help: "Part of the real pauses between the five tries of a webhook.")
    var webhookRetryScale = 0.1

    func validate() throws {
        let counts = [actitoLatencyMilliseconds, actitoConcurrent, actitoPerMinute]
        guard counts.allSatisfy({ 0...1_000_000 ~= $0 }),
            [didomiTokenSeconds, actitoTokenSeconds].allSatisfy({ 0...86_400 ~= $0 }),
            0...1 ~= webhookRetryScale
        else {
            throw ValidationError(
                "Counts are 0 to 1000000, seconds 0 to 86400, --webhook-retry-scale 0 to 1."
            )
        }
    }

    /// Sets what was given; a wrong one is a usage error.
    func apply(to configuration: inout SandboxConfiguration) throws {
        configuration.didomiLayout = didomiLayout
        configuration.duplicateEvents = duplicateEvents
        configuration.didomiListsAreBare = didomiBareLists
        configuration.deletedEventsAreMinimal = minimalDeletedEvents
        configuration.oauth = try client()
        for feature in withoutFeature {
            guard configuration.features.remove(feature) != nil else {
                let known = configuration.features.sorted().joined(separator: ", ")
                throw ValidationError("Didomi has no feature '\(feature)', but: \(known).")
            }
        }
        configuration.didomiTokenMilliseconds = Int64(didomiTokenSeconds * 1_000)
        configuration.actitoAddresses = actitoAddresses
        configuration.actitoProfiles = actitoProfiles
        configuration.actitoEnvelope = actitoEnvelope
        configuration.actitoPush = actitoPush
        configuration.putSemantics = putSemantics
        configuration.subscriptionListing = subscriptionListing
        for name in mandatoryAttribute { try configuration.demand(name) }
        configuration.actitoTokenMilliseconds = Int64(actitoTokenSeconds * 1_000)
        configuration.actitoLatencyMilliseconds = actitoLatencyMilliseconds
        configuration.actitoConcurrentMax = actitoConcurrent
        configuration.actitoCallsPerMinute = actitoPerMinute
        configuration.webhookRetryScale = webhookRetryScale
    }

    private func client() throws -> SandboxConfiguration.OAuthClient? {
        guard let oauthClient else { return nil }
        let parts = oauthClient.split(separator: ":", maxSplits: 1).map(String.init)
        guard parts.count == 2 else {
            throw ValidationError("--oauth-client takes ID:SECRET.")
        }
        return SandboxConfiguration.OAuthClient(
            id: parts[0],
            secret: parts[1],
            style: oauthStyle,
            tokenURL: oauthURL
        )
    }
}

extension SandboxConfiguration {
    /// Makes an attribute of the table mandatory.
    fileprivate mutating func demand(_ name: String) throws {
        guard let index = attributes.firstIndex(where: { $0.name == name }) else {
            let known = attributes.map(\.name).joined(separator: ", ")
            throw ValidationError("The table has no attribute '\(name)', but: \(known).")
        }
        attributes[index].mandatory = true
    }
}
