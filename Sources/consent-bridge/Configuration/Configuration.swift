import ActitoAdapter
import Bridge
import BridgeCore
import CurlHTTPClient
import DidomiAdapter
import Logging
import MicroHTTPServer

/// Everything that the configuration file says, with its defaults (`interface.md` section 3).
struct Configuration: Sendable {
    var listening = ServerConfiguration()
    /// Whose `X-Forwarded-For` counts.
    var trustedProxies: [AddressRange] = []
    var oauth = TokenConfiguration()
    var shutdownGrace = Interval.seconds(20)
    /// The file of `storage.url`.
    var storagePath = "consent-bridge.db"
    var policy = Engine.Policy()
    var client = ClientConfiguration()
    var logLevel = Logger.Level.info
    var logFormat = LogFormat.json
    var integrations: [IntegrationConfiguration] = []

    enum LogFormat: String, Sendable {
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
