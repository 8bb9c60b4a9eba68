import CurlHTTPClient
import Foundation
import HTTPTypes
import JSON
import Sandbox
import Testing

/// Webhooks while the disk is full or read-only, on a file system of the test's own.
///
/// Mounting it needs root, so `make test-long` runs these.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct SmallDiskTests {
    @Test func `a full disk gives 503 until there is space again`() async throws {
        try await SmallDisk.run { disk in
            var options = Rig.Options()
            options.storageFolder = disk.folder
            options.server = #""min_free_bytes": 0"#
            try await Rig.run(options) { rig in
                try await rig.accept(from: "before@example.com")
                try disk.fill()
                try await rig.refuse(until: 503)
                #expect(try await rig.health().status == 503)
                #expect(try await rig.request("GET", "/health/live").status == 200)
                try disk.empty()
                try await rig.ready()
                try await rig.accept(from: "after@example.com")
                for key in ["before@example.com", "after@example.com"] {
                    _ = try await rig.person(key, at: .didomi) {
                        $0["fields"]?["channel:email"] == false
                    }
                }
            }
        }
    }

    @Test func `too little free space gives 503 while the bridge stays ready`() async throws {
        try await SmallDisk.run { disk in
            var options = Rig.Options()
            options.storageFolder = disk.folder
            options.server = "\"min_free_bytes\": \(SmallDisk.bytes / 2)"
            try await Rig.run(options) { rig in
                try await rig.accept(from: "before@example.com")
                try disk.fill(leaving: SmallDisk.bytes / 4)
                try await rig.refuse(until: 503)
                let health = try await rig.health()
                #expect(health.status == 200)
                #expect(health.body["status"] == "warn")
                #expect(health.body["checks"]?["accepting"]?.array?.first?["status"] == "warn")
                #expect(health.body["checks"]?["storage"]?.array?.first?["status"] == "pass")
                try disk.empty()
                try await rig.ready()
                try await rig.accept(from: "after@example.com")
            }
        }
    }

    @Test func `a storage on a read-only file system is refused at the start`() async throws {
        try await SmallDisk.run { disk in
            var options = Rig.Options()
            options.storageFolder = disk.folder
            options.server = #""min_free_bytes": 0"#
            try await Rig.run(options) { rig in
                try await rig.accept(from: "before@example.com")
                rig.terminate()
                try disk.remount("ro")
                let arguments = ["serve", "--config", rig.configurationFile.path]
                let ending = try Program.run(arguments, secondsMax: 30)
                #expect(ending.status == 1)
                #expect(ending.errors.contains("Read-only file system"))
                try disk.remount("rw")
                try await rig.restart()
                try await rig.accept(from: "after@example.com")
            }
        }
    }
}
