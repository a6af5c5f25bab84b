import Glibc
import Mechanics

/// A learned law of one component, y(x) = W′(x), with a convex potential and rest at the origin:
///
///     y = s_y ( k x̄ + Σ_j a_j (S(w_j x̄ + b_j) − S(b_j)) ),   x̄ = x / s_x,   S(z) = 1/(1 + e^(−z))
///
/// with k, a_j, w_j ≥ 0: W is a stack of one layer of softplus units with a non-negative output, and such
/// sums come arbitrarily close to any convex function of one variable, so that a second layer would add
/// nothing. y(0) = 0 and dy/dx ≥ 0 hold by construction, whatever the data said.
public struct MonotoneCurve: Manifold {
  /// s_x and s_y, in the units of x and y.
  public let scales: SIMD2<Double>
  /// k, then a, w, b of every unit.
  public let parameters: [Double]
  /// Smallest and largest x of the data it was learned from.
  public let range: ClosedRange<Double>
  /// The metric of a state (x, y).
  public let metric: StateMetric
  private let kernel: CurveKernel

  /// - Parameters:
  ///   - parameters: k and triples a, w, b; k, a, w not negative.
  ///   - metric: of one coordinate and one response.
  public init(
    scales: SIMD2<Double>, parameters: [Double], range: ClosedRange<Double>, metric: StateMetric
  ) {
    precondition(parameters.count % 3 == 1, "\(parameters.count) parameters, not 1 + 3 per unit")
    precondition(
      metric.coordinates.count == 1 && metric.responses.count == 1,
      "a curve lives in two dimensions")
    for (i, value) in parameters.enumerated() {
      precondition(i % 3 == 0 && i > 0 || value >= 0, "parameter \(i) is \(value), below zero")
    }
    self.scales = scales
    self.parameters = parameters
    self.range = range
    self.metric = metric
    kernel = CurveKernel(parameters)
  }

  /// Number of units.
  public var unitCount: Int { parameters.count / 3 }
  /// One coordinate.
  public var coordinateCount: Int { 1 }
  /// One response.
  public var responseCount: Int { 1 }
  /// y = W′.
  public var isPotential: Bool { true }
  /// By construction.
  public var isConvex: Bool { true }

  /// y and dy/dx at x.
  public func response(_ x: Double) -> (value: Double, slope: Double) {
    let point = kernel.evaluate(x / scales.x)
    return (scales.y * point.value, scales.y / scales.x * point.slope)
  }

  /// W at x, zero at rest.
  public func energy(_ x: Double) -> Double {
    let u = x / scales.x
    var W = 0.5 * parameters[0] * u * u
    for j in stride(from: 1, to: parameters.count, by: 3) {
      let (a, w, b) = (parameters[j], parameters[j + 1], parameters[j + 2])
      // (softplus(wu + b) − softplus(b))/w − S(b)u; the limit w → 0 is zero.
      if w > 0 {
        W += a * ((softplus(w * u + b) - softplus(b)) / w - CurveKernel.logistic(b) * u)
      }
    }
    return scales.x * scales.y * W
  }

  /// y and dy/dx of every point.
  public func evaluate(_ batch: inout ManifoldBatch) {
    for g in 0..<batch.groups {
      for lane in 0..<8 {
        let (y, slope) = response(batch.coordinates[g][lane])
        batch.responses[g][lane] = y
        batch.tangents[g][lane] = slope
      }
    }
  }

  /// Zero inside the range of the data, outside the distance in units of its length.
  public func distanceFromData(_ coordinates: [Double]) -> Double {
    let x = coordinates[0]
    guard x.isFinite else { return .infinity }
    let length = range.upperBound - range.lowerBound
    let beyond = max(range.lowerBound - x, x - range.upperBound, 0)
    return beyond == 0 ? 0 : beyond / (length > 0 ? length : abs(x))
  }

  private func softplus(_ z: Double) -> Double { max(z, 0) + log1p(exp(-abs(z))) }
}

/// The curve in its own units, y(u) = k u + Σ a (S(w u + b) − S(b)), and its derivatives.
package struct CurveKernel {
  private let p: [Double]
  /// S(b) of every unit.
  private let rest: [Double]

  /// From k and triples a, w, b.
  package init(_ parameters: [Double]) {
    p = parameters
    rest = stride(from: 1, to: parameters.count, by: 3).map {
      CurveKernel.logistic(parameters[$0 + 2])
    }
  }

  static func logistic(_ z: Double) -> Double { 1 / (1 + exp(-z)) }

  /// y, dy/du and d²y/du².
  package func evaluate(_ u: Double) -> (value: Double, slope: Double, curvature: Double) {
    var (y, first, second) = (p[0] * u, p[0], 0.0)
    for j in rest.indices {
      let (a, w, b) = (p[3 * j + 1], p[3 * j + 2], p[3 * j + 3])
      let S = CurveKernel.logistic(w * u + b)
      let dS = S * (1 - S)
      y += a * (S - rest[j])
      first += a * w * dS
      second += a * w * w * dS * (1 - 2 * S)
    }
    return (y, first, second)
  }

  /// ∂y/∂p at u, times a factor, into column-major storage with one row per data point.
  package func gradient(
    _ u: Double, factor: Double, into J: inout [Double], row: Int, rows: Int
  ) {
    J[row] = factor * u
    for j in rest.indices {
      let (a, w, b) = (p[3 * j + 1], p[3 * j + 2], p[3 * j + 3])
      let S = CurveKernel.logistic(w * u + b)
      J[row + rows * (3 * j + 1)] = factor * (S - rest[j])
      J[row + rows * (3 * j + 2)] = factor * a * S * (1 - S) * u
      J[row + rows * (3 * j + 3)] = factor * a * (S * (1 - S) - rest[j] * (1 - rest[j]))
    }
  }
}
