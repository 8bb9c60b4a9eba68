/// What one attribute of the live profile table can hold.
package struct AttributeDefinition: Hashable, Sendable {
    /// The formats in which a platform takes values.
    package enum Format: String, Hashable, Sendable {
        case text
        case emailAddress
        case integer
        case decimal
        case boolean
        case date
        case dateTime
        case language
        case country
        case phoneNumber
        case sex
        case title
    }

    package var format: Format
    /// In characters; nil: as long as the format allows.
    package var lengthMin: Int?
    package var lengthMax: Int?
    /// Takes a list of values.
    package var isMultiValued: Bool

    package init(
        _ format: Format,
        lengthMin: Int? = nil,
        lengthMax: Int? = nil,
        isMultiValued: Bool = false
    ) {
        self.format = format
        self.lengthMin = lengthMin
        self.lengthMax = lengthMax
        self.isMultiValued = isMultiValued
    }
}

/// Why a metadata value did not reach the profile; a bounded set, for metrics and logs.
package enum AttributeFault: String, Error, Hashable, Sendable, CaseIterable {
    /// The profile table has no attribute of that name.
    case noAttribute = "no_attribute"
    case tooLong = "too_long"
    case tooShort = "too_short"
    /// The value cannot be written in the attribute's format.
    case wrongFormat = "wrong_format"
    /// Several values for an attribute that takes one.
    case severalValues = "several_values"
}
