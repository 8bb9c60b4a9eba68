import JSON

/// One thing that is wrong with a configuration file.
struct ConfigurationFault: Hashable, Sendable {
    /// nil: the file as a whole.
    var position: JSONPosition?
    var what: String
    /// What to do about it.
    var hint: String?
}

/// Everything that is wrong with a configuration file, at once.
struct ConfigurationFaults: Error, Hashable, Sendable, CustomStringConvertible {
    var file: String
    var faults: [ConfigurationFault]

    /// One line for each fault: `FILE:LINE:COLUMN: error: what (hint)`.
    var description: String {
        faults.map { fault in
            let place = fault.position.map { ":\($0.line):\($0.column)" } ?? ""
            let hint = fault.hint.map { " (\($0))" } ?? ""
            return "\(file)\(place): error: \(fault.what)\(hint)"
        }.joined(separator: "\n")
    }
}
