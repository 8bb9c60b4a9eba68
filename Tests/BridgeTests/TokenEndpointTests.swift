import BridgeCore
import Foundation
import HTTPTypes
import JSON
import Testing
import WebhookTokens

@testable import Bridge

struct TokenEndpointTests {
    private let endpoint = TokenEndpoint(
        gate: Gate(
            AdmissionSample.admission([
                ("a", AdmissionSample.client("id", ["s+1 %:ü", "older"])),
                ("b", AdmissionSample.client("id", ["older"])),
                ("c", AdmissionSample.client("id", ["other"])),
                ("d", WebhookAccess()),
            ])
        ),
        now: { AdmissionSample.now }
    )

    private func ask(
        _ body: String,
        _ headers: HTTPFields = [:],
        of integration: String? = nil
    ) -> OutboundResponse {
        let request = InboundRequest(
            method: "POST",
            path: "/oauth/token",
            headers: headers,
            body: Array(body.utf8)
        )
        return endpoint.answer(request, integration: integration)
    }

    private static func basic(_ encoded: String) -> HTTPFields {
        [.authorization: "Basic \(encoded)"]
    }

    /// The integrations that the answer's token is for.
    private func granted(_ response: OutboundResponse) throws -> [String] {
        let body = try JSONValue(parsing: response.body)
        let token = try #require(body["access_token"]?.string)
        let grant = try #require(
            AdmissionSample.tokens.verify(token, at: AdmissionSample.now)
        )
        #expect(grant.clientID == "id")
        return grant.integrations.map(\.text)
    }

    @Test(arguments: [
        "grant_type=client_credentials&client_id=id&client_secret=s%2B1+%25%3A%C3%BC",
        "client_id=id&client_secret=s%2B1%20%25:%c3%bc&scope=x&audience=y&a=",
        "\nclient_id=id&client_secret=s%2B1+%25:ü\n",
        #"{"client_id": "id", "client_secret": "s+1 %:ü"}"#,
        #" {"grant_type": "client_credentials", "client_id": "id","#
            + #""client_secret": "s+1 %:\u00fc", "x": 1}"#,
    ])
    func `a form and JSON are understood, whatever the content type`(body: String) throws {
        for type in ["application/json", "application/x-www-form-urlencoded", "text/plain"] {
            let response = ask(body, [.contentType: type])
            #expect(response.status == 200, "\(response.text)")
            #expect(try granted(response) == ["a"])
            #expect(response.headers[.cacheControl] == "no-store")
            let answer = try JSONValue(parsing: response.body)
            #expect(answer["token_type"] == "Bearer" && answer["expires_in"] == 3600)
        }
    }

    @Test(arguments: ["id:s+1 %:ü", "id:s%2B1+%25%3A%C3%BC"])
    func `HTTP Basic is understood plain and encoded as a form`(text: String) throws {
        let headers = Self.basic(Data(text.utf8).base64EncodedString())
        for body in ["", "grant_type=client_credentials", "{}"] {
            #expect(try granted(ask(body, headers)) == ["a"])
        }
    }

    @Test
    func `the token is for each integration whose client and secret these are`() throws {
        let body = "client_id=id&client_secret=older"
        #expect(try granted(ask(body)) == ["a", "b"])
        #expect(try granted(ask(body, of: "b")) == ["b"])
        #expect(ask(body, of: "c").status == 401)
        #expect(ask(body, of: "d").status == 401)
        #expect(ask(body, of: "e").status == 404)
    }

    @Test(
        arguments: [
            ("client_id=id&client_secret=wrong", [:], 401, "invalid_client"),
            ("client_id=ID&client_secret=older", [:], 401, "invalid_client"),
            ("client_id=id&client_secret=", [:], 401, "invalid_client"),
            ("client_id=id", [:], 401, "invalid_client"), ("", [:], 401, "invalid_client"),
            ("{}", [:], 401, "invalid_client"),
            (#"{"client_id": "id", "client_secret": 5}"#, [:], 401, "invalid_client"),
            ("client_id=id&client_secret=older", basic("!"), 401, "invalid_client"),
            ("client_id=id&client_secret=older", basic("aWQ="), 401, "invalid_client"),
            (
                "client_id=id&client_secret=older&grant_type=password", [:], 400,
                "unsupported_grant_type"
            ),
            (
                #"{"client_id":"id","client_secret":"older","grant_type":""}"#, [:], 400,
                "unsupported_grant_type"
            ),
            ("{\"client_id\": \"id\"", [:], 400, "invalid_request"),
            ("nonsense", [:], 400, "invalid_request"),
            ("a=" + String(repeating: "b", count: 16_384), [:], 400, "invalid_request"),
        ] as [(String, HTTPFields, Int, String)]
    )
    func `a refusal has the status and the error of RFC 6749`(
        body: String,
        headers: HTTPFields,
        status: Int,
        error: String
    ) throws {
        let response = ask(body, headers)
        #expect(response.status == status)
        #expect(try JSONValue(parsing: response.body)["error"]?.string == error)
        #expect(response.headers[.contentType] == "application/json")
        #expect(response.headers[.cacheControl] == "no-store")
        let challenge = response.headers[.wwwAuthenticate]
        #expect(challenge == (status == 401 ? "Basic realm=\"consent-bridge\"" : nil))
    }
}
