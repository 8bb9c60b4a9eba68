import CurlHTTPClient

/// The text of `/metrics`, series by series.
struct Exposition {
    let text: String
    /// By the series as it is written: `name{label="value",…}`.
    let values: [String: Double]

    init(_ text: String) {
        self.text = text
        var values: [String: Double] = [:]
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            guard let space = line.lastIndex(of: " ") else { continue }
            values[String(line[..<space])] = Double(line[line.index(after: space)...])
        }
        self.values = values
    }

    /// With the parts of histograms: `name_bucket`, `name_sum` and `name_count`.
    var names: Set<String> { Set(values.keys.map { String($0.prefix { $0 != "{" }) }) }
}

extension Rig {
    func exposition() async throws -> Exposition {
        let answer = try await request("GET", "/metrics", "", hasSecret: false)
        return Exposition(String(decoding: answer.body, as: UTF8.self))
    }

    /// Waits until the metrics are as wanted, and returns them.
    @discardableResult
    func metrics(_ what: String, where isWanted: (Exposition) -> Bool) async throws -> Exposition {
        let deadline = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < deadline {
            let exposition = try await exposition()
            if isWanted(exposition) { return exposition }
        }
        throw Missing(what: what)
    }
}
