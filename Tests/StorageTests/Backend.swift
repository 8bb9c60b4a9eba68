import BridgeCore
import Foundation
import JSON
import SQLiteStorage
import Storage

/// The storages that have to keep the contract of `Storage/Store.swift`.
enum Backend: String, CaseIterable, Sendable {
    case memory
    case sqlite

    /// Runs a test on an empty storage.
    func run(_ body: (any Store) throws -> Void) throws {
        switch self {
        case .memory:
            try body(InMemoryStore())
        case .sqlite:
            try TemporaryFolder.run { folder in
                let store = try SQLiteStore(path: folder + "/bridge.db")
                defer { store.close() }
                try body(store)
            }
        }
    }
}

/// A folder that is gone after the test.
enum TemporaryFolder {
    static func run(_ body: (String) throws -> Void) throws {
        let path = NSTemporaryDirectory() + "/storage-tests-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path)
    }
}

/// Invented values.
enum Sample {
    static let shop = IntegrationName("shop")
    static let magazine = IntegrationName("magazine")
    static let email = Field.channel("email")
    static let newsletter = Field.purpose("newsletter")
    static let letterByMail = Field.purposeChannel(purpose: "letter", channel: "email")
    static let claire = Subject.key(SubjectKey("claire@example.com"))
    static let key = SnapshotKey(integration: shop, subject: claire)

    static func at(_ seconds: Int64) -> Timestamp {
        Timestamp(milliseconds: 1_795_000_000_000 + seconds * 1000)
    }

    static func entry(
        identity: String? = nil,
        for integrations: [IntegrationName] = [shop],
        payload: String = "{}",
        at seconds: Int64 = 0
    ) -> NewInboxEntry {
        NewInboxEntry(
            platform: .didomi,
            integrations: integrations,
            type: "event.created",
            event: "event",
            identity: identity,
            payload: Array(payload.utf8),
            receivedAt: at(seconds)
        )
    }

    static func change(_ outcome: Outcome?, subject: Subject = claire) -> ChangeRecord {
        ChangeRecord(
            integration: shop,
            subject: subject,
            field: email.name,
            choice: .denied,
            chosenAt: at(1),
            outcome: outcome
        )
    }

    static func delivery(
        _ id: DeliveryID,
        _ state: DeliveryState,
        kind: DeliveryKind = .withdrawal,
        since seconds: Int64 = 0,
        subject: Subject = claire
    ) -> DeliveryRecord {
        DeliveryRecord(
            id: id,
            lane: LaneKey(integration: shop, platform: .actito, subject: subject),
            kind: kind,
            state: state,
            attempts: 3,
            createdAt: at(7),
            waitingSince: at(seconds),
            finishedAt: state.isFinal ? at(9) : nil,
            lastStatus: 503,
            evidence: [InboxID(4), InboxID(12)]
        )
    }

    static func registered(_ choice: Choice, by entry: Int64, at seconds: Int64) -> RegisterEntry {
        RegisterEntry(
            choice: choice,
            chosenAt: at(seconds),
            origin: .didomi,
            evidence: InboxID(entry),
            receivedAt: at(seconds + 1)
        )
    }
}

extension Store {
    /// Commits one batch.
    func commit(_ fill: (inout StoreBatch) -> Void) throws {
        var batch = StoreBatch(at: Sample.at(100))
        fill(&batch)
        try commit(batch)
    }

    /// Appends one entry that is new.
    func accept(_ entry: NewInboxEntry) throws -> InboxID {
        guard case .accepted(let id) = try append([entry])[0] else {
            throw StoreError.unusable("a new entry was called a duplicate")
        }
        return id
    }
}
