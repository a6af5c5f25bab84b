import FixedPoint
import Glibc
import LinearAlgebra

/// The fixed point that a least-squares training ended in: its curvatures, and how fast iterations close
/// to it contract.
///
/// H = JᵀJ of the weighted residuals, in coordinates the caller scales. Its eigenvalues spread over many
/// decades ("sloppy" models: Transtrum, Machta & Sethna, Phys. Rev. E 83 (2011) 036701): few stiff
/// directions are determined by the data, the others by the prior or by nothing.
public struct FixedPointStability: Sendable, Equatable {
  /// Eigenvalues of JᵀJ, largest first; negative rounding is set to 0.
  public let curvatures: [Double]
  /// Added to every curvature by the prior; 0 without one.
  public let prior: Double
  /// Contraction rate that the record of the iteration shows at its end: the geometric mean of successive
  /// ratios of what the residual fell by, because the residual of a least-squares problem does not go to
  /// zero. Nil for a record that is too short.
  public let observedRate: Double?
  /// Order of convergence that the record shows; nil where the residual does not go to zero.
  public let observedOrder: Double?

  /// - Parameters:
  ///   - jacobian: residuals × parameters at the fixed point.
  ///   - prior: least curvature that a prior gives every direction.
  /// - Throws: `LinearSolverError` for a Jacobian that is not finite.
  public init(
    jacobian: DenseMatrix, prior: Double = 0, record: ConvergenceRecord? = nil
  ) throws(LinearSolverError) {
    let s = try jacobian.singularValues().values
    curvatures =
      s.map { $0 * $0 } + [Double](repeating: 0, count: max(jacobian.columns - s.count, 0))
    self.prior = prior
    observedRate = record.flatMap { FixedPointStability.rate($0.residuals) }
    let vanishes = (record?.residuals.last ?? 1) < 1e-6 * (record?.residuals.first ?? 0)
    observedOrder = vanishes ? record?.observedOrder() : nil
  }

  /// Geometric mean of the last three ratios of successive falls.
  private static func rate(_ residuals: [Double]) -> Double? {
    let falls = zip(residuals, residuals.dropFirst()).map { $0 - $1 }.filter { $0 > 0 }.suffix(4)
    guard let first = falls.first, let last = falls.last, falls.count > 1 else { return nil }
    return pow(last / first, 1 / Double(falls.count - 1))
  }

  /// From what a file holds.
  public init(
    curvatures: [Double], prior: Double, observedRate: Double?, observedOrder: Double?
  ) {
    self.curvatures = curvatures
    self.prior = prior
    self.observedRate = observedRate
    self.observedOrder = observedOrder
  }

  /// Directions whose curvature is at least this share of the largest one.
  public func stiffDirections(_ share: Double = 1e-4) -> Int {
    curvatures.count { $0 >= share * (curvatures.first ?? 0) && $0 > 0 }
  }

  /// Largest over smallest curvature, prior included; infinite where a direction has none.
  public var condition: Double {
    guard let first = curvatures.first, let last = curvatures.last else { return 1 }
    return last + prior > 0 ? (first + prior) / (last + prior) : .infinity
  }

  /// Whether every direction has a positive curvature, so that the fixed point attracts.
  public var isStable: Bool { (curvatures.last ?? 0) + prior > 0 }

  /// The best rate that gradient descent with a fixed step can have here, (κ − 1)/(κ + 1): why such data
  /// are fitted by second order.
  public var gradientDescentRate: Double {
    condition.isFinite ? (condition - 1) / (condition + 1) : 1
  }
}

/// How a map stretches small differences at a point: the singular values of its derivative, measured in
/// given metrics.
public struct Contraction: Sendable, Equatable {
  /// Singular values of B^½ DP A^(−½), largest first: the first is the Lipschitz constant there.
  public let singularValues: [Double]

  /// The largest: at most 1 where the map does not expand.
  public var spectralNorm: Double { singularValues.first ?? 0 }

  /// Differentiates a map by central differences of second order and measures it.
  ///
  /// - Parameters:
  ///   - steps: step of every coordinate.
  ///   - root: R (row by row, n × n) with metric A = RᵀR of the space that the map goes from and to; the
  ///     unit matrix where nil.
  /// - Returns: nil where the map has no value nearby or the derivative is not finite.
  public init?(
    at x: [Double], steps: [Double], root: DenseMatrix? = nil, map: ([Double]) -> [Double]?
  ) {
    let n = x.count
    precondition(steps.count == n, "\(steps.count) steps for \(n) coordinates")
    var J = DenseMatrix(rows: n, columns: n)
    for j in 0..<n {
      var (up, down) = (x, x)
      up[j] += steps[j]
      down[j] -= steps[j]
      guard let high = map(up), let low = map(down), high.count == n, low.count == n
      else { return nil }
      for i in 0..<n { J[i, j] = (high[i] - low[i]) / (up[j] - down[j]) }
    }
    if let root {
      // R J R⁻¹ from R J = X R, column by column of the transposed system.
      let RJ = root * J
      guard let lu = try? LU(root.transposed) else { return nil }
      var X = DenseMatrix(rows: n, columns: n)
      for i in 0..<n {
        var row = (0..<n).map { RJ[i, $0] }
        lu.solve(&row)
        for j in 0..<n { X[i, j] = row[j] }
      }
      J = X
    }
    guard let values = try? J.singularValues().values else { return nil }
    singularValues = values
  }
}
