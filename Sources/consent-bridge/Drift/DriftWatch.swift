import ActitoAdapter
import Bridge
import BridgeCore
import DidomiAdapter
import Logging
import ServiceLifecycle

/// Compares the mappings with the platforms again and again, as `check --online` does once.
///
/// A look is two calls to each platform, under the limits of its licence. It begins soon after the
/// start and after a reload, then every `drift.interval_minutes`.
struct DriftWatch: Service {
    let running: Running
    let loop: BridgeLoop
    let latest: LatestDrift
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var schedule = Schedule(from: Timestamp.now())
            while (try? await Task.sleep(for: Self.pause)) != nil {
                guard let interval = running.configuration.driftInterval else {
                    latest.change { $0 = DriftReport() }
                    continue
                }
                let reloads = running.reloads
                guard schedule.isDue(at: .now(), reloads: reloads) else { continue }
                let isComplete = await lookAtAll()
                schedule.looked(at: .now(), reloads: reloads, nextAfter: interval, isComplete)
            }
        }
    }

    /// When the next look is due.
    struct Schedule {
        private var nextAt: Timestamp
        private var reloads = 0

        init(from start: Timestamp) {
            nextAt = start + Self.firstPause
        }

        /// At its time, or when the configuration is another one.
        func isDue(at now: Timestamp, reloads: Int) -> Bool {
            reloads != self.reloads || nextAt <= now
        }

        /// A look at the configuration after so many reloads has ended; a platform that did not
        /// answer is asked again sooner.
        mutating func looked(
            at now: Timestamp,
            reloads: Int,
            nextAfter interval: Interval,
            _ isComplete: Bool
        ) {
            self.reloads = reloads
            nextAt = now + (isComplete ? interval : min(interval, Self.pauseAfterFailure))
        }

        /// The backlog that waited for the start goes first.
        private static let firstPause = Interval.seconds(10)
        private static let pauseAfterFailure = Interval.seconds(300)
    }

    /// Looks at every platform; false: one of them could not be looked at.
    private func lookAtAll() async -> Bool {
        let (configuration, reloads) = (running.configuration, running.reloads)
        var places: Set<AccessKey> = []
        var isComplete = true
        for integration in configuration.integrations {
            for platform in PlatformName.allCases {
                if platform == .didomi, integration.didomi.api == nil { continue }
                let place = AccessKey(integration: integration.settings.name, platform: platform)
                places.insert(place)
                let look = await look(at: place, integration)
                // What a reload or the end cut off says nothing.
                guard !Task.isCancelled, running.reloads == reloads else { return false }
                if case .failed = look { isComplete = false }
                tell(latest.change { $0.take(look, of: place, at: .now()) }, of: place)
            }
        }
        latest.change { [places] in $0.keep(only: places) }
        return isComplete
    }

    private func look(
        at place: AccessKey,
        _ integration: IntegrationConfiguration
    ) async -> DriftLook {
        let now = Timestamp.now()
        let client = AccountClient(client: running.client, bridge: (loop, place))
        var report = AccountReport()
        switch place.platform {
        case .actito:
            await ActitoAccountCheck(client: client, settings: integration.actito, now: now)
                .look(&report)
        case .didomi:
            await DidomiAccountCheck(
                client: client,
                settings: integration.didomi,
                actitoTable: integration.actito.tableName,
                now: now
            ).look(&report)
            // Of Actito's table a part may stay unsaid; Didomi's purposes are all or nothing.
            if let obstacle = report.points.first(where: { $0.result == .notChecked }) {
                return .failed(obstacle.text)
            }
        }
        return DriftLook(report, at: place, now: now)
    }

    private func tell(_ news: DriftReport.News, of place: AccessKey) {
        func facts(_ what: String, _ hint: String? = nil) -> Logger.Metadata {
            var facts: Logger.Metadata = [
                "integration": "\(place.integration)", "platform": "\(place.platform.rawValue)",
                "what": "\(what)",
            ]
            facts["hint"] = hint.map { "\($0)" }
            return facts
        }
        for finding in news.new {
            logger.warning(
                "the mapping does not fit the platform",
                metadata: facts(finding.what, finding.hint)
            )
        }
        for finding in news.gone {
            logger.notice("the mapping fits the platform again", metadata: facts(finding.what))
        }
        if let failure = news.failure {
            logger.warning("the platform's schema cannot be read", metadata: facts(failure))
        }
    }

    /// How often it is asked whether a look is due, and so the longest wait after a reload.
    private static let pause = Duration.seconds(5)
}

extension DriftLook {
    /// What a check found, as far as it is drift: an error, not a mere remark.
    init(_ report: AccountReport, at place: AccessKey, now: Timestamp) {
        let errors = report.findings.filter { $0.severity == .error }
        if let obstacle = errors.first(where: { !$0.isDrift }) {
            self = .failed(obstacle.what)
        } else {
            self = .seen(errors.map { DriftFinding(place, $0.what, hint: $0.hint, since: now) })
        }
    }
}
