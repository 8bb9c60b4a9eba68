/// What the demo tells people, in 80 columns.
enum DemoText {
    static let opening = """

        Consent Bridge keeps two platforms' consents equal. This demo runs a sandbox of
        each, Didomi (consent) and Actito (CRM), and the bridge between them.

        """

    static func table(of scenes: [Scene]) -> String {
        var lines = [row(["what a person did", "what had to come of it", "took", "calls"])]
        lines.append(String(repeating: "-", count: 80))
        for scene in scenes {
            lines.append(
                row([
                    scene.act, scene.expectation,
                    scene.milliseconds.map { "\($0) ms" } ?? "missing", String(scene.calls),
                ])
            )
        }
        let missing = scenes.compactMap(\.difference)
        lines.append("")
        lines.append(
            missing.isEmpty
                ? "Both platforms ended as expected."
                : "Not as expected: \(missing.joined(separator: "; "))."
        )
        return lines.joined(separator: "\n")
    }

    private static func row(_ cells: [String]) -> String {
        // The last column needs no padding: a line of 80 with a blank would wrap.
        zip(cells.dropLast(), widths).map(padded).joined() + (cells.last ?? "")
    }

    /// 80 in all with the last one.
    private static let widths = [33, 33, 9]

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }

    static func addresses(
        _ addresses: (didomi: String, actito: String),
        bridge: String,
        staysUp: Bool
    ) -> String {
        guard staysUp else { return "" }
        let didomi = addresses.didomi
        return """

            To look at, until Ctrl-C:
              \(bridge)/health
              \(bridge)/metrics
              \(didomi)/sandbox/state      people at Didomi
              \(addresses.actito)/sandbox/state      people at Actito
              \(addresses.actito)/sandbox/calls      what the bridge sent

            """
    }
}
