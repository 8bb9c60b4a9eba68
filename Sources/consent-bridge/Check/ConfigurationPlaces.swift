import Foundation
import JSON

/// Where the keys of a configuration file stand, for findings that come after it was read.
struct ConfigurationPlaces {
    private let root: JSONNode?

    init(path: String) {
        let bytes = FileManager.default.contents(atPath: path).map(Array.init) ?? []
        root = try? JSONDocument(parsing: bytes, dialect: .json5).root
    }

    /// Where the value at the end of a path stands, or the nearest one on the way to it.
    func position(of path: [ConfigurationStep], inIntegration index: Int) -> JSONPosition? {
        // A file with one integration as Didomi prints it is that integration.
        var node = root?["integrations"]?.elements.map { $0[index] } ?? root
        for step in path {
            let next: JSONNode? =
                switch step {
                case .key(let name): node?[name]
                case .index(let index):
                    node?.elements.flatMap { $0.indices.contains(index) ? $0[index] : nil }
                }
            guard let next else { break }
            node = next
        }
        return node?.position
    }
}
