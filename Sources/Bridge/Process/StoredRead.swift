import BridgeCore
import JSON
import Storage

/// The answer of a read as an inbox entry: evidence like a webhook (rule S1).
struct StoredRead {
    static let type = "read"

    var subject: Subject
    var call: PlannedCall
    var status: Int
    var body: JSONValue

    init(subject: Subject, call: PlannedCall, reply: PlatformReply) {
        self.subject = subject
        self.call = call
        status = reply.status
        body = (try? JSONValue(parsing: reply.body)) ?? .null
    }

    init?(_ payload: JSONValue) {
        guard let subject = payload["subject"]?.string.flatMap(Subject.init(storedText:)),
            let call = payload["call"]?.string, let status = payload["status"]?.number?.integer,
            let body = payload["body"]
        else { return nil }
        self.subject = subject
        switch call {
        case "events": self.call = .readConsentEvents
        case "users": self.call = .readUsers
        default: self.call = .readProfile
        }
        self.status = Int(status)
        self.body = body
    }

    var payload: [UInt8] {
        let document: JSONValue = [
            "subject": .string(subject.storedText),
            "call": .string(Self.name(of: call)), "status": .number(JSONNumber(status)),
            "body": body,
        ]
        return document.serialized()
    }

    private static func name(of call: PlannedCall) -> String {
        switch call {
        case .readConsentEvents: "events"
        case .readUsers: "users"
        case .readProfile, .write: "profile"
        }
    }

    func reading(by platform: any Platform) -> Reading {
        status == 404 ? .profileMissing : platform.reading(of: body, for: call)
    }
}
