import Yams

/// A YAML document as a tree that knows the line of every key and value.
///
/// Aliases are already replaced by what they stand for. Scalars stay text: what a text means is the
/// schema's business.
struct YAMLTree: Sendable {
  enum Content: Sendable {
    case scalar(String, quoted: Bool)
    case sequence([YAMLTree])
    case mapping([Entry])
  }

  struct Entry: Sendable {
    var key: String
    var place: Place
    var value: YAMLTree
  }

  var content: Content
  var place: Place

  /// Reads one document.
  /// - Throws: `InputError` with the line of a syntax error, for an empty document and for a
  ///   repeated key.
  static func parse(_ text: String, file: String) throws(InputError) -> YAMLTree {
    let node: Node?
    do {
      node = try Yams.compose(yaml: text)
    } catch let error as YamlError {
      throw inputError(error, file: file)
    } catch {
      throw InputError(file, "is not YAML: \(error)")
    }
    guard let node else { throw InputError(file, "is empty; write a case as `kind: fem`, …") }
    var budget = 1_000_000
    return try YAMLTree(node, file: file, budget: &budget)
  }

  init(content: Content, place: Place) {
    self.content = content
    self.place = place
  }

  /// `budget` is the number of values that may still come: aliases of aliases can name more values
  /// than a computer holds.
  private init(_ node: Node, file: String, budget: inout Int) throws(InputError) {
    let place = Place(file: file, line: node.mark?.line)
    budget -= 1
    guard budget > 0 else {
      throw InputError(file, line: place.line, "names more than a million values; write fewer")
    }
    self.place = place
    switch node {
    case .scalar(let s):
      content = .scalar(s.string, quoted: s.style == .singleQuoted || s.style == .doubleQuoted)
    case .sequence(let items):
      var out: [YAMLTree] = []
      for item in items { out.append(try YAMLTree(item, file: file, budget: &budget)) }
      content = .sequence(out)
    case .mapping(let pairs):
      var out: [Entry] = []
      for (key, value) in pairs {
        guard case .scalar(let name) = key else {
          throw InputError(file, line: key.mark?.line, "a key must be a plain word")
        }
        out.append(
          Entry(
            key: name.string, place: Place(file: file, line: key.mark?.line),
            value: try YAMLTree(value, file: file, budget: &budget)))
      }
      content = .mapping(out)
    case .alias:
      throw InputError(file, line: place.line, "an alias to an unknown anchor")
    }
  }

  private static func inputError(_ error: YamlError, file: String) -> InputError {
    switch error {
    case .scanner(let context, let problem, let mark, _),
      .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      let about = context.map { " \($0.text)" } ?? ""
      return InputError(file, line: mark.line, "is not YAML:\(about) \(problem)")
    case .duplicatedKeysInMapping(let names, let context):
      let name = names.first ?? "?"
      return InputError(
        file, line: context.mark.line, key: name, "is given twice in one block; remove one")
    case .reader(let problem, _, _, _), .writer(let problem), .emitter(let problem),
      .representer(let problem):
      return InputError(file, "is not YAML text: \(problem)")
    case .dataCouldNotBeDecoded: return InputError(file, "is not UTF-8 text")
    default: return InputError(file, "is not YAML")
    }
  }
}

/// Where something was read: a file (or an option) and a line.
public struct Place: Sendable, Equatable {
  /// File name or option.
  public let file: String
  /// Line from 1, where there is one.
  public let line: Int?

  /// From its parts.
  public init(file: String, line: Int? = nil) {
    self.file = file
    self.line = line
  }
}

extension YAMLTree {
  /// Replaces or adds the value at a dotted path, as `--set` asks: `mesh.divisions=[8, 1, 1]`,
  /// `boundary.0.ux=0.1`.
  /// - Throws: `InputError` that names the option and the part of the path that does not exist.
  mutating func override(_ assignment: String) throws(InputError) {
    let option = "--set \(assignment)"
    guard let equals = assignment.firstIndex(of: "="), equals != assignment.startIndex else {
      throw InputError(option, "is not of the form key=value, such as mesh.divisions=[8,1,1]")
    }
    let path = assignment[..<equals].split(separator: ".").map(String.init)
    let text = String(assignment[assignment.index(after: equals)...])
    guard !path.isEmpty, !text.isEmpty else {
      throw InputError(option, "is not of the form key=value, such as mesh.divisions=[8,1,1]")
    }
    var value = try YAMLTree.parse(text, file: option)
    value.place = Place(file: option)
    try set(value, at: path[...], option: option)
  }

  private mutating func set(
    _ value: YAMLTree, at path: ArraySlice<String>, option: String
  ) throws(InputError) {
    guard let head = path.first else {
      self = value
      return
    }
    switch content {
    case .mapping(var entries):
      if let i = entries.firstIndex(where: { $0.key == head }) {
        try entries[i].value.set(value, at: path.dropFirst(), option: option)
      } else {
        // A block that the case leaves out is made; the schema judges its name.
        var new = YAMLTree(content: .mapping([]), place: value.place)
        try new.set(value, at: path.dropFirst(), option: option)
        entries.append(Entry(key: head, place: value.place, value: new))
      }
      content = .mapping(entries)
    case .sequence(var items):
      guard let i = Int(head), items.indices.contains(i) else {
        throw InputError(option, "'\(head)' is not an index from 0 to \(items.count - 1)")
      }
      try items[i].set(value, at: path.dropFirst(), option: option)
      content = .sequence(items)
    case .scalar:
      throw InputError(option, "'\(head)' lies below a plain value of the case")
    }
  }
}
