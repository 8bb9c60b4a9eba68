// swift-tools-version: 6.2
// Targets, layers and what each may import: docs/architecture.md.

import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let coreMetrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let lifecycle = Target.Dependency.product(
    name: "ServiceLifecycle",
    package: "swift-service-lifecycle"
)
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let jwt = Target.Dependency.product(name: "JWTKit", package: "jwt-kit")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let heap = Target.Dependency.product(name: "HeapModule", package: "swift-collections")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")

/// A Swift target of this package with the settings that all of them share.
func target(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// A test target; `@testable` is not needed, since everything shared is `package`.
func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: settings)
}

let package = Package(
    name: "consent-bridge",
    products: [.executable(name: "consent-bridge", targets: ["consent-bridge"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
    ],
    targets: [
        // C libraries.
        .systemLibrary(
            name: "CMicroHTTPD",
            pkgConfig: "libmicrohttpd",
            providers: [.apt(["libmicrohttpd-dev"])]
        ),
        .systemLibrary(
            name: "CCurl",
            pkgConfig: "libcurl",
            providers: [.apt(["libcurl4-openssl-dev"])]
        ),

        // Layer 1: values and decisions.
        target("JSON", []),
        target("BridgeCore", ["JSON", httpTypes, deque, heap]),
        target("Storage", ["BridgeCore", "JSON"]),

        // Layer 2: one platform, database or C library each.
        target("DidomiAdapter", ["BridgeCore", "JSON", httpTypes, crypto]),
        target("ActitoAdapter", ["BridgeCore", "JSON", httpTypes, crypto]),
        target("SQLiteStorage", ["Storage", "BridgeCore", "JSON", grdb]),
        target("MicroHTTPServer", ["CMicroHTTPD", httpTypes, logging]),
        target("CurlHTTPClient", ["CCurl", httpTypes, logging]),
        target("MetricsExposition", [coreMetrics]),
        target("WebhookTokens", ["BridgeCore", crypto, jwt]),

        // Layer 3: the shell, and the two platforms to try it against.
        target(
            "Bridge",
            ["BridgeCore", "Storage", "JSON", httpTypes, logging, metrics, coreMetrics, lifecycle]
        ),
        .target(
            name: "AdminDescription",
            resources: [.embedInCode("openapi.json")],
            swiftSettings: settings
        ),
        target("Sandbox", ["JSON", "MicroHTTPServer", "CurlHTTPClient", httpTypes, logging]),

        // Layer 4: the command line and the composition root.
        .executableTarget(
            name: "consent-bridge",
            dependencies: [
                "JSON", "BridgeCore", "Storage", "SQLiteStorage", "DidomiAdapter", "ActitoAdapter",
                "MicroHTTPServer", "CurlHTTPClient", "MetricsExposition", "WebhookTokens", "Bridge",
                "Sandbox", "AdminDescription",
                arguments, httpTypes, logging, coreMetrics, lifecycle, unixSignals,
            ],
            swiftSettings: settings
        ),

        // What several test targets share.
        .target(
            name: "BridgeTesting",
            dependencies: ["BridgeCore", "JSON", "Storage", httpTypes],
            path: "Tests/BridgeTesting",
            swiftSettings: settings
        ),

        // The simulation: a world around the shipping processor, its command line, never shipped.
        .target(
            name: "Simulation",
            dependencies: [
                "BridgeTesting", "Bridge", "BridgeCore", "Storage", "SQLiteStorage",
                "DidomiAdapter",
                "ActitoAdapter", "JSON", httpTypes, logging, coreMetrics, heap,
            ],
            path: "Tests/Simulation",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "simulate",
            dependencies: ["Simulation"],
            path: "Tests/Simulate",
            swiftSettings: settings
        ),

        // Measures single steps of the way (`make bench`); never shipped.
        .executableTarget(
            name: "micro",
            dependencies: [
                "JSON", "BridgeCore", "Storage", "SQLiteStorage", "DidomiAdapter", "ActitoAdapter",
                "Bridge", "CurlHTTPClient", httpTypes, logging, coreMetrics,
            ],
            path: "Benchmarks/Micro",
            swiftSettings: settings
        ),
        tests("SimulationTests", ["Simulation", "BridgeTesting", "BridgeCore", "JSON"]),

        // Tests, most of them with real sockets and a real SQLite.
        tests("JSONTests", ["JSON"]),
        tests("MicroHTTPServerTests", ["MicroHTTPServer", "CurlHTTPClient", httpTypes, logging]),
        tests("CurlHTTPClientTests", ["CurlHTTPClient", httpTypes, logging]),
        tests(
            "SandboxTests",
            ["Sandbox", "JSON", "MicroHTTPServer", "CurlHTTPClient", httpTypes, logging]
        ),
        tests("StorageTests", ["Storage", "SQLiteStorage", "BridgeCore", "JSON", httpTypes, grdb]),
        tests("BridgeCoreTests", ["BridgeTesting", "BridgeCore", "JSON", httpTypes]),
        tests(
            "DidomiAdapterTests",
            ["BridgeTesting", "DidomiAdapter", "BridgeCore", "JSON", httpTypes]
        ),
        tests(
            "ActitoAdapterTests",
            ["BridgeTesting", "ActitoAdapter", "BridgeCore", "JSON", httpTypes]
        ),
        tests(
            "BridgeTests",
            [
                "Bridge", "BridgeCore", "JSON", "Storage", "ActitoAdapter", "DidomiAdapter",
                "WebhookTokens",
                httpTypes,
            ]
        ),
        tests("WebhookTokensTests", ["WebhookTokens", "BridgeCore"]),
        tests("MetricsExpositionTests", ["MetricsExposition", coreMetrics]),
        tests(
            "ConsentBridgeTests",
            [
                "consent-bridge", "JSON", "Bridge", "BridgeCore", "ActitoAdapter", "DidomiAdapter",
                "WebhookTokens", "CurlHTTPClient", "MicroHTTPServer", "Sandbox", "Storage",
                "SQLiteStorage", "BridgeTesting", httpTypes, logging, coreMetrics, grdb,
            ]
        ),
    ]
)
