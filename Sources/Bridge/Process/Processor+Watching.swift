package import BridgeCore

/// What can be seen of the engine from outside.
extension Processor {
    /// One call is finding out whether a failing platform works again (design section 5).
    package func isProbing(_ key: AccessKey) -> Bool { engine.isProbing(key) }
}
