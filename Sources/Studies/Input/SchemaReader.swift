import Storage

extension Schema {
  /// Checks a tree against this schema and converts it: numbers to SI, defaults filled in.
  /// - Throws: `InputError` at the first mistake: line, dotted key, what is wrong, what to do.
  func read(_ tree: YAMLTree, key: String = "") throws(InputError) -> CaseValue {
    func value(_ content: CaseValue.Content) -> CaseValue {
      CaseValue(content: content, place: tree.place, key: key)
    }
    switch self {
    case .number(let dimension, let bound):
      return value(.number(try readNumber(tree, key, dimension, bound)))
    case .degrees(let a, let b):
      // What carries a unit comes in radians.
      return value(
        .number(try readNumber(tree, key, .none, .between(a, b), withUnit: 180 / .pi)))
    case .integer(let range):
      let text = try scalar(tree, key)
      guard let n = Int(text), range.contains(n) else { throw wrong(tree, key, text) }
      return value(.integer(n))
    case .flag:
      let text = try scalar(tree, key)
      guard text == "true" || text == "false" else { throw wrong(tree, key, text) }
      return value(.flag(text == "true"))
    case .text:
      let text = try scalar(tree, key)
      guard !text.isEmpty else { throw wrong(tree, key, "empty") }
      return value(.text(text))
    case .choice(let words):
      let text = try scalar(tree, key)
      guard words.contains(text) else {
        throw mistake(
          tree.place, key, "unknown value '\(text)'; \(Suggestion.remedy(for: text, in: words))")
      }
      return value(.text(text))
    case .list(let item, let count):
      return value(.list(try readList(tree, key, item, count)))
    case .record(let fields):
      return value(.record(try readRecord(tree, key, fields, known: fields.map(\.name))))
    case .variants(let variants):
      let all = variants.flatMap { $0.fields.map(\.name) + [$0.key] }
      let fields = try choose(variants, for: tree, key, known: all)
      return value(.record(try readRecord(tree, key, fields, known: all)))
    case .dictionary(let item, _):
      var out: [(key: String, value: CaseValue)] = []
      for entry in try mapping(tree, key) {
        out.append((entry.key, try item.read(entry.value, key: join(key, entry.key))))
      }
      guard !out.isEmpty else {
        throw mistake(tree.place, key, "is empty; give at least one entry")
      }
      return value(.record(out))
    case .either(let options):
      guard let option = options.first(where: { $0.takes(tree) }) else {
        throw wrong(tree, key, tree.inWords)
      }
      return try option.read(tree, key: key)
    }
  }

  /// Whether this schema is for the kind of node that the tree is.
  private func takes(_ tree: YAMLTree) -> Bool {
    switch (tree.content, self) {
    case (.sequence, .list): true
    case (.mapping, .record), (.mapping, .variants), (.mapping, .dictionary): true
    case (.mapping(let entries), .number), (.mapping(let entries), .degrees):
      entries.contains { $0.key == "value" }
    case (.scalar(let text, let quoted), .integer): !quoted && Int(text) != nil
    case (.scalar, .number), (.scalar, .degrees), (.scalar, .flag), (.scalar, .text),
      (.scalar, .choice):
      true
    default: false
    }
  }

  private func readNumber(
    _ tree: YAMLTree, _ key: String, _ dimension: PhysicalUnit.Dimension, _ bound: Bound,
    withUnit factor: Double = 1
  ) throws(InputError) -> Double {
    var text: String
    var unit: String? = nil
    if case .mapping(let entries) = tree.content {
      let fields: [Field] = [
        .need("value", .text, "the number"), .need("unit", .text, "its unit"),
      ]
      let parts = try readRecord(
        tree, key, fields, known: entries.isEmpty ? [] : ["value", "unit"])
      text = parts.first { $0.key == "value" }?.value.text ?? ""
      unit = parts.first { $0.key == "unit" }?.value.text
    } else {
      text = try scalar(tree, key)
      if let space = text.firstIndex(of: " ") {
        unit = String(text[text.index(after: space)...])
        text = String(text[..<space])
      }
    }
    guard let plain = Double(text) else { throw wrong(tree, key, text) }
    guard plain.isFinite else {
      throw mistake(tree.place, key, "is \(text); give a finite number")
    }
    var number = plain
    if let unit {
      do {
        number = try PhysicalUnit.parse(unit, as: dimension, of: "this value").toSI(plain) * factor
      } catch {
        throw mistake(tree.place, key, error.description)
      }
    }
    let allowed =
      switch bound {
      case .any: true
      case .positive: number > 0
      case .notNegative: number >= 0
      case .between(let a, let b): number >= a && number <= b
      }
    guard allowed else { throw wrong(tree, key, text) }
    return number
  }

  private func readList(
    _ tree: YAMLTree, _ key: String, _ item: Schema, _ count: ClosedRange<Int>
  ) throws(InputError) -> [CaseValue] {
    guard case .sequence(let items) = tree.content else { throw wrong(tree, key, tree.inWords) }
    guard count.contains(items.count) else {
      throw mistake(tree.place, key, "needs \(inWords), has \(items.count)")
    }
    var out: [CaseValue] = []
    for (i, each) in items.enumerated() {
      out.append(try item.read(each, key: "\(key)[\(i)]"))
    }
    return out
  }

  private func readRecord(
    _ tree: YAMLTree, _ key: String, _ fields: [Field], known: [String]
  ) throws(InputError) -> [(key: String, value: CaseValue)] {
    var out: [(key: String, value: CaseValue)] = []
    for entry in try mapping(tree, key) {
      guard let field = fields.first(where: { $0.name == entry.key }) else {
        throw unknown(entry, in: key, fields: fields, known: known)
      }
      out.append((entry.key, try field.schema.read(entry.value, key: join(key, entry.key))))
    }
    for field in fields where !out.contains(where: { $0.key == field.name }) {
      if field.required {
        throw mistake(
          tree.place, join(key, field.name),
          "is missing; give \(field.about), \(field.schema.inWords)")
      }
      guard let text = field.standard else { continue }
      let standard = try YAMLTree.parse(text, file: tree.place.file)
      let placed = YAMLTree(content: standard.content, place: tree.place)
      out.append((field.name, try field.schema.read(placed, key: join(key, field.name))))
    }
    return out
  }

  /// The fields of the variant that a block's keys select.
  private func choose(
    _ variants: [Variant], for tree: YAMLTree, _ key: String, known: [String]
  ) throws(InputError) -> [Field] {
    let entries = try mapping(tree, key)
    for variant in variants {
      guard let entry = entries.first(where: { $0.key == variant.key }) else { continue }
      guard let wanted = variant.value else { return variant.fields }
      guard case .scalar(let text, _) = entry.value.content else {
        throw mistake(entry.place, join(key, entry.key), "must be a plain word")
      }
      if text == wanted { return [.need(variant.key, .text, "")] + variant.fields }
      let values = variants.filter { $0.key == variant.key }.compactMap(\.value)
      if !values.contains(text) {
        throw mistake(
          entry.place, join(key, entry.key),
          "unknown value '\(text)'; \(Suggestion.remedy(for: text, in: values))")
      }
    }
    for entry in entries where !known.contains(entry.key) {
      throw unknown(entry, in: key, fields: variants.flatMap(\.fields), known: known)
    }
    var keys: [String] = []
    for variant in variants where !keys.contains(variant.key) { keys.append(variant.key) }
    throw mistake(tree.place, key, "needs one of the keys \(keys.joined(separator: ", "))")
  }

  private func unknown(
    _ entry: YAMLTree.Entry, in key: String, fields: [Field], known: [String]
  ) -> InputError {
    if known.contains(entry.key) {
      let names = fields.map(\.name).joined(separator: ", ")
      return mistake(
        entry.place, join(key, entry.key),
        "does not belong here; the keys of this form are \(names)")
    }
    let remedy = Suggestion.remedy(for: entry.key, in: known)
    return mistake(entry.place, join(key, entry.key), "unknown key; \(remedy)")
  }

  private func mapping(_ tree: YAMLTree, _ key: String) throws(InputError) -> [YAMLTree.Entry] {
    guard case .mapping(let entries) = tree.content else { throw wrong(tree, key, tree.inWords) }
    return entries
  }

  private func scalar(_ tree: YAMLTree, _ key: String) throws(InputError) -> String {
    guard case .scalar(let text, _) = tree.content else { throw wrong(tree, key, tree.inWords) }
    return text
  }

  private func wrong(_ tree: YAMLTree, _ key: String, _ found: String) -> InputError {
    mistake(tree.place, key, "must be \(inWords), not '\(found)'")
  }

  private func mistake(_ place: Place, _ key: String, _ problem: String) -> InputError {
    InputError(place.file, line: place.line, key: key.isEmpty ? nil : key, problem)
  }

  private func join(_ key: String, _ name: String) -> String {
    key.isEmpty ? name : "\(key).\(name)"
  }
}

extension YAMLTree {
  /// The kind of node, for messages.
  var inWords: String {
    switch content {
    case .scalar(let text, _): text
    case .sequence: "a list"
    case .mapping: "a block of keys"
    }
  }
}
