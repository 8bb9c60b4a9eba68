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
        self.call = call == "events" ? .readConsentEvents : .readProfile
        self.status = Int(status)
        self.body = body
    }

    var payload: [UInt8] {
        let document: JSONValue = [
            "subject": .string(subject.storedText),
            "call": call == .readConsentEvents ? "events" : "profile",
            "status": .number(JSONNumber(status)), "body": body,
        ]
        return document.serialized()
    }

    func reading(by platform: any Platform) -> Reading {
        status == 404 ? .profileMissing : platform.reading(of: body, for: call)
    }
}
