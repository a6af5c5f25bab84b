import Storage

/// The command `inspect --probes`: the probes of a result file over time or load, as a table.
public struct ProbeTable: Sendable {
  /// Name and unit of every column, the time or load factor first.
  public let columns: [(name: String, unit: String)]
  /// A row per output time or load step.
  public let rows: [[Double]]

  /// Reads the probes of a file.
  /// - Throws: `StorageError` for a file without, or a damaged one.
  public init(_ path: String) throws {
    let file = try H5File.open(at: path)
    guard file.root.contains("probes") else {
      throw StorageError(
        .foreign, file: path, what: "holds no probes",
        remedy: "give a file that 'deepmanifold run' wrote")
    }
    let probes = try file.root.group("probes")
    let clock = probes.contains("time") ? "time" : "load_factor"
    let times = try probes.readDoubles(clock)
    var columns = [(name: clock == "time" ? "time" : "load factor", unit: times.unit ?? "1")]
    var rows = times.values.map { [$0] }
    let names = probes.contains("names") ? try probes.readStrings("names").values : []
    for (i, name) in names.enumerated() {
      let found = try probes.readDoubles("values/\(i)")
      guard found.values.count == rows.count else {
        throw StorageError(
          .damaged, file: path, path: "/probes/values/\(i)",
          what: "has \(found.values.count) values for \(rows.count) rows",
          remedy: "run the case again")
      }
      columns.append((name, found.unit ?? "1"))
      for (row, value) in found.values.enumerated() { rows[row].append(value) }
    }
    (self.columns, self.rows) = (columns, rows)
  }

  /// One line of names with units, then a line per row; all digits of every number.
  public var csv: String {
    let head = columns.map { column in
      let text = column.unit == "1" ? column.name : "\(column.name) [\(column.unit)]"
      // A name with a comma or a quotation mark is quoted, the mark doubled.
      guard text.contains(where: { ",\"\n\r".contains($0) }) else { return text }
      return "\""
        + text.split(separator: "\"", omittingEmptySubsequences: false)
        .joined(separator: "\"\"") + "\""
    }
    let lines = rows.map { row in row.map { "\($0)" }.joined(separator: ",") }
    return ([head.joined(separator: ",")] + lines).joined(separator: "\n")
  }

  /// Figures of `inspect --probes --json`.
  public var json: JSONValue {
    .object([
      (
        "columns",
        .array(
          columns.map { .object([("name", .string($0.name)), ("units", .string($0.unit))]) })
      ), ("rows", .array(rows.map { .array($0.map { .number($0) }) })),
    ])
  }
}
