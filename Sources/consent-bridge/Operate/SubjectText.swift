import JSON

/// One person's story as people read it, oldest first.
struct SubjectText {
    let subject: JSONValue

    init(_ subject: JSONValue) {
        self.subject = subject
    }

    var text: String {
        let profile = subject["profile_id"].readableText
        let joined = (subject["joined_keys"]?.array ?? []).compactMap(\.string?.printable)
        var headline =
            "\(subject["key"].readableText), integration \(subject["integration"].readableText)"
        if !profile.isEmpty { headline += ", profile \(profile)" }
        if !joined.isEmpty { headline += "\njoined with \(joined.joined(separator: ", "))" }
        let story = moments.sorted { ($0.at, $0.order) < ($1.at, $1.order) }
            .flatMap(\.lines).joined(separator: "\n")
        return [headline, fields, Terminal.dim("All times are UTC."), story]
            .joined(separator: "\n\n")
    }

    private var fields: String {
        var table = TextTable("FIELD", "IS", "CHOSEN", "AT", "ACTITO HAS", "DIDOMI HAS")
        for member in subject["fields"]?.object?.members ?? [] {
            table.add(
                member.name,
                member.value["value"].readableText,
                member.value["chosen_at"].readableTime,
                member.value["origin"].readableText,
                replica("actito", member.name),
                replica("didomi", member.name)
            )
        }
        return table.text()
    }

    private func replica(_ platform: String, _ field: String) -> String {
        subject["replicas"]?[platform]?[field]?["value"].readableText ?? ""
    }

    /// Something at a time.
    private struct Moment {
        var at: String
        /// What was received comes before what was sent in the same millisecond.
        var order: Int
        var lines: [String]
    }

    private var moments: [Moment] {
        choices + (subject["deliveries"]?.array ?? []).flatMap(writes)
    }

    private var choices: [Moment] {
        (subject["changes"]?.array ?? []).map { change in
            let field = change["field"]?.string
            let value = change["value"].readableText
            let outcome = [change["outcome"].readableText, change["reason"].readableText]
                .filter { !$0.isEmpty }.joined(separator: "/")
            let what = [field ?? "webhook", value].filter { !$0.isEmpty }.joined(separator: " ")
            let received: JSONValue? = change["received_at"]
            return Moment(
                at: received.readableText,
                order: 0,
                lines: [
                    "\(received.readableTime)  \(change["platform"].readableText) told: \(what)",
                    "    \(outcome.isEmpty ? "waits for a read" : outcome)"
                        + chosen(change) + ", inbox entry \(change["entry"].readableText) "
                        + "(\(change["type"].readableText))",
                ]
            )
        }
    }

    private func chosen(_ change: JSONValue) -> String {
        let chosen = change["chosen_at"].readableTime
        return chosen.isEmpty || chosen == change["received_at"].readableTime
            ? "" : ", chosen \(chosen)"
    }

    private func writes(of delivery: JSONValue) -> [Moment] {
        let kind = delivery["kind"].readableText
        let name = "\(kind) \(kind == "read" ? "at" : "to") \(delivery["platform"].readableText)"
        let id = delivery["id"].readableText
        let requests = delivery["requests"]?.array ?? []
        let evidence = (delivery["evidence"]?.array ?? []).compactMap(\.string)
            .joined(separator: ", ")
        var moments = requests.map { request in
            let status = request["status"].readableNumber
            let body =
                request["body"].map { $0.isNull ? "" : " \($0.serializedText().printable)" } ?? ""
            return Moment(
                at: request["sent_at"].readableText,
                order: 1,
                lines: [
                    "\(request["sent_at"].readableTime)  sent: \(name), "
                        + "delivery \(id), on entry \(evidence)",
                    "    \(request["method"].readableText)\(body)",
                    "    \(status.isEmpty ? "no answer" : "answer \(status)"), "
                        + "\(request["verdict"].readableText), "
                        + request["ended_at"].readableTime,
                ]
            )
        }
        let state = delivery["state"].readableText
        if state != "delivered" {
            let reason = delivery["reason"].readableText
            let last = delivery["finished_at"]?.string ?? requests.last?["ended_at"]?.string
            moments.append(
                Moment(
                    at: last ?? delivery["created_at"].readableText,
                    order: 2,
                    lines: [
                        "\(JSONValue?.some(.string(last ?? delivery["created_at"].readableText)).readableTime)"
                            + "  \(name) is \(state)\(reason.isEmpty ? "" : " (\(reason))"), "
                            + "delivery \(id)"
                    ]
                )
            )
        }
        return moments
    }
}
