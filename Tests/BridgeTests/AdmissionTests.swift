import BridgeCore
import HTTPTypes
import Testing

@testable import Bridge

struct AdmissionTests {
    private let secret = WebhookAccess.SecretHeader(
        name: .cookie,
        values: SecretValues(["new", "old"])
    )

    private func judge(
        _ admission: Admission,
        _ headers: HTTPFields = [:],
        from peer: String = "203.0.113.9",
        integration: String? = nil
    ) -> Result<[IntegrationName], Refusal> {
        let request = InboundRequest(method: "POST", path: "/", headers: headers, peer: peer)
        return admission.integrations(
            trusting: Receiver.Webhook(
                platform: .didomi,
                integration: integration,
                event: nil,
                request: request
            ),
            at: AdmissionSample.now
        )
    }

    private func status(_ result: Result<[IntegrationName], Refusal>) -> Int {
        switch result {
        case .success: 200
        case .failure(let refusal): refusal.response.status
        }
    }

    @Test(arguments: [
        ("new", true), ("old", true), ("", false), ("ne", false), ("neww", false),
        ("newnew", false), ("NEW", false), ("new, old", false), ("xew", false),
    ])
    func `one of the secret's values must be sent, whole`(value: String, isRight: Bool) {
        let admission = AdmissionSample.admission([("a", WebhookAccess(secretHeader: secret))])
        #expect(status(judge(admission, [.cookie: value])) == (isRight ? 200 : 401))
    }

    @Test
    func `an empty secret equals nothing, not even an empty header`() {
        #expect(!SecretValues(["", ""]).contain(""))
        #expect(!SecretValues([]).contain(""))
        #expect(!"\(SecretValues(["hidden"]))".contains("hidden"))
    }

    @Test
    func `either credential is enough, and a token counts for its integrations only`() throws {
        var access = AdmissionSample.client("id", ["s"])
        access.secretHeader = secret
        let admission = AdmissionSample.admission([
            ("a", access), ("b", AdmissionSample.client("id", ["t"])),
        ])
        let grant = TokenGrant(clientID: "id", integrations: [IntegrationName("a")])
        let token = admission.tokens.issue(grant, at: AdmissionSample.now)
        for headers in [[.cookie: "old"], [.authorization: "Bearer \(token)"]] as [HTTPFields] {
            #expect(try judge(admission, headers).get().map(\.text) == ["a"])
            #expect(status(judge(admission, headers, integration: "b")) == 401)
        }
        #expect(status(judge(admission)) == 401)
        #expect(status(judge(admission, integration: "none")) == 404)
        // The client got another id: its old tokens end.
        let renamed = AdmissionSample.admission([("a", AdmissionSample.client("id2", ["s"]))])
        #expect(status(judge(renamed, [.authorization: "Bearer \(token)"])) == 401)
        let withoutClient = AdmissionSample.admission([("a", WebhookAccess(secretHeader: secret))])
        #expect(status(judge(withoutClient, [.authorization: "Bearer \(token)"])) == 401)
    }

    @Test(
        arguments: [
            (nil, "Bearer"), ("Basic abc", "Bearer"),
            ("Bearer abc", "Bearer error=\"invalid_token\""),
            ("bearer  a.b.c", "Bearer error=\"invalid_token\""),
            ("Bearer", "Bearer error=\"invalid_token\""),
        ] as [(String?, String)]
    )
    func `a refusal has one body and says whether a token was bad`(
        authorization: String?,
        challenge: String
    ) throws {
        let admission = AdmissionSample.admission([("a", AdmissionSample.client("id", ["s"]))])
        var headers: HTTPFields = [:]
        if let authorization { headers[.authorization] = authorization }
        guard case .failure(let refusal) = judge(admission, headers) else {
            Issue.record("it was accepted")
            return
        }
        #expect(refusal.response.status == 401)
        #expect(refusal.response.headers[.wwwAuthenticate] == challenge)
        #expect(refusal.response.body == OutboundResponse.unauthorized.body)
    }

    @Test
    func `the address rule must pass besides the credential`() throws {
        var near = WebhookAccess(secretHeader: secret)
        near.allowedAddresses = try [#require(AddressRange("198.51.100.0/24"))]
        let admission = AdmissionSample.admission(
            [("near", near), ("any", WebhookAccess(secretHeader: secret))],
            trustedProxies: ["10.0.0.0/8"]
        )
        let right: HTTPFields = [.cookie: "new"]
        #expect(try judge(admission, right).get().map(\.text) == ["any"])
        let allowed = try judge(admission, right, from: "198.51.100.7").get()
        #expect(allowed.map(\.text) == ["near", "any"])
        #expect(status(judge(admission, right, integration: "near")) == 403)
        #expect(status(judge(admission, right, from: "", integration: "near")) == 403)
        #expect(status(judge(admission, [:], from: "198.51.100.7", integration: "near")) == 401)
        let name = try #require(HTTPField.Name("X-Forwarded-For"))
        var forwarded = right
        forwarded[name] = "198.51.100.7"
        #expect(status(judge(admission, forwarded, integration: "near")) == 403)
        #expect(status(judge(admission, forwarded, from: "10.1.1.1", integration: "near")) == 200)
    }

    @Test
    func `replaced rules count from the next request on`() {
        let gate = Gate(AdmissionSample.admission([("a", WebhookAccess(secretHeader: secret))]))
        #expect(status(judge(gate.admission, [.cookie: "new"])) == 200)
        let other = WebhookAccess.SecretHeader(name: .cookie, values: SecretValues(["next"]))
        gate.replace(AdmissionSample.admission([("a", WebhookAccess(secretHeader: other))]))
        #expect(status(judge(gate.admission, [.cookie: "new"])) == 401)
        #expect(status(judge(gate.admission, [.cookie: "next"])) == 200)
    }
}
