/// What a delivery is about; a mixed write has the kind of its most urgent part.
package enum DeliveryKind: String, Hashable, Sendable, CaseIterable {
    case withdrawal
    case grant
    case attributes
    case read
}
