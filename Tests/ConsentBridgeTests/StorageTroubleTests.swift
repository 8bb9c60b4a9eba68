import CurlHTTPClient
import Foundation
import HTTPTypes
import JSON
import Sandbox
import Testing

/// Webhooks under storage trouble: never a 2xx without a commit, and taken again by itself.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct StorageTroubleTests {
    @Test func `a storage that another connection holds gives 503 until it lets go`() async throws {
        try await Rig.run { rig in
            try await rig.accept(from: "before@example.com")
            let holder = try StorageHolder(rig.databaseFile)
            try await rig.refuse(until: 503)
            #expect(try await rig.health().status == 503)
            try holder.letGo()
            try await rig.ready()
            try await rig.accept(from: "after@example.com")
        }
    }

    @Test func `more waiting entries than max_backlog give 503 until they are decided`()
        async throws
    {
        var options = Rig.Options()
        options.server = #""max_backlog": 2"#
        options.delivery = #""breaker": {"probe_seconds": 0.1}"#
        try await Rig.run(options) { rig in
            // Announced grants wait for a read that Actito refuses for now.
            rig.sandbox.setFault(SandboxFault(kind: .status), on: .actito)
            for key in ["one@example.com", "two@example.com"] {
                #expect(try await rig.announceGrant(key).status == 200)
            }
            let third = try await rig.announceGrant("three@example.com")
            #expect(third.status == 503)
            #expect(third.headers[.retryAfter] != nil)
            #expect(try await rig.health().status == 200)
            rig.sandbox.clearFaults(on: .actito)
            try await rig.ready()
            #expect(try await rig.announceGrant("three@example.com").status == 200)
        }
    }
}
