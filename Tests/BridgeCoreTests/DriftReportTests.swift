import BridgeCore
import Testing

/// What looks at the platforms' schema add up to.
@Suite struct DriftReportTests {
    private static let actito = AccessKey(integration: Sample.shop, platform: .actito)
    private static let didomi = AccessKey(integration: Sample.shop, platform: .didomi)

    private static func finding(_ what: String, _ place: AccessKey = actito, at seconds: Int64)
        -> DriftFinding
    {
        DriftFinding(place, what, hint: "mend it", since: Sample.at(seconds))
    }

    private static func look(_ what: String..., at seconds: Int64) -> DriftLook {
        .seen(what.map { finding($0, at: seconds) })
    }

    @Test func `a finding is new once, keeps its time and is gone once`() {
        var report = DriftReport()
        let first = report.take(Self.look("a", at: 1), of: Self.actito, at: Sample.at(1))
        #expect(first == DriftReport.News(new: [Self.finding("a", at: 1)]))
        let second = report.take(Self.look("a", "b", at: 2), of: Self.actito, at: Sample.at(2))
        #expect(second == DriftReport.News(new: [Self.finding("b", at: 2)]))
        #expect(report.findings == [Self.finding("a", at: 1), Self.finding("b", at: 2)])
        let third = report.take(Self.look("b", at: 3), of: Self.actito, at: Sample.at(3))
        #expect(third == DriftReport.News(gone: [Self.finding("a", at: 1)]))
        #expect(report.findings == [Self.finding("b", at: 2)])
        #expect(report.lookedAt == [Self.actito: Sample.at(3)])
    }

    @Test func `a look that failed says so once and changes no finding`() {
        var report = DriftReport()
        _ = report.take(Self.look("a", at: 1), of: Self.actito, at: Sample.at(1))
        let failed = DriftLook.failed("down")
        #expect(
            report.take(failed, of: Self.actito, at: Sample.at(2)) == .init(failure: "down")
        )
        #expect(report.take(failed, of: Self.actito, at: Sample.at(3)) == DriftReport.News())
        #expect(report.findings == [Self.finding("a", at: 1)])
        #expect(report.failures == [Self.actito: "down"])
        #expect(report.lookedAt == [Self.actito: Sample.at(1)])
        _ = report.take(Self.look("a", at: 4), of: Self.actito, at: Sample.at(4))
        #expect(report.failures == [:])
        #expect(
            report.take(failed, of: Self.actito, at: Sample.at(5)) == .init(failure: "down")
        )
    }

    @Test func `each platform's findings are its own, and gone with its integration`() {
        var report = DriftReport()
        _ = report.take(Self.look("a", at: 1), of: Self.actito, at: Sample.at(1))
        let other = DriftLook.seen([Self.finding("a", Self.didomi, at: 2)])
        #expect(report.take(other, of: Self.didomi, at: Sample.at(2)).new.count == 1)
        #expect(report.take(.seen([]), of: Self.didomi, at: Sample.at(3)).gone.count == 1)
        #expect(report.findings == [Self.finding("a", at: 1)])
        report.keep(only: [Self.didomi])
        #expect(report.findings.isEmpty)
        #expect(report.lookedAt.keys.map(\.platform) == [.didomi])
    }
}
