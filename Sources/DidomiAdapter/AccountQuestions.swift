package import BridgeCore
import HTTPTypes
package import JSON

/// What is asked of an organization before anything is written to it (`check --online`).
///
/// None of it is under `/consents`, so all of it counts against 100 calls in 15 s.
extension DidomiPlatform {
    /// One page of the organization's purposes.
    package func purposesRequest(skip: Int, with access: Access) -> PlatformRequest {
        get("metadata/purposes", "&$limit=\(Self.purposesPerPage)&$skip=\(skip)", access)
    }

    /// One page of purposes; nil: it cannot be read.
    package func purposes(in reply: PlatformReply) -> (page: [LivePurpose], isLast: Bool)? {
        guard let body = try? JSONValue(parsing: reply.body),
            let list = body.array ?? body["data"]?.array
        else { return nil }
        let page = list.compactMap { purpose -> LivePurpose? in
            guard let id = purpose["id"]?.string else { return nil }
            let others = purpose["namespaces"]?.object?.members.map(\.value).flatMap { value in
                value.array?.compactMap(\.string) ?? [value.string].compactMap(\.self)
            }
            let regulations = purpose["regulations_id"]?.array?.compactMap(\.string) ?? []
            return LivePurpose(id: id, names: Set(others ?? []), regulations: regulations)
        }
        return (page, body.array != nil || list.count < Self.purposesPerPage)
    }

    /// What the organization has bought.
    package func featuresRequest(with access: Access) -> PlatformRequest {
        get("premium-features", "", access)
    }

    /// Whether a feature is bought; nil: the answer does not tell.
    package func hasFeature(_ name: String, in reply: PlatformReply) -> Bool? {
        (try? JSONValue(parsing: reply.body))?[name]?.bool
    }

    /// The organization's integrations with other software.
    package func integrationsRequest(with access: Access) -> PlatformRequest {
        get("marketplace/integrations", "", access)
    }

    /// The integrations in an answer; nil: it cannot be read.
    package func integrations(in reply: PlatformReply) -> [JSONValue]? {
        guard let body = try? JSONValue(parsing: reply.body) else { return nil }
        return body.array ?? body["data"]?.array
    }

    private func get(_ path: String, _ query: String, _ access: Access) -> PlatformRequest {
        PlatformRequest(
            method: .get,
            url: "\(api.url)/\(path)?\(organization)\(query)",
            headers: headers(access)
        )
    }

    /// A usual page of Didomi's lists.
    private static let purposesPerPage = 100
}
