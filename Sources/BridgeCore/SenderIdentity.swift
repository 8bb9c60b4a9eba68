package import JSON

/// What a sender gave to recognise a repeated webhook by (design section 4, Identity).
///
/// Never a hash of the body: off, on, off are three choices. nil: the sender gave nothing.
package func senderIdentity(of payload: JSONValue, from platform: PlatformName) -> String? {
    switch platform {
    case .didomi: didomiIdentity(of: payload)
    case .actito: payload["id"]?.string.map { "actito:\($0)" }
    }
}

/// Didomi's `type`, the entity's id, its newest time and its status.
private func didomiIdentity(of payload: JSONValue) -> String? {
    let parameters = payload["parameters"]
    guard let type = payload["type"]?.string,
        let entity = parameters?["new_entity"]?.object ?? parameters?["entity"]?.object,
        let id = entity["id"]?.string,
        let time = entity["updated_at"]?.string ?? entity["created_at"]?.string
    else { return nil }
    return "didomi:\(type):\(id):\(time):\(entity["status"]?.string ?? "")"
}
