import Storage

/// What a case file may say at one place. One description drives the reader, `validate` and `schema`.
indirect enum Schema: Sendable {
  /// A real number within bounds; a unit of this dimension may follow it, SI without.
  case number(PhysicalUnit.Dimension, Bound)
  /// An angle in degrees within bounds; `deg` or `rad` may follow it.
  case degrees(Double, Double)
  /// A whole number.
  case integer(ClosedRange<Int>)
  /// true or false.
  case flag
  /// Any text that is not empty.
  case text
  /// One of these words.
  case choice([String])
  /// A list whose length lies in a range.
  case list(Schema, ClosedRange<Int>)
  /// A block with these keys and no others.
  case record([Field])
  /// A block whose form is decided by a key that it holds, or by that key's value.
  case variants([Variant])
  /// A block whose keys the user chooses.
  case dictionary(Schema, about: String)
  /// The first of these that takes this kind of node (scalar, list or block).
  case either([Schema])

  /// What a number must obey besides being finite.
  enum Bound: Sendable, Equatable {
    case any, positive, notNegative
    case between(Double, Double)
  }

  /// One key of a record.
  struct Field: Sendable {
    let name: String
    let about: String
    let schema: Schema
    /// Whether the record is wrong without it.
    let required: Bool
    /// Used where the file says nothing, as YAML text.
    let standard: String?

    /// A key that must be there.
    static func need(_ name: String, _ schema: Schema, _ about: String) -> Field {
      Field(name: name, about: about, schema: schema, required: true, standard: nil)
    }

    /// A key that may be left out.
    static func may(
      _ name: String, _ schema: Schema, _ about: String, standard: String? = nil
    ) -> Field {
      Field(name: name, about: about, schema: schema, required: false, standard: standard)
    }
  }

  /// One form of a record: the one that holds `key` (with this `value`, where one is given).
  struct Variant: Sendable {
    let key: String
    let value: String?
    let about: String
    let fields: [Field]

    init(_ key: String, _ value: String? = nil, _ about: String, _ fields: [Field]) {
      self.key = key
      self.value = value
      self.about = about
      self.fields = fields
    }
  }

  /// A number that carries no unit.
  static let pure = Schema.number(.none, .any)
  /// A length in m.
  static let length = Schema.number(.length, .any)
  /// A stress or modulus in Pa.
  static let stress = Schema.number(.pressure, .any)
  /// A positive modulus in Pa.
  static let modulus = Schema.number(.pressure, .positive)
  /// A point or vector of 2 or 3 lengths.
  static let point = Schema.list(.length, 2...3)

  /// In words, for error messages: "a number", "a list of 3 numbers".
  var inWords: String {
    switch self {
    case .number(let dimension, let bound):
      let kind =
        switch bound {
        case .any: "a number"
        case .positive: "a positive number"
        case .notNegative: "a number of at least 0"
        case .between(let a, let b): "a number from \(a) to \(b)"
        }
      return dimension == .none ? kind : kind + " (SI, or with its unit)"
    case .degrees(let a, let b):
      return "an angle from \(a) to \(b) (degrees, or with its unit)"
    case .integer(let range):
      return range.upperBound == .max
        ? "a whole number of at least \(range.lowerBound)"
        : "a whole number from \(range.lowerBound) to \(range.upperBound)"
    case .flag: return "true or false"
    case .text: return "a text"
    case .choice(let words): return "one of \(words.joined(separator: ", "))"
    case .list(let item, let count):
      let length =
        count.lowerBound == count.upperBound
        ? "\(count.lowerBound)"
        : count.upperBound == .max
          ? "\(count.lowerBound) or more" : "\(count.lowerBound) to \(count.upperBound)"
      let base =
        switch item {
        case .number, .degrees: "numbers"
        case .integer: "whole numbers"
        case .text, .choice: "words"
        default: "entries"
        }
      return "a list of \(length) \(base)"
    case .record, .variants, .dictionary: return "a block of keys"
    case .either(let options): return options.map(\.inWords).joined(separator: ", or ")
    }
  }
}
