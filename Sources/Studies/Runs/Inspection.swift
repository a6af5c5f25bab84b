import Storage

/// The command `inspect`: what an HDF5 file holds.
public struct Inspection: Sendable {
  /// One group or array.
  public struct Item: Sendable {
    /// Path inside the file; shape, nil for a group; unit and attributes for people.
    public let path: String, shape: [Int]?, unit: String?, attributes: [(String, String)]
  }

  /// Groups and arrays in the order of their names, groups before what they hold.
  public let items: [Item]

  /// Reads the structure of a file, not its arrays.
  /// - Throws: `StorageError` for a missing, foreign or damaged file.
  public init(_ path: String) throws {
    let file = try H5File.open(at: path)
    var items: [Item] = []
    try Inspection.visit(file.root, at: "/", into: &items)
    self.items = items
  }

  private static func visit(
    _ group: borrowing H5Group, at path: String, into items: inout [Item]
  ) throws {
    items.append(Item(path: path, shape: nil, unit: nil, attributes: try attributes(group, ".")))
    for child in try group.children() {
      let inner = path == "/" ? "/\(child.name)" : "\(path)/\(child.name)"
      if child.kind == .group {
        try visit(try group.group(child.name), at: inner, into: &items)
      } else {
        let all = try attributes(group, child.name)
        items.append(
          Item(
            path: inner, shape: try? group.shape(of: child.name),
            unit: try group.unit(of: child.name), attributes: all.filter { $0.0 != "units" }))
      }
    }
  }

  private static func attributes(
    _ group: borrowing H5Group, _ child: String
  ) throws -> [(String, String)] {
    var out: [(String, String)] = []
    for name in try group.attributeNames(of: child) {
      out.append((name, try group.attribute(name, of: child).description))
    }
    return out
  }

  /// A tree for people.
  public var text: String {
    var out: [String] = []
    for item in items {
      let depth = item.path == "/" ? 0 : item.path.split(separator: "/").count
      let name = item.path == "/" ? "/" : String(item.path.split(separator: "/").last!)
      var line = String(repeating: "  ", count: depth) + name
      if let shape = item.shape {
        line += "  [" + shape.map(String.init).joined(separator: " × ") + "]"
      } else if item.path != "/" {
        line += "/"
      }
      if let unit = item.unit { line += "  \(unit)" }
      out.append(line)
      let indent = String(repeating: "  ", count: depth + 1)
      for (name, value) in item.attributes {
        let flat = value.split(whereSeparator: \.isNewline).joined(separator: " ")
        out.append("\(indent)@\(name) = \(flat.count > 100 ? flat.prefix(100) + "…" : flat[...])")
      }
    }
    return out.joined(separator: "\n")
  }

  /// Figures of `inspect --json`.
  public var json: JSONValue {
    .object([
      (
        "items",
        .array(
          items.map { item in
            .object([
              ("path", .string(item.path)),
              ("shape", item.shape.map { .array($0.map { JSONValue($0) }) } ?? .null),
              ("units", item.unit.map { .string($0) } ?? .null),
              ("attributes", .object(item.attributes.map { ($0.0, .string($0.1)) })),
            ])
          })
      )
    ])
  }
}
