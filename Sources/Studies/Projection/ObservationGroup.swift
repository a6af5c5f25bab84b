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
  static func read(_ path: String) throws -> ObservedStates {
    let file = try H5File.open(at: path)
    return try read(file.root, path)
  }

  private static func read(_ root: borrowing H5Group, _ path: String) throws -> ObservedStates {
    func fail(_ place: String, _ problem: String) -> InputError {
      InputError(path, key: place, problem)
    }
    guard root.contains("strain") || root.contains("stress") else {
      throw InputError(
        path, "holds neither 'strain' nor 'stress'; give arrays [N, 6] of these names")
    }
    let order =
      root.hasAttribute("components") ? try root.stringAttribute("components") : "mandel"
    guard order == "mandel" || order == "tensor" else {
      throw fail("components", "is '\(order)'; choose from mandel, tensor")
    }
    func shear(_ i: Int) -> Double { order == "tensor" ? StateExpression.mandel(i) : 1 }

    let strain = try array("strain", root, fail)
    let stress = try array("stress", root, fail)
    let N = strain?.shape[0] ?? stress!.shape[0]
    guard stress == nil || stress!.shape[0] == N else {
      throw fail("stress", "has \(stress!.shape[0]) rows, 'strain' has \(N)")
    }
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
    o.deviations = try deviations(root, N, scale, fail)
    o.constraints = try rows("constraints", root, N, scale, fail)
    o.combinations = try rows("combinations", root, N, scale, fail)
    if root.contains("combinations/sd") {
      o.combinationDeviations = try spread(
        root.readDoubles("combinations/sd"), N, o.combinationCount, "combinations/sd", fail)
    }
    let names =
      root.contains("name") ? try root.readStrings("name").values : (1...max(N, 1)).map { "\($0)" }
    guard N > 0 else { throw fail("strain", "has no rows") }
    guard names.count == N else { throw fail("name", "has \(names.count) texts for \(N) rows") }
    return ObservedStates(
      observations: o, names: names, lines: Array(repeating: nil, count: N), file: path,
      citation: root.hasAttribute("citation") ? try root.stringAttribute("citation") : "",
      tests: nil)
  }

  private static func array(
    _ name: String, _ root: borrowing H5Group, _ fail: (String, String) -> InputError
  ) throws -> H5Array<Double>? {
    guard root.contains(name) else { return nil }
    let array = try root.readDoubles(name)
    guard array.shape.count == 2, array.shape[1] == 6 else {
      throw fail(name, "has the shape \(array.shape); give [N, 6]")
    }
    return array
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
    _ root: borrowing H5Group, _ N: Int, _ scale: (Int) -> Double,
    _ fail: (String, String) -> InputError
  ) throws -> [Double]? {
    guard root.contains("strain_sd") || root.contains("stress_sd") else { return nil }
    var out = [Double](repeating: .nan, count: 12 * N)
    for (name, first) in [("strain_sd", 0), ("stress_sd", 6)] where root.contains(name) {
      let list = try spread(root.readDoubles(name), N, 6, name, fail)
      for p in 0..<N {
        for i in 0..<6 { out[12 * p + first + i] = list[6 * p + i] * scale(first + i) }
      }
    }
    return out
  }

  /// [N, q] as it is, [q] for every row.
  private static func spread(
    _ array: H5Array<Double>, _ N: Int, _ q: Int, _ name: String,
    _ fail: (String, String) -> InputError
  ) throws -> [Double] {
    if array.shape == [N, q] { return array.values }
    guard array.shape == [q] else {
      throw fail(name, "has the shape \(array.shape); give [\(N), \(q)] or [\(q)]")
    }
    return (0..<N).flatMap { _ in array.values }
  }

  private static func rows(
    _ name: String, _ root: borrowing H5Group, _ N: Int, _ scale: (Int) -> Double,
    _ fail: (String, String) -> InputError
  ) throws -> Observations.Rows {
    guard root.contains("\(name)/matrix") else { return .none }
    let matrix = try root.readDoubles("\(name)/matrix")
    guard matrix.shape.count == 2, matrix.shape[1] == 12 else {
      throw fail("\(name)/matrix", "has the shape \(matrix.shape); give [rows, 12]")
    }
    let q = matrix.shape[0]
    let values = try spread(root.readDoubles("\(name)/values"), N, q, "\(name)/values", fail)
    let coefficients = matrix.values.indices.map { matrix.values[$0] / scale($0 % 12) }
    return .init(matrix: coefficients, values: values)
  }
}
