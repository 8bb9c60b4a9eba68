/// One thing in which a mapping and a live platform do not fit together, as people read it.
package struct DriftFinding: Hashable, Sendable {
    package var integration: IntegrationName
    package var platform: PlatformName
    /// What is wrong.
    package var what: String
    /// What to do about it.
    package var hint: String?
    /// When it was first seen.
    package var since: Timestamp

    package init(
        _ place: AccessKey,
        _ what: String,
        hint: String?,
        since: Timestamp
    ) {
        integration = place.integration
        platform = place.platform
        self.what = what
        self.hint = hint
        self.since = since
    }

    package var place: AccessKey { AccessKey(integration: integration, platform: platform) }
}

/// What a look at one platform's schema showed.
package enum DriftLook: Hashable, Sendable {
    /// Everything that does not fit now.
    case seen([DriftFinding])
    /// It could not be read, and why.
    case failed(String)
}

/// What the looks at the platforms' schema have shown so far.
package struct DriftReport: Hashable, Sendable {
    /// What does not fit, in the order of being found.
    package private(set) var findings: [DriftFinding] = []
    /// Why a platform's schema could not be read at the last try; then its findings are older.
    package private(set) var failures: [AccessKey: String] = [:]
    /// When each platform's schema was last read.
    package private(set) var lookedAt: [AccessKey: Timestamp] = [:]

    /// What a look changed.
    package struct News: Hashable, Sendable {
        package var new: [DriftFinding] = []
        package var gone: [DriftFinding] = []
        /// The platform could be looked at before, and why not now.
        package var failure: String?

        package init(
            new: [DriftFinding] = [],
            gone: [DriftFinding] = [],
            failure: String? = nil
        ) {
            self.new = new
            self.gone = gone
            self.failure = failure
        }
    }

    package init() {}

    /// Takes a look; what was known keeps the time when it was first seen.
    package mutating func take(
        _ look: DriftLook,
        of place: AccessKey,
        at now: Timestamp
    ) -> News {
        switch look {
        case .failed(let reason):
            let isNew = failures.updateValue(reason, forKey: place) == nil
            return News(failure: isNew ? reason : nil)
        case .seen(let seen):
            failures[place] = nil
            lookedAt[place] = now
            let known = findings.filter { $0.place == place }
            let new = seen.filter { finding in !known.contains { $0.what == finding.what } }
            let gone = known.filter { finding in !seen.contains { $0.what == finding.what } }
            findings.removeAll(where: gone.contains)
            findings += new
            return News(new: new, gone: gone)
        }
    }

    /// Forgets the places that are not looked at any more.
    package mutating func keep(only places: Set<AccessKey>) {
        findings.removeAll { !places.contains($0.place) }
        failures = failures.filter { places.contains($0.key) }
        lookedAt = lookedAt.filter { places.contains($0.key) }
    }
}
