/// A value of a case file after its schema was checked: numbers in SI, defaults filled in, and the
/// place of each value kept for later messages.
///
/// Accessors that name a kind (`number`, `text`, …) trust the schema; asking for another kind than
/// the schema promises is a bug of the caller.
struct CaseValue: Sendable {
  enum Content: Sendable {
    case number(Double)
    case integer(Int)
    case flag(Bool)
    case text(String)
    case list([CaseValue])
    case record([(key: String, value: CaseValue)])
  }

  let content: Content
  let place: Place
  /// Dotted path from the root.
  let key: String

  /// A value of a record, nil where the file has none and there is no default.
  subscript(_ name: String) -> CaseValue? { entries.first { $0.key == name }?.value }

  /// A value of a record that the schema requires or fills in.
  func need(_ name: String) -> CaseValue {
    guard let value = self[name] else {
      preconditionFailure("the schema does not promise '\(name)' in '\(key)'")
    }
    return value
  }

  /// Keys and values of a record, in the order of the file.
  var entries: [(key: String, value: CaseValue)] {
    guard case .record(let entries) = content else { return [] }
    return entries
  }

  /// Items of a list; a single value reads as a list of one.
  var list: [CaseValue] {
    if case .list(let items) = content { return items }
    return [self]
  }

  /// A number in SI.
  var number: Double {
    switch content {
    case .number(let x): return x
    case .integer(let n): return Double(n)
    default: preconditionFailure("'\(key)' is not a number")
    }
  }

  /// A whole number.
  var integer: Int {
    guard case .integer(let n) = content else { preconditionFailure("'\(key)' is not whole") }
    return n
  }

  /// true or false.
  var flag: Bool {
    guard case .flag(let b) = content else { preconditionFailure("'\(key)' is not a flag") }
    return b
  }

  /// A text.
  var text: String {
    guard case .text(let s) = content else { preconditionFailure("'\(key)' is not a text") }
    return s
  }

  /// Numbers of a list.
  var numbers: [Double] { list.map(\.number) }

  /// A list of two or three numbers as a vector; the missing third is 0.
  var vector: SIMD3<Double> {
    let x = numbers
    precondition(x.count == 2 || x.count == 3, "'\(key)' has \(x.count) numbers")
    return SIMD3(x[0], x[1], x.count == 3 ? x[2] : 0)
  }

  /// Whether the content is a list.
  var isList: Bool {
    if case .list = content { return true }
    return false
  }

  /// A mistake at this value.
  func error(_ problem: String) -> InputError {
    InputError(place.file, line: place.line, key: key.isEmpty ? nil : key, problem)
  }
}
