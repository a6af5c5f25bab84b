import Foundation
import Manifold
import Mechanics
import Storage

/// Observations of material states as a file gives them, in SI and Mandel order.
struct ObservedStates: Sendable {
  /// The components, deviations, combinations and constraints.
  var observations: Observations
  /// What each observation is called, and its line in a text file.
  var names: [String], lines: [Int?]
  /// The file and what it says about its origin.
  let file: String, citation: String
  /// The homogeneous tests behind them, where the file holds tests.
  var tests: [TestPoint]?

  /// A point of a homogeneous test.
  struct TestPoint: Sendable {
    let test: String, mode: HomogeneousMode
    /// Stretch along 1; nominal stress along 1, Pa.
    let stretch: Double, nominal: Double
  }

  /// Reads a table of components, or of material tests.
  /// - Throws: `InputError` with line and column.
  static func read(table path: String) throws -> ObservedStates {
    let table = try CSVTable(try readText(path, as: "observations"), file: path)
    if table.index(of: "mode") != nil { return try ObservedStates(tests: path) }
    return try ObservedStates(table)
  }

  /// Some of the observations.
  func part(_ rows: Range<Int>) -> ObservedStates {
    if rows == 0..<observations.count { return self }
    let o = observations
    func cut(_ list: [Double], _ width: Int) -> [Double] {
      Array(list[width * rows.lowerBound..<width * rows.upperBound])
    }
    var out = Observations(
      coordinateCount: o.coordinateCount, responseCount: o.responseCount,
      values: cut(o.values, o.width))
    out.deviations = o.deviations.map { cut($0, o.width) }
    let (k, q) = (o.constraintCount, o.combinationCount)
    out.constraints = .init(matrix: o.constraints.matrix, values: cut(o.constraints.values, k))
    out.combinations = .init(matrix: o.combinations.matrix, values: cut(o.combinations.values, q))
    out.combinationDeviations = o.combinationDeviations.map { cut($0, q) }
    return ObservedStates(
      observations: out, names: Array(names[rows]), lines: Array(lines[rows]), file: file,
      citation: citation, tests: tests.map { Array($0[rows]) })
  }

  /// Adds a constraint to every observation.
  mutating func hold(_ expression: StateExpression) {
    let (N, k) = (observations.count, observations.constraintCount)
    let old = observations.constraints
    var values: [Double] = []
    for p in 0..<N {
      values += old.values[k * p..<k * (p + 1)]
      values.append(expression.value ?? 0)
    }
    observations.constraints = .init(matrix: old.matrix + expression.coefficients, values: values)
  }

  /// Fills standard deviations that the file does not have.
  /// - Throws: `InputError` where only one of both is given.
  mutating func assume(strain: Deviation?, stress: Deviation?) throws(InputError) {
    guard strain != nil || stress != nil else { return }
    guard let strain, let stress else {
      throw InputError(
        strain == nil ? "--strain-sd" : "--stress-sd", "is missing; give both deviations or neither"
      )
    }
    guard observations.deviations == nil else {
      throw InputError(file, "holds standard deviations; leave --strain-sd and --stress-sd away")
    }
    let w = 12
    observations.deviations = observations.values.indices.map { k in
      (k % w < 6 ? strain : stress).of(observations.values[k])
    }
    let q = observations.combinationCount
    observations.combinationDeviations = observations.combinations.values.indices.map { k in
      let row = observations.combinations.matrix[w * (k % q)..<w * (k % q + 1)]
      return (row.suffix(6).contains { $0 != 0 } ? stress : strain)
        .of(observations.combinations.values[k])
    }
  }

  /// A standard deviation: absolute, or a share of the value.
  struct Deviation: Sendable, Equatable {
    var absolute = 0.0, share = 0.0

    /// `0.01`, `5 kPa`, `3 %`, or both: `3 % + 5 kPa`.
    /// - Throws: `InputError` naming the option.
    init(
      _ text: String, option: String, dimension: PhysicalUnit.Dimension
    ) throws(InputError) {
      for part in text.split(separator: "+") {
        let plain = part.trimmed
        let number = plain.prefix { $0.isNumber || ".eE-".contains($0) }
        let unit = plain.dropFirst(number.count).trimmed
        guard let value = Double(number), value > 0, value.isFinite else {
          throw InputError(
            option, "is '\(text)'; give a positive number, such as 3 %, or 3 % + 5 kPa for a stress"
          )
        }
        if unit == "%" {
          share += value / 100
        } else if unit.isEmpty, dimension != .none {
          throw InputError(option, "'\(plain)' needs a unit, such as kPa or %")
        } else {
          do {
            absolute +=
              try value * PhysicalUnit.parse(String(unit), as: dimension, of: option).factor
          } catch { throw InputError(option, error.description) }
        }
      }
    }

    /// Of a value; NaN of what was not seen.
    func of(_ value: Double) -> Double { absolute + share * abs(value) }
  }
}

extension ObservedStates {
  /// From a table whose columns are components (`strain_xx [-]`, `stress_xy [MPa]`), combinations
  /// (`stress_xx - stress_yy [MPa]`), their standard deviations (`stress_xx_sd [MPa]`) and `name`.
  init(_ table: CSVTable) throws(InputError) {
    var components: [(column: Int, index: Int, factor: Double)] = []
    var combinations: [(column: Int, expression: StateExpression, factor: Double)] = []
    var deviations: [(column: Int, of: String, factor: Double)] = []
    var nameColumn: Int?
    for (c, column) in table.columns.enumerated() {
      if column.name == "name" {
        nameColumn = c
        continue
      }
      let isDeviation = column.name.hasSuffix("_sd")
      let base = isDeviation ? String(column.name.dropLast(3)) : column.name
      let dimension: PhysicalUnit.Dimension = base.contains("stress_") ? .pressure : .none
      let factor = try table.factor(of: c, dimension)
      if isDeviation {
        deviations.append((c, base, factor))
      } else if let i = StateExpression.names.firstIndex(of: base) {
        components.append((c, i, factor * StateExpression.mandel(i)))
      } else {
        let expression = try StateExpression(base, place: table.file, line: table.headerLine)
        combinations.append((c, expression, factor))
      }
    }
    func cell(_ row: CSVTable.Row, _ c: Int) throws(InputError) -> Double {
      row.cells[c].isEmpty ? .nan : try table.number(row, c)
    }
    var values: [Double] = []
    var combined: [Double] = []
    var spread: [Double] = []
    var combinedSpread: [Double] = []
    let scales = deviations.map { d in StateExpression.names.firstIndex(of: d.of) }
    for (d, deviation) in deviations.enumerated() where scales[d] == nil {
      guard combinations.contains(where: { table.columns[$0.column].name == deviation.of }) else {
        throw InputError(
          table.file, line: table.headerLine, key: deviation.of + "_sd",
          "there is no column '\(deviation.of)' that this could be the deviation of")
      }
    }
    for row in table.rows {
      var z = [Double](repeating: .nan, count: 12)
      for (c, i, factor) in components { z[i] = factor * (try cell(row, c)) }
      values += z
      for (c, _, factor) in combinations { combined.append(factor * (try cell(row, c))) }
      var s = [Double](repeating: .nan, count: 12)
      var t = [Double](repeating: .nan, count: combinations.count)
      for (d, deviation) in deviations.enumerated() {
        let value = deviation.factor * (try cell(row, deviation.column))
        if let i = scales[d] {
          s[i] = value * StateExpression.mandel(i)
        } else if let r = combinations.firstIndex(where: {
          table.columns[$0.column].name == deviation.of
        }) {
          t[r] = value
        }
      }
      spread += s
      combinedSpread += t
    }
    var o = Observations(coordinateCount: 6, responseCount: 6, values: values)
    o.combinations = .init(
      matrix: combinations.flatMap { $0.expression.coefficients }, values: combined)
    if !deviations.isEmpty {
      o.deviations = spread
      o.combinationDeviations = combinedSpread
    }
    observations = o
    names = table.rows.enumerated().map { i, row in
      nameColumn.map { row.cells[$0] } ?? "\(i + 1)"
    }
    lines = table.rows.map(\.line)
    file = table.file
    citation = table.comments.joined(separator: " ")
  }

  /// From homogeneous tests, whose loading is known exactly: no shear, volume kept where none was measured,
  /// equal lateral stresses in tension. Stretches are measured strains, and every measured stress a
  /// difference from the stress on the free face.
  init(tests path: String) throws {
    let tests = try MaterialTest.read([path])
    // Rows of constraints: three shears, ln J, T_22 = T_33, T_11 = T_22, H_22 = 0.
    func row(_ entries: (Int, Double)...) -> [Double] {
      var out = [Double](repeating: 0, count: 12)
      for (i, value) in entries { out[i] = value }
      return out
    }
    let constraints = [
      row((3, 1)), row((4, 1)), row((5, 1)), row((0, 1), (1, 1), (2, 1)), row((7, 1), (8, -1)),
      row((6, 1), (7, -1)), row((1, 1)),
    ]
    let combinations = [row((6, 1), (8, -1)), row((7, 1), (8, -1)), row((6, 1), (7, -1))]
    let nan = Double.nan
    var (values, limits, combined): ([Double], [Double], [Double]) = ([], [], [])
    var points: [TestPoint] = []
    var (names, lines): ([String], [Int?]) = ([], [])
    for test in tests {
      guard test.mode != .simpleShear else {
        throw InputError(
          test.file, line: test.rows[0].line,
          "simple shear turns the axes of strain, so its stress is no component in them; "
            + "give strains and stresses by components")
      }
      for (i, point) in test.rows.enumerated() {
        let mode = test.mode
        let J = point.volumeRatio ?? 1
        let second = mode == .equibiaxial ? point.stretch : point.second ?? 1
        let sides: [Double] =
          mode == .uniaxial
          ? [point.stretch, (J / point.stretch).squareRoot()] : [point.stretch, second]
        // T = λ P = J σ.
        func conjugate(_ stress: Double, _ stretch: Double) -> Double {
          test.isTrueStress ? J * stress : stretch * stress
        }
        values += [
          log(point.stretch), mode == .biaxial ? log(second) : nan, nan, nan, nan, nan,
          nan, nan, nan, nan, nan, nan,
        ]
        limits += [
          0, 0, 0, log(J), mode == .uniaxial ? 0 : nan, mode == .equibiaxial ? 0 : nan,
          mode == .pureShear ? 0 : nan,
        ]
        // Where the file speaks of the stress on the free face, what is not written there is not known.
        let lateral =
          test.hasLateralStress
          ? point.lateralStress.map { conjugate($0, J / (sides[0] * sides[1])) } ?? nan : 0
        let first = point.stress.map { conjugate($0, sides[0]) } ?? nan
        combined += [
          first - lateral,
          mode == .uniaxial || mode == .equibiaxial
            ? nan : (point.secondStress.map { conjugate($0, sides[1]) } ?? nan) - lateral,
          point.stressDifference.map { J * $0 } ?? nan,
        ]
        points.append(
          TestPoint(
            test: test.name, mode: mode, stretch: point.stretch,
            nominal: first / point.stretch))
        names.append("\(test.name) \(i + 1)")
        lines.append(point.line)
      }
    }
    var o = Observations(coordinateCount: 6, responseCount: 6, values: values)
    o.combinations = .init(matrix: combinations.flatMap { $0 }, values: combined)
    o.constraints = .init(matrix: constraints.flatMap { $0 }, values: limits)
    observations = o
    self.names = names
    self.lines = lines
    self.tests = points
    file = path
    citation = tests.first?.citation ?? ""
  }
}
