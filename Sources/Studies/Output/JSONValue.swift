/// A JSON value whose objects keep their order, so that the same figures give the same line.
public indirect enum JSONValue: Sendable, ExpressibleByStringLiteral, ExpressibleByFloatLiteral,
  ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral
{
  /// The six kinds of JSON; a number that is not finite is written as null.
  case null
  case bool(Bool)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([(String, JSONValue)])

  /// From a literal text.
  public init(stringLiteral value: String) { self = .string(value) }
  /// From a literal number.
  public init(floatLiteral value: Double) { self = .number(value) }
  /// From a literal whole number.
  public init(integerLiteral value: Int) { self = .number(Double(value)) }
  /// From a literal truth value.
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  /// From a literal list.
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }

  /// A number from a whole one.
  public init(_ n: Int) { self = .number(Double(n)) }
  /// A YAML scalar read by JSON's rules.
  init(scalar text: String) {
    if let x = Double(text), x.isFinite {
      self = .number(x)
    } else if text == "true" || text == "false" {
      self = .bool(text == "true")
    } else {
      self = .string(text)
    }
  }

  /// On one line.
  public var line: String {
    switch self {
    case .null: return "null"
    case .bool(let b): return b ? "true" : "false"
    case .number(let x):
      if !x.isFinite { return "null" }
      if x == x.rounded(), abs(x) < 1e15 { return "\(Int(x))" }
      return "\(x)"
    case .string(let s): return JSONValue.quoted(s)
    case .array(let items): return "[" + items.map(\.line).joined(separator: ", ") + "]"
    case .object(let pairs):
      return "{"
        + pairs.map { "\(JSONValue.quoted($0.0)): \($0.1.line)" }.joined(separator: ", ") + "}"
    }
  }

  /// Indented by two spaces a level.
  public func pretty(indent: String = "") -> String {
    let inner = indent + "  "
    switch self {
    case .array(let items) where line.count > 80:
      return "[\n" + items.map { inner + $0.pretty(indent: inner) }.joined(separator: ",\n")
        + "\n\(indent)]"
    case .object(let pairs) where line.count > 80:
      let rows = pairs.map { "\(inner)\(JSONValue.quoted($0.0)): \($0.1.pretty(indent: inner))" }
      return "{\n" + rows.joined(separator: ",\n") + "\n\(indent)}"
    default: return line
    }
  }

  private static func quoted(_ s: String) -> String {
    var out = "\""
    for c in s.unicodeScalars {
      switch c {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\r": out += "\\r"
      case "\t": out += "\\t"
      case _ where c.value < 0x20:
        let hex = String(c.value, radix: 16)
        out += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      default: out.unicodeScalars.append(c)
      }
    }
    return out + "\""
  }
}

extension JSONValue {
  /// The key `warnings` of an object, where there are any.
  static func warnings(_ lines: [String]) -> [(String, JSONValue)] {
    lines.isEmpty ? [] : [("warnings", .array(lines.map { .string($0) }))]
  }

  /// The texts of the key `warnings`.
  public var warnings: [String] {
    guard case .object(let pairs) = self, let found = pairs.first(where: { $0.0 == "warnings" }),
      case .array(let items) = found.1
    else { return [] }
    return items.compactMap { if case .string(let text) = $0 { text } else { nil } }
  }
}
