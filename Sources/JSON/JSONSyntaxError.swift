/// Where and why a text is not the JSON that it should be.
///
/// Neither this type's description nor its reason's quotes the text, which may hold personal data.
/// Names of members stand only in the associated values and in ``hint``.
package struct JSONSyntaxError: Error, Hashable, Sendable {
    /// What is wrong.
    package var reason: Reason

    /// The byte, counted from 0, where it is wrong; the text's length if it ends too early.
    package var offset: Int

    /// Names a fault and its place.
    package init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    /// What is wrong with a text.
    package enum Reason: Hashable, Sendable {
        /// There is no value, only white space or nothing at all.
        case empty
        /// The text starts with a byte order mark, which strict JSON does not allow.
        case byteOrderMark
        /// The text ends where more must follow.
        case unexpectedEnd
        /// No value can start or go on with this character.
        case unexpectedCharacter
        /// A member's name must stand here.
        case expectedName
        /// A colon must stand here, between a member's name and its value.
        case expectedColon
        /// A comma or the closing bracket must stand here.
        case expectedComma
        /// A comma stands before a closing bracket, which strict JSON does not allow.
        case trailingComma
        /// The number that starts here is malformed, or a hexadecimal one of more than 128 bits.
        case invalidNumber
        /// The string that starts here is not closed, in JSON5 not on its line.
        case unterminatedString
        /// The comment that starts here is not closed.
        case unterminatedComment
        /// The escape sequence that starts here does not exist or is malformed.
        case invalidEscape
        /// The escape sequence that starts here is one half of a surrogate pair.
        case loneSurrogate
        /// A character below U+0020 stands unescaped in a string.
        case controlCharacter
        /// The bytes that start here are not UTF-8.
        case invalidUTF8
        /// An object has two members of this name; the offset is that of the second.
        case duplicateKey(String)
        /// An array or object starts here that is nested more deeply than the limit allows.
        case tooDeep(limit: Int)
        /// Something follows the value.
        case trailingContent
        /// A name's closing quote stands after the colon: `"key:" "value"`.
        case misplacedQuote(name: String)
    }
}

extension JSONSyntaxError: CustomStringConvertible {
    /// One plain sentence that quotes nothing from the text.
    package var description: String { "\(reason) (at byte \(offset))" }

    /// What to write instead, where that is plain; it may quote a member's name.
    package var hint: String? {
        switch reason {
        case .misplacedQuote(let name): "write \(JSONValue.string(name).serializedText()): \"…\""
        case .trailingComma: "remove the comma"
        case .byteOrderMark: "save the text as UTF-8 without a byte order mark"
        case .empty, .unexpectedEnd, .unexpectedCharacter, .expectedName, .expectedColon,
            .expectedComma, .invalidNumber, .unterminatedString, .unterminatedComment,
            .invalidEscape, .loneSurrogate, .controlCharacter, .invalidUTF8, .duplicateKey,
            .tooDeep, .trailingContent:
            nil
        }
    }
}

extension JSONSyntaxError.Reason: CustomStringConvertible {
    /// What is wrong, without any part of the text.
    package var description: String {
        switch self {
        case .empty: "there is no value"
        case .byteOrderMark: "the text starts with a byte order mark"
        case .unexpectedEnd: "the text ends too early"
        case .unexpectedCharacter: "a value cannot be written like this"
        case .expectedName: "a member's name is expected here"
        case .expectedColon: "a colon is expected after a member's name"
        case .expectedComma: "a comma or a closing bracket is expected here"
        case .trailingComma: "there is a comma before a closing bracket"
        case .invalidNumber: "the number is malformed"
        case .unterminatedString: "the string is not closed"
        case .unterminatedComment: "the comment is not closed"
        case .invalidEscape: "the escape sequence is malformed"
        case .loneSurrogate: "the escape sequence is only half of a surrogate pair"
        case .controlCharacter: "a control character in a string is not escaped"
        case .invalidUTF8: "the bytes are not UTF-8"
        case .duplicateKey: "an object has two members of the same name"
        case .tooDeep(let limit): "arrays and objects are nested more than \(limit) deep"
        case .trailingContent: "something follows the end of the value"
        case .misplacedQuote: "the quote that closes a member's name stands after the colon"
        }
    }

    /// A bounded name for metrics: never holds an associated value.
    package var metricLabel: String {
        switch self {
        case .empty: "empty"
        case .byteOrderMark: "byte_order_mark"
        case .unexpectedEnd: "unexpected_end"
        case .unexpectedCharacter: "unexpected_character"
        case .expectedName: "expected_name"
        case .expectedColon: "expected_colon"
        case .expectedComma: "expected_comma"
        case .trailingComma: "trailing_comma"
        case .invalidNumber: "invalid_number"
        case .unterminatedString: "unterminated_string"
        case .unterminatedComment: "unterminated_comment"
        case .invalidEscape: "invalid_escape"
        case .loneSurrogate: "lone_surrogate"
        case .controlCharacter: "control_character"
        case .invalidUTF8: "invalid_utf8"
        case .duplicateKey: "duplicate_key"
        case .tooDeep: "too_deep"
        case .trailingContent: "trailing_content"
        case .misplacedQuote: "misplaced_quote"
        }
    }
}
