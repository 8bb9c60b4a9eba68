import Bridge
import BridgeCore
import CurlHTTPClient
import HTTPTypes

/// The bridge's requests on libcurl.
struct CurlTransport: Transport {
    let client: HTTPClient

    func start(
        _ request: PlatformRequest,
        completion: @escaping @Sendable (TransportResult) -> Void
    ) {
        let request = ClientRequest(
            method: request.method.rawValue,
            url: request.url,
            headers: request.headers,
            body: request.body
        )
        client.start(request) { result in
            switch result {
            case .success(let response):
                completion(
                    .reply(
                        PlatformReply(
                            status: response.status,
                            headers: response.headers,
                            body: response.body
                        )
                    )
                )
            case .failure(let error):
                completion(.failed(mayHaveArrived: error.requestMayHaveArrived))
            }
        }
    }
}
