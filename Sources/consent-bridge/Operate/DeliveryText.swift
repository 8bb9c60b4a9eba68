import JSON

/// Deliveries as people read them.
enum DeliveryText {
    static func table(of items: [JSONValue]) -> String {
        var table = TextTable("ID", "PLANNED (UTC)", "TO", "WHAT", "STATE", "ANSWER", "PERSON")
        for item in items {
            let reason = item["reason"].readableText
            table.add(
                item["id"].readableText,
                String(item["created_at"].readableTime.dropFirst(5)),
                item["platform"].readableText,
                item["kind"].readableText,
                item["state"].readableText + (reason.isEmpty ? "" : ": \(reason)"),
                item["last_status"].readableNumber,
                item["subject"].readableText
            )
        }
        return table.text()
    }

    static func details(of item: JSONValue) -> String {
        func texts(_ name: String) -> String {
            (item[name]?.array ?? []).compactMap(\.string).joined(separator: ", ")
        }
        let reason = item["reason"].readableText
        var facts = [
            ("delivery", item["id"].readableText), ("person", item["subject"].readableText),
            (
                "to",
                "\(item["platform"].readableText), integration \(item["integration"].readableText)"
            ),
            ("what", item["kind"].readableText),
            ("state", item["state"].readableText + (reason.isEmpty ? "" : ": \(reason)")),
            ("planned", item["created_at"].readableTime),
            ("attempts", item["attempts"].readableNumber),
            ("next attempt", item["next_attempt_at"].readableTime),
            ("finished", item["finished_at"].readableTime), ("evidence", texts("evidence")),
        ]
        facts.removeAll { $0.1.isEmpty }
        let lines = facts.map { name, value in
            Terminal.dim(name + String(repeating: " ", count: 14 - name.count)) + value
        }
        let requests = (item["requests"]?.array ?? []).map(request)
        return (lines + (requests.isEmpty ? ["", "No request was sent."] : requests))
            .joined(separator: "\n")
    }

    /// One request and its answer.
    static func request(_ request: JSONValue) -> String {
        let status = request["status"].readableNumber
        var lines = [
            "",
            "\(request["sent_at"].readableTime)  \(request["method"].readableText) "
                + request["url"].readableText,
        ]
        if let body = request["body"], !body.isNull {
            lines.append("    " + body.serializedText().printable)
        }
        lines.append(
            "\(request["ended_at"].readableTime)  "
                + "\(status.isEmpty ? "no answer" : status), \(request["verdict"].readableText)"
        )
        return lines.joined(separator: "\n")
    }
}
