import Storage

/// A table of a text file: comment lines, named columns with units, rows with their line numbers.
///
/// Lines that start with `#` are comments (the citation of the data); the first other line names the
/// columns as `stretch [-],nominal_stress [MPa]`; separators are commas, semicolons or tabs.
struct CSVTable: Sendable {
  struct Column: Sendable {
    let name: String
    /// As written in the brackets, nil without brackets.
    let unit: String?
  }

  struct Row: Sendable {
    let line: Int
    let cells: [String]
  }

  let file: String
  /// Comment lines without their `#`.
  let comments: [String]
  /// Line of the column names.
  let headerLine: Int
  let columns: [Column]
  let rows: [Row]

  /// - Throws: `InputError` for an empty file, a repeated column, a row of another length.
  init(_ text: String, file: String) throws(InputError) {
    self.file = file
    var comments: [String] = []
    var columns: [Column]? = nil
    var rows: [Row] = []
    var headerLine = 0
    var separator: Character = ","
    let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
    for (i, raw) in lines.enumerated() {
      let line = String(raw.trimmed.drop { $0 == "\u{FEFF}" })
      if line.isEmpty { continue }
      if line.first == "#" {
        comments.append(String(line.drop { $0 == "#" }.trimmed))
        continue
      }
      guard let known = columns else {
        separator = line.contains(",") ? "," : line.contains(";") ? ";" : "\t"
        columns = try CSVTable.header(line, separator, file: file, line: i + 1)
        headerLine = i + 1
        continue
      }
      let cells = line.split(separator: separator, omittingEmptySubsequences: false)
        .map { String($0.trimmed) }
      guard cells.count == known.count else {
        throw InputError(
          file, line: i + 1, "has \(cells.count) cells, but there are \(known.count) columns")
      }
      rows.append(Row(line: i + 1, cells: cells))
    }
    guard let columns else {
      throw InputError(file, "is empty; give a line of column names and rows of numbers")
    }
    guard !rows.isEmpty else {
      throw InputError(file, line: headerLine, "has column names but no rows")
    }
    self.comments = comments
    self.headerLine = headerLine
    self.columns = columns
    self.rows = rows
  }

  private static func header(
    _ line: String, _ separator: Character, file: String, line number: Int
  ) throws(InputError) -> [Column] {
    var out: [Column] = []
    for cell in line.split(separator: separator, omittingEmptySubsequences: false) {
      let text = cell.trimmed
      var name = String(text)
      var unit: String? = nil
      if let open = text.firstIndex(of: "["), text.last == "]" {
        name = String(text[..<open].trimmed)
        unit = String(text[text.index(after: open)...].dropLast().trimmed)
      }
      guard !out.contains(where: { $0.name == name }) else {
        throw InputError(file, line: number, key: name, "names two columns; remove one")
      }
      out.append(Column(name: name, unit: unit))
    }
    return out
  }

  /// Position of a column, nil where there is none.
  func index(of name: String) -> Int? { columns.firstIndex { $0.name == name } }

  /// The factor to SI of a column.
  /// - Throws: `InputError` for a unit that is missing, unknown or of another dimension.
  func factor(of column: Int, _ dimension: PhysicalUnit.Dimension) throws(InputError) -> Double {
    let name = columns[column].name
    guard let unit = columns[column].unit else {
      if dimension == .none { return 1 }
      throw InputError(file, line: headerLine, key: name, "has no unit; write '\(name) [MPa]'")
    }
    do {
      return try PhysicalUnit.parse(unit, as: dimension, of: "this column").factor
    } catch {
      throw InputError(file, line: headerLine, key: name, error.description)
    }
  }

  /// The number in a cell.
  /// - Throws: `InputError` for a text, an empty cell, NaN or infinity.
  func number(_ row: Row, _ column: Int) throws(InputError) -> Double {
    let text = row.cells[column]
    let name = columns[column].name
    guard let x = Double(text) else {
      let what = text.isEmpty ? "is empty" : "must be a number, not '\(text)'"
      throw InputError(file, line: row.line, key: name, "\(what); correct or remove the row")
    }
    guard x.isFinite else {
      throw InputError(file, line: row.line, key: name, "is \(text); correct or remove the row")
    }
    return x
  }
}

extension StringProtocol {
  /// Without white space at either end.
  var trimmed: SubSequence {
    var s = self[...]
    while let c = s.first, c.isWhitespace { s = s.dropFirst() }
    while let c = s.last, c.isWhitespace { s = s.dropLast() }
    return s
  }
}
