import FixedPoint
import Glibc
import LinearAlgebra
import Mechanics

extension PerturbedStage.Problem {
  /// A learned law that was fitted to homogeneous tests, before a measurement on a structure.
  ///
  /// The covariance of θ is (JᵀJ/s² + 1)⁻¹: J the derivatives of the tests' stresses (central
  /// differences), s the residual of the fit or one per cent of the stresses, whichever is larger, and a
  /// unit prior. The earlier misfit is the root mean square residual of the tests in Pa, its scale s.
  /// Constraints: no stress at rest, and nominal stresses that rise in uniaxial tension, equibiaxial
  /// tension and pure shear over `stable`.
  ///
  /// - Parameter structure: misfit of the structure under a law, any unit; nil where it has no answer.
  /// - Returns: nil for a law that is not learned.
  public init?(
    _ law: Law, fittedTo tests: [HomogeneousTest], stable: ClosedRange<Double> = 0.5...3,
    description: String, unit: String, structure: @escaping (Law) -> Double?
  ) {
    guard let chart = LawChart(law) else { return nil }
    let learned = tests.filter { !$0.heldOut }
    func residuals(_ law: Law) -> [Double] {
      learned.flatMap { test -> [Double] in
        let report = TestReport(test, law)
        let second = zip(report.secondPredicted ?? [], report.secondMeasured ?? [])
        return report.residuals + second.map { $0 - $1 }
      }
    }
    func rms(_ x: [Double]) -> Double {
      (x.reduce(0) { $0 + $1 * $1 } / Double(max(x.count, 1))).squareRoot()
    }
    let start = chart.origin
    let stresses = learned.flatMap { $0.stresses + ($0.secondStresses ?? []) }
    let scale = max(rms(residuals(law)), 0.01 * rms(stresses))
    guard scale > 0, scale.isFinite else { return nil }
    let n = start.count
    var H = DenseMatrix.identity(n)
    var columns: [[Double]] = []
    for k in 0..<n {
      let h = 1e-4
      var (up, down) = (start, start)
      up[k] += h
      down[k] -= h
      guard let a = chart(up), let b = chart(down) else { return nil }
      columns.append(zip(residuals(a), residuals(b)).map { ($0 - $1) / (2 * h * scale) })
    }
    for i in 0..<n {
      for j in 0..<n {
        H[i, j] += zip(columns[i], columns[j]).reduce(0) { $0 + $1.0 * $1.1 }
      }
    }
    guard let factor = try? Cholesky(H) else { return nil }
    var covariance = DenseMatrix(rows: n, columns: n)
    for j in 0..<n {
      var column = [Double](repeating: 0, count: n)
      column[j] = 1
      factor.solve(&column)
      for i in 0..<n { covariance[i, j] = column[i] }
    }
    self.init(
      start: start, covariance: covariance, law: { chart($0) }, structure: structure,
      earlier: { rms(residuals($0)) }, earlierScale: scale,
      constraints: { PerturbedStage.standardConstraints($0, stable: stable) },
      probes: learned.flatMap { test in
        (0..<test.count).map { test.deformation($0).rightCauchyGreen }
      }, description: description, unit: unit)
  }
}

extension PerturbedStage {
  /// No stress at rest (relative to the shear modulus), and rising nominal stresses over `stable`
  /// (shortfall of the slope relative to the shear modulus).
  public static func standardConstraints(
    _ law: Law, stable: ClosedRange<Double>
  ) -> [ConstraintReport] {
    let mu = law.shearModulusAtRest
    let rest = law.evaluate(strain: [1, 1, 1, 0, 0, 0]).stress
    let sweeps = law.stabilitySweep(stable, count: 60)
    func finite(_ x: Double) -> Double { x.isNaN ? .infinity : x }
    return [
      ConstraintReport(
        name: "natural state", kind: .equality, count: 6,
        residual: finite(rest.reduce(0) { max($0, abs($1)) } / mu), tolerance: 1e-6),
      ConstraintReport(
        name: "rising stress", kind: .inequality, count: sweeps.count,
        residual: finite(sweeps.reduce(0) { max($0, -$1.minimumTangent / mu) }), tolerance: 1e-6),
    ]
  }
}
