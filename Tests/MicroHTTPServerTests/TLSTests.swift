import CurlHTTPClient
import Foundation
import MicroHTTPServer
import Testing

@Suite(.timeLimit(.minutes(1)))
struct TLSTests {
    @Test
    func `a client that trusts the authority is answered over TLS, body and all`() async throws {
        let certificates = try TestCertificates()
        try certificates.make("one")
        let certificate = try certificates.certificate("one")
        try await withServer({ $0.certificate = certificate }) { port in
            try await certificates.withClient(trusting: "one") { client in
                for size in [0, 1, 40_000, 900_000] {
                    let body = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
                    let url = "https://127.0.0.1:\(port)/"
                    let response = try await client.send(
                        ClientRequest(method: "POST", url: url, body: body)
                    )
                    #expect(response.status == 200)
                    #expect(response.body == body)
                }
            }
        }
    }

    @Test
    func `a request that is answered late by another thread is answered over TLS too`()
        async throws
    {
        let certificates = try TestCertificates()
        try certificates.make("one")
        let certificate = try certificates.certificate("one")
        let desk = Desk()
        try await withServer({ $0.certificate = certificate }, handle: desk.take) { port in
            async let text = certificates.get(port, trusting: "one")
            try await desk.requests(1)
            desk.answerAll("late")
            #expect(try await text == "late")
            #expect(desk.seen.first?.peer == "127.0.0.1")
        }
    }

    @Test
    func `who speaks no TLS, or an old one, gets nothing, and the server goes on`() async throws {
        let certificates = try TestCertificates()
        try certificates.make("one")
        let certificate = try certificates.certificate("one")
        try await withServer({ $0.certificate = certificate }) { port in
            let plain = try RawClient(port: port)
            try plain.send(RawClient.request("GET"))
            #expect(try plain.isClosed())
            // The hello of TLS 1.0: record of 1.0, client version 3.1, no extension.
            let old = try RawClient(port: port)
            try old.send(
                [22, 3, 1, 0, 45, 1, 0, 0, 41, 3, 1] + [UInt8](repeating: 7, count: 32)
                    + [0, 0, 2, 0, 0x2F, 1, 0]
            )
            // A refusal, as an alert (21), is all.
            #expect(try old.bytesUntilClose().first.map { $0 == 21 } ?? true)
            _ = try await certificates.get(port, trusting: "one")
        }
    }

    @Test
    func `a TLS client that stays silent is cut at the deadline`() async throws {
        let certificates = try TestCertificates()
        try certificates.make("one")
        let certificate = try certificates.certificate("one")
        try await withServer({
            $0.certificate = certificate
            $0.requestTimeoutMilliseconds = 200
        }) { port in
            let client = try RawClient(port: port)
            #expect(try client.isClosed())
        }
    }

    @Test
    func `a file that cannot be used is named with its reason and the remedy`() throws {
        let certificates = try TestCertificates()
        try certificates.make("one")
        try certificates.make("two")
        try certificates.openssl([
            "pkey", "-in", certificates.path("one.key"), "-aes256", "-passout", "pass:abc",
            "-out", certificates.path("locked.key"),
        ])
        for (certificate, key, file, text) in [
            ("none.pem", "one.key", "none.pem", "No such file"),
            ("", "one.key", "", "Is a directory"),
            ("one.key", "one.key", "one.key", "no certificate"),
            ("one.pem", "none.key", "none.key", "No such file"),
            ("one.pem", "one.pem", "one.pem", "no private key"),
            ("one.pem", "locked.key", "locked.key", "openssl pkey"),
            ("one.pem", "two.key", "one.pem", "give a certificate and the private key"),
        ] {
            let error = #expect(throws: ServerError.self) {
                try ServerCertificate(
                    certificateFile: certificates.path(certificate),
                    privateKeyFile: certificates.path(key)
                )
            }
            guard case .unusableCertificate(certificates.path(file), let reason) = error else {
                Issue.record("\(certificate), \(key): \(String(describing: error))")
                continue
            }
            #expect(reason.contains(text), "\(reason)")
        }
    }

    @Test
    func `a certificate shows its files and never its key`() throws {
        let certificates = try TestCertificates()
        try certificates.make("one")
        let certificate = try certificates.certificate("one")
        var dumped = ""
        dump(certificate, to: &dumped)
        for text in ["\(certificate)", String(reflecting: certificate), dumped] {
            #expect(text.contains("one.pem"))
            #expect(!text.contains("PRIVATE"))
        }
    }
}
