import Manifold
import Mechanics
import Storage

/// Observations in HDF5.
///
///     /strain  [N, 6]      NaN: not seen. Small strain, or Hencky strain ½ ln C for a law of finite strain
///     /stress  [N, 6]      with the attribute `units`; conjugate to the strain
///     /strain_sd, /stress_sd   [N, 6] or [6], optional: standard deviations
///     /constraints/matrix  [k, 12], /constraints/values [k] or [N, k] (NaN: does not apply), optional
///     /combinations/matrix [q, 12], /combinations/values [N, q], /combinations/sd [N, q] or [q], optional
///     /name  [N] texts, optional
///
/// The root's attribute `components` is `mandel` (xx, yy, zz, √2·yz, √2·zx, √2·xy; the default) or `tensor`
/// (xx, yy, zz, yz, zx, xy). Matrices act on (strain, stress) as the file writes them, in its units.
enum ObservationGroup {
  /// Number of observations in a file.
  /// - Throws: `InputError` where it holds none.
  static func count(_ root: borrowing H5Group, _ path: String) throws -> Int {
    guard let name = ["strain", "stress"].first(where: { root.contains($0) }) else {
      throw InputError(
        path, "holds neither 'strain' nor 'stress'; give arrays [N, 6] of these names")
    }
    guard let count = try root.shape(of: name).first, count > 0 else {
      throw InputError(path, key: name, "has no rows")
    }
    return count
  }

  /// Names of the observations, where the file holds some.
  static func names(_ root: borrowing H5Group, _ path: String, count: Int) throws -> [String]? {
    guard root.contains("name") else { return nil }
    let names = try root.readStrings("name").values
    guard names.count == count else {
      throw InputError(path, key: "name", "has \(names.count) texts for \(count) rows")
    }
    return names
  }

  /// Some rows of a file of `total` observations; `names` are those of all.
  static func read(
    _ root: borrowing H5Group, _ path: String, rows: Range<Int>, of total: Int, names: [String]?
  ) throws -> ObservedStates {
    func fail(_ place: String, _ problem: String) -> InputError {
      InputError(path, key: place, problem)
    }
    let order =
      root.hasAttribute("components") ? try root.stringAttribute("components") : "mandel"
    guard order == "mandel" || order == "tensor" else {
      throw fail("components", "is '\(order)'; choose from mandel, tensor")
    }
    func shear(_ i: Int) -> Double { order == "tensor" ? StateExpression.mandel(i) : 1 }

    let strain = try array("strain", root, rows, total, fail)
    let stress = try array("stress", root, rows, total, fail)
    let N = rows.count
    let factor = try stress.map { try self.factor($0.unit, "stress", fail) } ?? 1
    /// From the file's numbers to SI and Mandel.
    func scale(_ c: Int) -> Double { (c < 6 ? 1 : factor) * shear(c) }
    var values = [Double](repeating: .nan, count: 12 * N)
    for p in 0..<N {
      for i in 0..<6 {
        if let strain { values[12 * p + i] = strain.values[6 * p + i] * scale(i) }
        if let stress { values[12 * p + 6 + i] = stress.values[6 * p + i] * scale(6 + i) }
      }
    }
    var o = Observations(coordinateCount: 6, responseCount: 6, values: values)
    o.deviations = try deviations(root, rows, total, scale, fail)
    o.constraints = try self.rows("constraints", root, rows, total, scale, fail)
    o.combinations = try self.rows("combinations", root, rows, total, scale, fail)
    if root.contains("combinations/sd") {
      o.combinationDeviations = try spread(
        "combinations/sd", root, rows, total, o.combinationCount, fail)
    }
    return ObservedStates(
      observations: o, names: names.map { Array($0[rows]) } ?? rows.map { "\($0 + 1)" },
      lines: Array(repeating: nil, count: N), file: path,
      citation: root.hasAttribute("citation") ? try root.stringAttribute("citation") : "",
      tests: nil)
  }

  private static func array(
    _ name: String, _ root: borrowing H5Group, _ rows: Range<Int>, _ total: Int,
    _ fail: (String, String) -> InputError
  ) throws -> H5Array<Double>? {
    guard root.contains(name) else { return nil }
    let shape = try root.shape(of: name)
    guard shape.count == 2, shape[1] == 6 else {
      throw fail(name, "has the shape \(shape); give [N, 6]")
    }
    guard shape[0] == total else {
      throw fail(name, "has \(shape[0]) rows, 'strain' has \(total)")
    }
    return try root.read(name, as: Double.self, rows: rows)
  }

  private static func factor(
    _ unit: String?, _ name: String, _ fail: (String, String) -> InputError
  ) throws -> Double {
    guard let unit else { throw fail(name, "has no attribute 'units'; write for example MPa") }
    do {
      return try PhysicalUnit.parse(unit, as: .pressure, of: name).factor
    } catch { throw fail(name, error.description) }
  }

  private static func deviations(
    _ root: borrowing H5Group, _ rows: Range<Int>, _ total: Int, _ scale: (Int) -> Double,
    _ fail: (String, String) -> InputError
  ) throws -> [Double]? {
    let N = rows.count
    guard root.contains("strain_sd") || root.contains("stress_sd") else { return nil }
    var out = [Double](repeating: .nan, count: 12 * N)
    for (name, first) in [("strain_sd", 0), ("stress_sd", 6)] where root.contains(name) {
      let list = try spread(name, root, rows, total, 6, fail)
      for p in 0..<N {
        for i in 0..<6 { out[12 * p + first + i] = list[6 * p + i] * scale(first + i) }
      }
    }
    return out
  }

  /// The rows of [N, q] as they are, [q] for every row.
  private static func spread(
    _ name: String, _ root: borrowing H5Group, _ rows: Range<Int>, _ total: Int, _ q: Int,
    _ fail: (String, String) -> InputError
  ) throws -> [Double] {
    let shape = try root.shape(of: name)
    if shape == [total, q] { return try root.read(name, as: Double.self, rows: rows).values }
    guard shape == [q] else {
      throw fail(name, "has the shape \(shape); give [\(total), \(q)] or [\(q)]")
    }
    let values = try root.readDoubles(name).values
    return rows.flatMap { _ in values }
  }

  private static func rows(
    _ name: String, _ root: borrowing H5Group, _ rows: Range<Int>, _ total: Int,
    _ scale: (Int) -> Double, _ fail: (String, String) -> InputError
  ) throws -> Observations.Rows {
    guard root.contains("\(name)/matrix") else { return .none }
    let matrix = try root.readDoubles("\(name)/matrix")
    guard matrix.shape.count == 2, matrix.shape[1] == 12 else {
      throw fail("\(name)/matrix", "has the shape \(matrix.shape); give [rows, 12]")
    }
    let q = matrix.shape[0]
    let values = try spread("\(name)/values", root, rows, total, q, fail)
    let coefficients = matrix.values.indices.map { matrix.values[$0] / scale($0 % 12) }
    return .init(matrix: coefficients, values: values)
  }
}
