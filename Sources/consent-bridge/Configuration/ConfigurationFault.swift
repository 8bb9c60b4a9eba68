import JSON

/// One thing that is wrong with a configuration file.
struct ConfigurationFault: Hashable, Sendable {
    /// nil: the file as a whole.
    var position: JSONPosition?
    var what: String
    /// What to do about it.
    var hint: String?

    /// `FILE:LINE:COLUMN: error: what (hint)`.
    func line(in file: String, _ severity: String) -> String {
        let place = position.map { ":\($0.line):\($0.column)" } ?? ""
        let hint = hint.map { " (\($0))" } ?? ""
        return "\(file)\(place): \(severity): \(what)\(hint)"
    }
}

/// Everything that is wrong with a configuration file, at once.
struct ConfigurationFaults: Error, Hashable, Sendable, CustomStringConvertible {
    var file: String
    var faults: [ConfigurationFault]
    /// False: there was nothing to read, or it was not JSON5.
    var isReadable = true

    /// One line for each fault: `FILE:LINE:COLUMN: error: what (hint)`.
    var description: String {
        faults.map { $0.line(in: file, "error") }.joined(separator: "\n")
    }
}
