import GRDB

/// The tables of the SQLite storage and their forward migrations.
///
/// Times are milliseconds since 1970. A migration that has been released is never changed.
enum Schema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1: inbox, register, deliveries") { database in
            try database.execute(sql: inbox + register + deliveries + meta)
        }
        migrator.registerMigration("2: what becomes due, grants from Actito") { database in
            try database.execute(sql: dueTimes)
        }
        migrator.registerMigration("3: kept secrets") { database in
            try database.execute(sql: kept)
        }
        migrator.registerMigration("4: the sums of conservation") { database in
            try database.execute(sql: sums)
        }
        migrator.registerMigration("5: when webhooks were received") { database in
            try database.execute(sql: reception)
        }
        migrator.registerMigration("6: request ids and traces") { database in
            try database.execute(sql: correlation)
        }
        migrator.registerMigration("7: what people look for") { database in
            try database.execute(sql: lookups)
        }
        migrator.registerMigration("8: urgent reads") { database in
            try database.execute(sql: urgentReads)
        }
        return migrator
    }

    /// `wake_at`: when something about the person becomes due; `history_granted` is the brake's.
    private static let dueTimes = """
        ALTER TABLE snapshots ADD COLUMN wake_at INTEGER;
        CREATE INDEX snapshots_due ON snapshots(wake_at) WHERE wake_at IS NOT NULL;
        CREATE INDEX history_granted ON history(received_at)
            WHERE origin = 'actito' AND choice = 'granted';

        """

    /// `pending`: NULL until the entry is decided, then the number of changes that wait for a read.
    private static let inbox = """
        CREATE TABLE inbox (
            id INTEGER PRIMARY KEY,
            received_at INTEGER NOT NULL,
            platform TEXT NOT NULL,
            integrations TEXT NOT NULL,
            type TEXT NOT NULL,
            event TEXT,
            identity TEXT,
            state TEXT NOT NULL,
            pending INTEGER,
            payload BLOB
        );
        CREATE UNIQUE INDEX inbox_identity ON inbox(identity) WHERE identity IS NOT NULL;
        CREATE INDEX inbox_undecided ON inbox(id) WHERE pending IS NULL;
        CREATE INDEX inbox_pending ON inbox(id) WHERE pending > 0;
        CREATE TABLE changes (
            entry INTEGER NOT NULL,
            position INTEGER NOT NULL,
            integration TEXT,
            subject TEXT,
            field TEXT,
            choice TEXT,
            chosen_at INTEGER,
            outcome TEXT,
            reason TEXT,
            PRIMARY KEY (entry, position)
        ) WITHOUT ROWID;

        """

    /// `snapshots.body` is the JSON object of `Storage/SnapshotCoding.swift`.
    private static let register = """
        CREATE TABLE snapshots (
            integration TEXT NOT NULL,
            subject TEXT NOT NULL,
            profile TEXT,
            body TEXT NOT NULL,
            PRIMARY KEY (integration, subject)
        ) WITHOUT ROWID;
        CREATE INDEX snapshots_profile ON snapshots(integration, profile)
            WHERE profile IS NOT NULL;
        CREATE TABLE history (
            id INTEGER PRIMARY KEY,
            integration TEXT NOT NULL,
            subject TEXT NOT NULL,
            field TEXT NOT NULL,
            choice TEXT NOT NULL,
            chosen_at INTEGER NOT NULL,
            origin TEXT NOT NULL,
            evidence INTEGER NOT NULL,
            received_at INTEGER NOT NULL,
            recorded_at INTEGER NOT NULL
        );
        CREATE INDEX history_subject ON history(integration, subject);

        """

    private static let deliveries = """
        CREATE TABLE deliveries (
            id INTEGER PRIMARY KEY,
            integration TEXT NOT NULL,
            platform TEXT NOT NULL,
            subject TEXT NOT NULL,
            kind TEXT NOT NULL,
            state TEXT NOT NULL,
            reason TEXT,
            attempts INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            waiting_since INTEGER NOT NULL,
            next_attempt_at INTEGER,
            finished_at INTEGER,
            last_status INTEGER,
            evidence TEXT NOT NULL
        );
        CREATE INDEX deliveries_open ON deliveries(id)
            WHERE state IN ('waiting', 'in_flight', 'overdue');
        CREATE INDEX deliveries_state ON deliveries(state, platform, kind, waiting_since);
        CREATE TABLE attempts (
            id INTEGER PRIMARY KEY,
            delivery INTEGER NOT NULL,
            sent_at INTEGER NOT NULL,
            ended_at INTEGER NOT NULL,
            method TEXT NOT NULL,
            url TEXT NOT NULL,
            body BLOB,
            status INTEGER,
            verdict TEXT NOT NULL
        );
        CREATE INDEX attempts_delivery ON attempts(delivery);

        """

    private static let meta = """
        CREATE TABLE integrations (
            name TEXT PRIMARY KEY,
            first_start INTEGER NOT NULL
        ) WITHOUT ROWID;

        """

    /// The accounts of `Storage/Ledger.swift`, and one that counts proofs of a working storage.
    private static let sums = """
        CREATE TABLE sums (
            account TEXT PRIMARY KEY,
            sum INTEGER NOT NULL
        ) WITHOUT ROWID;
        INSERT INTO sums SELECT 'inbox/accepted', count(*) FROM inbox;
        INSERT INTO sums SELECT 'inbox/' || CASE WHEN pending IS NULL THEN 'undecided'
            WHEN state = 'waiting' THEN 'pending' ELSE state END AS account, count(*)
            FROM inbox GROUP BY account;
        INSERT INTO sums SELECT 'deliveries/planned', count(*) FROM deliveries;
        INSERT INTO sums SELECT 'deliveries/' || platform || '/' || kind || '/' || state AS account,
            count(*) FROM deliveries GROUP BY account;

        """

    /// `urgent`: a read that may end in a withdrawal; of those that are open already any may be one.
    private static let urgentReads = """
        ALTER TABLE deliveries ADD COLUMN urgent INTEGER NOT NULL DEFAULT 0;
        UPDATE deliveries SET urgent = 1
            WHERE kind = 'read' AND state IN ('waiting', 'in_flight', 'overdue');
        CREATE INDEX deliveries_urgent ON deliveries(platform, waiting_since)
            WHERE urgent = 1 AND state IN ('waiting', 'in_flight', 'overdue');

        """

    /// One row with the last moment of reception, and the last day's interruptions of it.
    private static let reception = """
        CREATE TABLE reception (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            at INTEGER NOT NULL
        );
        CREATE TABLE interruptions (
            began_at INTEGER NOT NULL,
            ended_at INTEGER NOT NULL
        );

        """

    /// Lists by state, a reason's entries, a person's changes and deliveries; what operators did.
    private static let lookups = """
        CREATE INDEX inbox_state ON inbox(state, id) WHERE state != 'waiting';
        CREATE INDEX changes_reason ON changes(reason, entry) WHERE reason IS NOT NULL;
        CREATE INDEX changes_subject ON changes(integration, subject) WHERE subject IS NOT NULL;
        CREATE INDEX deliveries_newest ON deliveries(state, id);
        CREATE INDEX deliveries_subject ON deliveries(integration, subject);
        CREATE TABLE operator_actions (
            id INTEGER PRIMARY KEY,
            at INTEGER NOT NULL,
            actor TEXT NOT NULL,
            kind TEXT NOT NULL,
            delivery INTEGER,
            integration TEXT,
            subject TEXT,
            reason TEXT
        );
        CREATE TABLE key_links (
            integration TEXT NOT NULL,
            old TEXT NOT NULL,
            new TEXT NOT NULL,
            PRIMARY KEY (integration, old)
        ) WITHOUT ROWID;

        """

    /// NULL in entries from before, and `traceparent` also where no trace came with the webhook.
    private static let correlation = """
        ALTER TABLE inbox ADD COLUMN request_id TEXT;
        ALTER TABLE inbox ADD COLUMN traceparent TEXT;

        """

    private static let kept = """
        CREATE TABLE kept (
            name TEXT PRIMARY KEY,
            bytes BLOB NOT NULL
        ) WITHOUT ROWID;

        """
}
