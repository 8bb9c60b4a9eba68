import ActitoAdapter
import Bridge
import BridgeCore
import CurlHTTPClient
import DidomiAdapter
import Logging
import MicroHTTPServer

/// Everything that the configuration file says, with its defaults (`interface.md` section 3).
struct Configuration: Sendable {
    var listening = Self.listeningByDefault
    /// The operator's token, for the commands that ask the bridge.
    var adminToken: String?
    var viewerTokens: [String] = []
    /// Where the admin API and the metrics are, if not beside the webhooks.
    var adminListening: ServerConfiguration?
    /// Whose `X-Forwarded-For` counts.
    var trustedProxies: [AddressRange] = []
    var oauth = TokenConfiguration()
    var shutdownGrace = Interval.seconds(20)
    /// Inbox entries that may wait; 0: any number.
    var backlogMax = 0
    /// Free space of the storage below which webhooks are not taken; 0: all of it may be used.
    var freeBytesMin: Int64 = 268_435_456
    /// The file of `storage.url`.
    var storagePath = "consent-bridge.db"
    var policy = Engine.Policy()
    /// How long a write may come back as an echo or take effect late.
    var echoWindow = Interval.seconds(900)
    var brake = Brake.Limits()
    /// Between two looks at the platforms' schema; nil: nobody looks.
    var driftInterval: Interval? = .seconds(3600)
    var alerts = AlertService.Settings()
    var client = ClientConfiguration()
    var logLevel = Logger.Level.info
    var logFormat = LogFormat.json
    var integrations: [IntegrationConfiguration] = []

    private static var listeningByDefault: ServerConfiguration {
        var listening = ServerConfiguration()
        listening.port = 8080
        return listening
    }

    enum LogFormat: String, Sendable, CaseIterable {
        case json
        case text
    }
}

/// One integration's configuration, for each part that needs some of it.
struct IntegrationConfiguration: Sendable {
    var settings: IntegrationSettings
    var actito: ActitoSettings
    var didomi: DidomiSettings
    var credentials: [PlatformName: WebhookAccess]
    var licences: [PlatformName: (name: String, limits: Governor.Limits)]
}
