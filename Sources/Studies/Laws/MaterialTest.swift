import Foundation
import Mechanics
import Storage

/// One homogeneous test as its file gives it, in SI.
struct MaterialTest: Sendable {
  struct Row: Sendable {
    let line: Int
    /// Stretch, or amount of shear in simple shear.
    let stretch: Double
    /// λ₂, in biaxial tests.
    let second: Double?
    /// Stress along 1 (in simple shear σ_12), Pa; nil where not observed.
    let stress: Double?
    /// Stress along 2, Pa.
    let secondStress: Double?
    /// True stress along 1 less that along 2, Pa.
    let stressDifference: Double?
    /// Stress on the free faces, Pa; nil where not observed.
    let lateralStress: Double?
    /// Measured J.
    let volumeRatio: Double?
  }

  let name: String
  let mode: HomogeneousMode
  /// Whether stresses are true (Cauchy) and not nominal.
  let isTrueStress: Bool
  /// Whether the file speaks of the stress on the free faces.
  let hasLateralStress: Bool
  let file: String
  /// Comment lines of the file: where the data come from.
  let citation: String
  var rows: [Row]

  /// Reads files, and the `*.csv` files of folders in the order of their names.
  /// - Throws: `InputError` with file and line.
  static func read(_ paths: [String]) throws(InputError) -> [MaterialTest] {
    var out: [MaterialTest] = []
    for path in paths {
      for file in try files(at: path) {
        for test in try read(file: file) {
          if let twin = out.first(where: { $0.name == test.name }) {
            throw InputError(
              file, line: test.rows[0].line, key: "test",
              "the name '\(test.name)' is already used by \(twin.file); rename one")
          }
          out.append(test)
        }
      }
    }
    return out
  }

  private static func files(at path: String) throws(InputError) -> [String] {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue
    else { return [path] }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    let tables = names.filter { $0.hasSuffix(".csv") }.sorted()
    guard !tables.isEmpty else {
      throw InputError(path, "the folder holds no .csv file; give files of material tests")
    }
    return tables.map { path + "/" + $0 }
  }

  private static func read(file: String) throws(InputError) -> [MaterialTest] {
    let table = try CSVTable(try readText(file, as: "a table of material tests"), file: file)
    let columns = try TestColumns(table)
    var tests: [MaterialTest] = []
    for row in table.rows {
      let mode = try columns.mode(of: row)
      let name = columns.name.map { row.cells[$0] } ?? mode.rawValue
      guard !name.isEmpty else {
        throw InputError(file, line: row.line, key: "test", "is empty; name the test")
      }
      let point = try columns.read(row, mode)
      if let i = tests.firstIndex(where: { $0.name == name }) {
        guard tests[i].mode == mode else {
          throw InputError(
            file, line: row.line, key: "mode",
            "test '\(name)' is \(tests[i].mode.rawValue) above and \(mode.rawValue) here")
        }
        tests[i].rows.append(point)
      } else {
        tests.append(
          MaterialTest(
            name: name, mode: mode, isTrueStress: columns.isTrueStress,
            hasLateralStress: columns.lateralStress != nil && mode != .simpleShear, file: file,
            citation: table.comments.joined(separator: " "), rows: [point]))
      }
    }
    for test in tests where test.rows.count < 2 {
      throw InputError(
        file, line: test.rows[0].line, "test '\(test.name)' has one point; a test needs at least 2")
    }
    return tests
  }
}

/// Which column of a table holds what.
private struct TestColumns {
  let table: CSVTable
  let name: Int?
  let isTrueStress: Bool
  private let modeColumn: Int
  private let stretch: Int?, second: Int?, shear: Int?, volumeRatio: Int?
  let lateralStress: Int?
  private let stress: Int?, secondStress: Int?, difference: Int?

  private static let known = [
    "test", "mode", "stretch", "stretch_2", "shear", "nominal_stress", "true_stress",
    "nominal_stress_2", "true_stress_2", "stress_difference", "lateral_stress", "volume_ratio",
  ]

  init(_ table: CSVTable) throws(InputError) {
    self.table = table
    func fail(_ key: String?, _ problem: String) -> InputError {
      InputError(table.file, line: table.headerLine, key: key, problem)
    }
    for column in table.columns where !TestColumns.known.contains(column.name) {
      throw fail(
        column.name,
        "unknown column; \(Suggestion.remedy(for: column.name, in: TestColumns.known))")
    }
    guard let modeColumn = table.index(of: "mode") else {
      throw fail("mode", "the column is missing; it says uniaxial, equibiaxial, pure-shear, …")
    }
    self.modeColumn = modeColumn
    name = table.index(of: "test")
    stretch = table.index(of: "stretch")
    second = table.index(of: "stretch_2")
    shear = table.index(of: "shear")
    volumeRatio = table.index(of: "volume_ratio")
    guard stretch != nil || shear != nil else {
      throw fail("stretch", "the column is missing; give 'stretch [-]', or 'shear [-]'")
    }
    for column in [stretch, second, shear, volumeRatio] {
      if let column { _ = try table.factor(of: column, .none) }
    }
    let nominal = table.index(of: "nominal_stress")
    let cauchy = table.index(of: "true_stress")
    if nominal != nil, cauchy != nil {
      throw fail("true_stress", "contradicts 'nominal_stress': keep one of the two columns")
    }
    difference = table.index(of: "stress_difference")
    lateralStress = table.index(of: "lateral_stress")
    guard nominal != nil || cauchy != nil || difference != nil else {
      throw fail(
        "nominal_stress",
        "the column is missing; give 'nominal_stress [MPa]', or 'stress_difference [MPa]' for "
          + "true stress 1 less true stress 2")
    }
    stress = nominal ?? cauchy
    // Differences are of true stresses, and so is everything beside them alone.
    isTrueStress = nominal == nil
    let other = isTrueStress ? "nominal_stress_2" : "true_stress_2"
    if table.index(of: other) != nil {
      let name = stress.map { table.columns[$0].name } ?? "stress_difference"
      throw fail(other, "contradicts '\(name)': use one kind of stress")
    }
    secondStress = table.index(of: isTrueStress ? "true_stress_2" : "nominal_stress_2")
    for column in [stress, secondStress, difference, lateralStress] {
      if let column { _ = try table.factor(of: column, .pressure) }
    }
  }

  func mode(of row: CSVTable.Row) throws(InputError) -> HomogeneousMode {
    let text = row.cells[modeColumn]
    guard let mode = HomogeneousMode(rawValue: text) else {
      let all = HomogeneousMode.allCases.map(\.rawValue)
      throw InputError(
        table.file, line: row.line, key: "mode",
        "unknown mode '\(text)'; \(Suggestion.remedy(for: text, in: all))")
    }
    return mode
  }

  func read(_ row: CSVTable.Row, _ mode: HomogeneousMode) throws(InputError) -> MaterialTest.Row {
    let column = mode == .simpleShear ? shear : stretch
    guard let column else {
      let need = mode == .simpleShear ? "shear" : "stretch"
      throw InputError(
        table.file, line: row.line, key: need, "a \(mode.rawValue) test needs this column")
    }
    let first = try table.number(row, column)
    if mode != .simpleShear { try check(first, row, column) }
    var lambda2: Double? = nil
    if mode == .biaxial {
      guard let second else {
        throw InputError(
          table.file, line: row.line, key: "stretch_2", "a biaxial test needs this column")
      }
      lambda2 = try table.number(row, second)
      try check(lambda2!, row, second)
    }
    let row = MaterialTest.Row(
      line: row.line, stretch: first, second: lambda2, stress: try pressure(row, stress),
      secondStress: try pressure(row, secondStress),
      stressDifference: try pressure(row, difference),
      lateralStress: try pressure(row, lateralStress),
      volumeRatio: try optional(row, volumeRatio, positive: true))
    guard row.stress != nil || row.secondStress != nil || row.stressDifference != nil else {
      throw InputError(
        table.file, line: row.line, key: table.columns[stress ?? difference!].name,
        "is empty, and so is every other stress; give what was measured or remove the row")
    }
    return row
  }

  /// A stress, or nothing where its cell is empty.
  private func pressure(_ row: CSVTable.Row, _ column: Int?) throws(InputError) -> Double? {
    guard let column, let value = try optional(row, column) else { return nil }
    return try value * table.factor(of: column, .pressure)
  }

  /// A cell that may be empty.
  private func optional(
    _ row: CSVTable.Row, _ column: Int?, positive: Bool = false
  ) throws(InputError) -> Double? {
    guard let column, !row.cells[column].isEmpty else { return nil }
    let x = try table.number(row, column)
    if positive { try check(x, row, column) }
    return x
  }

  private func check(_ x: Double, _ row: CSVTable.Row, _ column: Int) throws(InputError) {
    guard x > 0 else {
      throw InputError(
        table.file, line: row.line, key: table.columns[column].name,
        "is \(x); a stretch or volume ratio is positive (1 at rest)")
    }
  }
}
