/// Which text a parser accepts.
package enum JSONDialect: Sendable {
    /// Strict JSON after RFC 8259: <https://www.rfc-editor.org/rfc/rfc8259>.
    case json
    /// JSON5, for files that people write: <https://spec.json5.org>.
    case json5
}
