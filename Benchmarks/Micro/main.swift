import BridgeCore
import Glibc

/// Single steps of the bridge's way, measured; `make bench` runs it, nothing ships it.
///
/// - `micro time TEMPLATE [SECONDS]` prints the nanoseconds of each step, one JSON object a line.
/// - `micro work STEP COUNT TEMPLATE` does one step that often, for callgrind.
/// - `micro client URL BODY COUNT IN_FLIGHT` posts a file with the bridge's client.
/// - `micro calls MODE PEOPLE CHANGES PER_MINUTE SECONDS DIDOMI_TEMPLATE ACTITO_TEMPLATE` counts the
///   calls that changes come to, on virtual time; MODE is `didomi` or `actito`.
let arguments = Array(CommandLine.arguments.dropFirst())

func number(_ index: Int, _ otherwise: Int) -> Int {
    arguments.count > index ? Int(arguments[index]) ?? otherwise : otherwise
}

switch (arguments.first, arguments.count) {
case ("time", 2...):
    let samples = try Samples(template: Template(path: arguments[1]))
    for step in try steps(of: samples) {
        let nanoseconds = try step.nanoseconds(for: .milliseconds(1000 * number(2, 1)))
        print("{\"step\": \"\(step.name)\", \"nanoseconds\": \(nanoseconds)}")
    }
case ("work", 4):
    let samples = try Samples(template: Template(path: arguments[3]))
    let step = try steps(of: samples).first { $0.name == arguments[1] }
    guard let step else { exit(64) }
    try step.work(number(2, 1))
case ("client", 5):
    let run = ClientRun(url: arguments[1], count: number(3, 1000), inFlightMax: number(4, 32))
    print(try await run.result(posting: readFile(arguments[2])))
case ("calls", 8):
    var run = try CallCount(
        CallCount.Mode(rawValue: arguments[1]) ?? .didomi,
        people: number(2, 1000),
        changes: number(3, 1000),
        perMinute: number(4, 0)
    )
    let templates = [try Template(path: arguments[6]), try Template(path: arguments[7])]
    print(try run.result(within: .seconds(Double(number(5, 60))), templates))
default:
    print("usage: see Benchmarks/Micro/main.swift")
    exit(64)
}
