import Storage

extension Schema {
  /// This schema in the words of JSON Schema (2020-12).
  var json: JSONValue {
    switch self {
    case .number(let dimension, let bound):
      var plain: [(String, JSONValue)] = [("type", "number")]
      switch bound {
      case .any: break
      case .positive: plain.append(("exclusiveMinimum", 0))
      case .notNegative: plain.append(("minimum", 0))
      case .between(let a, let b):
        plain += [("minimum", .number(a)), ("maximum", .number(b))]
      }
      return Schema.withUnit(plain, "number and unit of dimension \(dimension)")
    case .degrees(let a, let b):
      return Schema.withUnit(
        [("type", "number"), ("minimum", .number(a)), ("maximum", .number(b))],
        "number and unit, deg or rad")
    case .integer(let range):
      var out: [(String, JSONValue)] = [
        ("type", "integer"), ("minimum", .number(Double(range.lowerBound))),
      ]
      if range.upperBound < Int.max { out.append(("maximum", .number(Double(range.upperBound)))) }
      return .object(out)
    case .flag: return .object([("type", "boolean")])
    case .text: return .object([("type", "string"), ("minLength", 1)])
    case .choice(let words): return .object([("enum", .array(words.map { .string($0) }))])
    case .list(let item, let count):
      var out: [(String, JSONValue)] = [
        ("type", "array"), ("items", item.json), ("minItems", .number(Double(count.lowerBound))),
      ]
      if count.upperBound < Int.max { out.append(("maxItems", .number(Double(count.upperBound)))) }
      return .object(out)
    case .record(let fields): return Schema.object(fields, about: nil)
    case .variants(let variants):
      return .object([
        (
          "oneOf",
          .array(
            variants.map { variant in
              let own = variant.fields.filter { $0.name != variant.key || variant.value == nil }
              guard let value = variant.value else {
                return Schema.object(own, about: variant.about, demand: variant.key)
              }
              let head = Field.need(variant.key, .choice([value]), "the form of this block")
              return Schema.object([head] + own, about: variant.about)
            })
        )
      ])
    case .dictionary(let item, let about):
      return .object([
        ("type", "object"), ("description", .string(about)), ("minProperties", 1),
        ("additionalProperties", item.json),
      ])
    case .either(let options): return .object([("anyOf", .array(options.map(\.json)))])
    }
  }

  /// A number, alone or with its unit.
  private static func withUnit(_ plain: [(String, JSONValue)], _ about: String) -> JSONValue {
    let pair: JSONValue = .object([
      ("type", "object"), ("required", ["value", "unit"]), ("additionalProperties", false),
      (
        "properties",
        .object([
          ("value", .object(plain)), ("unit", .object([("type", "string")])),
        ])
      ),
    ])
    let text: JSONValue = .object([("type", "string"), ("description", .string(about))])
    return .object([("anyOf", .array([.object(plain), text, pair]))])
  }

  private static func object(
    _ fields: [Field], about: String?, demand: String? = nil
  ) -> JSONValue {
    var out: [(String, JSONValue)] = [("type", "object")]
    if let about { out.append(("description", .string(about))) }
    let required = fields.filter { $0.required || $0.name == demand }
    out.append(("additionalProperties", false))
    if !required.isEmpty { out.append(("required", .array(required.map { .string($0.name) }))) }
    let properties = fields.map { field -> (String, JSONValue) in
      guard case .object(var parts) = field.schema.json else { return (field.name, .null) }
      parts.append(("description", .string(field.about)))
      if let standard = field.standard { parts.append(("default", JSONValue(scalar: standard))) }
      return (field.name, .object(parts))
    }
    out.append(("properties", .object(properties)))
    return .object(out)
  }
}
