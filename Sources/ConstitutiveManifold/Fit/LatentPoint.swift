import FixedPoint
import Glibc
import LinearAlgebra
import Manifold
import Mechanics

/// Standard deviations of what a test measures.
///
/// Each is a share of the value and an absolute part, added in squares; of a stretch the share is of
/// λ − 1 (of a shear of γ). Ordinary regression is `strain == .zero`.
public struct MeasurementNoise: Sendable, Equatable {
  /// A share of the value, and an absolute part in its unit (Pa for stresses, 1 for stretches).
  public struct Deviation: Sendable, Equatable {
    /// Share and absolute part.
    public var relative: Double, absolute: Double
    /// Both default to none.
    public init(relative: Double = 0, absolute: Double = 0) {
      self.relative = relative
      self.absolute = absolute
    }
    /// Exact.
    public static let zero = Deviation()

    func of(_ value: Double) -> Double {
      (relative * value * (relative * value) + absolute * absolute).squareRoot()
    }
  }

  /// Of stretches and shears.
  public var strain: Deviation
  /// Of stresses; nil: a share of the stress, estimated from the residuals.
  public var stress: Deviation?

  /// From both parts.
  public init(strain: Deviation, stress: Deviation? = nil) {
    self.strain = strain
    self.stress = stress
  }
}

/// Standard deviations as one round of a fit uses them: per observation in units of the stress scale, per
/// point of every test for both stretches; `total` of every observation is what both together give.
package struct PointNoise: Sendable {
  var stress: [Double]
  var strain: [[SIMD2<Double>]]
  var total: [Double]

  package init(stress: [Double], strain: [[SIMD2<Double>]], total: [Double]) {
    (self.stress, self.strain, self.total) = (stress, strain, total)
  }
}

/// A law's energy along paths, and how it answers to the unknowns: all that a projection needs of a law.
protocol PathEnergy {
  /// dW/dt and d²W/dt² where the path stands, in units of the stress scale.
  mutating func energy(along path: PathPoint) -> (first: Double, second: Double)

  /// Adds scale · ∂(dW/dt)/∂θ to a row of J.
  mutating func addGradient(
    along path: PathPoint, scale: Double, row: Int, to J: inout DenseMatrix)
}

/// One measured point with uncertain strain: its true stretches are unknown and are found by projecting
/// the observation on the law's curve.
///
/// For stretches λ = λ̂ + s δ and whitened stress errors ε(λ) the point contributes
/// ½ min over δ of ‖δ‖² + ‖ε‖²: half the squared distance to the manifold. At the minimum δ = −Tᵀ ε with
/// T = ∂ε/∂δ, so that the distance is εᵀ (1 + T Tᵀ) ε. With the Cholesky factor L of 1 + T Tᵀ the residual
/// Lᵀ ε has the derivative L⁻¹ ∂ε/∂θ at fixed λ: by the envelope theorem nothing is differentiated
/// through the projection, and the row is short where the curve is steep.
/// Sources: Golub & LeVeque (1979) on separable problems; Boggs, Byrd & Schnabel, SIAM J. Sci. Stat.
/// Comput. 8 (1987) on orthogonal distance regression.
package struct LatentPoint: Sendable {
  /// Indices of the point's observations in the setup.
  let observations: [Int]
  let mode: HomogeneousMode
  /// Measured stretches (or shear), their standard deviations.
  let measured: SIMD2<Double>, deviation: SIMD2<Double>
  let isTrue: Bool
  /// Kinds, targets and standard deviations of the stresses, in units of the stress scale.
  let components: [PathPoint.Component], targets: [Double], deviations: [Double]
  /// Whether one path through the state gives all that is needed.
  private var isLine: Bool {
    mode != .biaxial && components.count == 1 && components[0] == .first
  }

  /// The stretches nearest to the observation, as the last projection found them.
  private(set) var stretches: SIMD2<Double>
  /// Half the squared whitened distance, as the last projection found it.
  private(set) var squareDistance = 0.0
  /// Stress errors at the measured stretches in units of their deviations, and how far one standard
  /// deviation of the stretches moves each stress, in the same units.
  private(set) var rawErrors: [Double] = [], rawShifts: [Double] = []

  init(_ observations: [Int], _ data: FitData, _ noise: PointNoise) {
    self.observations = observations
    let all = observations.map { data.observations[$0] }
    let (test, p) = (data.tests[all[0].test], all[0].point)
    mode = test.mode
    measured = SIMD2(test.stretches[p], test.secondStretch(p))
    var deviation = noise.strain[all[0].test][p]
    if mode != .biaxial { deviation.y = 0 }
    self.deviation = deviation
    isTrue = test.measure == .true && mode != .simpleShear
    components = all.map(\.component)
    targets = all.map { $0.target / data.stressScale }
    deviations = observations.map { noise.stress[$0] }
    stretches = measured
  }

  /// Whitened stress errors and their derivatives with respect to both stretches.
  private typealias Values = (error: [Double], slope: [SIMD2<Double>])

  private func values(_ law: inout some PathEnergy, _ l: SIMD2<Double>) -> Values {
    if isLine {
      let path = PathPoint(mode, l.x, second: l.y)
      let (first, second) = law.energy(along: path)
      let factor = (isTrue ? l.x : 1) / path.share
      let change = isTrue ? first / path.share : 0
      return (
        [(factor * first - targets[0]) / deviations[0]],
        [SIMD2(change + factor * second, 0) / deviations[0]]
      )
    }
    // W₁, W₂ and the second derivatives in the plane of both stretches.
    func along(_ d: SIMD2<Double>) -> (first: Double, second: Double) {
      law.energy(along: PathPoint(plane: l, direction: d))
    }
    let (a, b, c) = (along(SIMD2(1, 0)), along(SIMD2(0, 1)), along(SIMD2(1, 1)))
    let mixed = 0.5 * (c.second - a.second - b.second)
    var out: Values = ([], [])
    for (k, component) in components.enumerated() {
      let value: Double
      var slope: SIMD2<Double>
      switch component {
      case .second:
        value = (isTrue ? l.y : 1) * b.first
        slope = (isTrue ? l.y : 1) * SIMD2(mixed, b.second) + SIMD2(0, isTrue ? b.first : 0)
      case .difference:
        value = l.x * a.first - l.y * b.first
        slope = l.x * SIMD2(a.second, mixed) - l.y * SIMD2(mixed, b.second)
        slope += SIMD2(a.first, -b.first)
      default:
        value = (isTrue ? l.x : 1) * a.first
        slope = (isTrue ? l.x : 1) * SIMD2(a.second, mixed) + SIMD2(isTrue ? a.first : 0, 0)
      }
      out.error.append((value - targets[k]) / deviations[k])
      out.slope.append(slope / deviations[k])
    }
    return out
  }

  /// Projects on the law, and writes the point's residuals (and rows of J) from `row`
  /// on; false where the law has no value.
  mutating func project(
    _ law: inout some PathEnergy, _ scale: Double, _ row: Int, _ r: inout [Double],
    _ J: inout DenseMatrix, _ derivatives: Bool
  ) -> Bool {
    var delta = SIMD2<Double>.zero
    func cost(_ v: Values, _ d: SIMD2<Double>) -> Double {
      (d * d).sum() + v.error.reduce(0) { $0 + $1 * $1 }
    }
    var now = values(&law, measured)
    var here = cost(now, delta)
    guard here.isFinite else { return false }
    rawErrors = now.error
    rawShifts = now.slope.map { ($0 * deviation * ($0 * deviation)).sum().squareRoot() }
    // Newton with the Hessian of Gauss–Newton, kept up by BFGS: superlinear also where residuals are large
    // and the curve bends, so that the point found is stationary and the envelope theorem holds.
    var (B, g) = normalEquations(now, delta)
    for _ in 0..<100 {
      let det = B.x * B.z - B.y * B.y
      var step = SIMD2(-B.z * g.x + B.y * g.y, B.y * g.x - B.x * g.y) / det
      var accepted = false
      for _ in 0..<40 {
        let trial = values(&law, measured + deviation * (delta + step))
        let there = cost(trial, delta + step)
        // Round-off in the cost must not stop the last steps towards a stationary point.
        if there.isFinite, there <= here * (1 + 1e-15) {
          (delta, now, here, accepted) = (delta + step, trial, there, true)
          break
        }
        step *= 0.5
      }
      if !accepted || (step * step).sum() < 1e-24 * (1 + (delta * delta).sum()) { break }
      let next = normalEquations(now, delta).gradient
      update(&B, step, next - g)
      g = next
    }
    stretches = measured + deviation * delta
    squareDistance = 0.5 * here
    write(&law, now, scale, row, &r, &J, derivatives)
    return true
  }

  /// 1 + TᵀT (11, 12, 22) and the gradient δ + Tᵀ ε of half the cost.
  private func normalEquations(
    _ v: Values, _ delta: SIMD2<Double>
  ) -> (matrix: SIMD3<Double>, gradient: SIMD2<Double>) {
    var (A, g) = (SIMD3(1.0, 0, 1), delta)
    for (e, s) in zip(v.error, v.slope) {
      let t = s * deviation
      A += SIMD3(t.x * t.x, t.x * t.y, t.y * t.y)
      g += e * t
    }
    return (A, g)
  }

  /// The BFGS update of B for a step s and a change y of the gradient.
  private func update(_ B: inout SIMD3<Double>, _ s: SIMD2<Double>, _ y: SIMD2<Double>) {
    let Bs = SIMD2(B.x * s.x + B.y * s.y, B.y * s.x + B.z * s.y)
    let (sBs, ys) = ((s * Bs).sum(), (s * y).sum())
    guard sBs > 0, ys > 1e-10 * sBs else { return }
    B += SIMD3(y.x * y.x, y.x * y.y, y.y * y.y) / ys
    B -= SIMD3(Bs.x * Bs.x, Bs.x * Bs.y, Bs.y * Bs.y) / sBs
  }

  private func write(
    _ law: inout some PathEnergy, _ v: Values, _ scale: Double, _ row: Int,
    _ r: inout [Double], _ J: inout DenseMatrix, _ derivatives: Bool
  ) {
    let m = observations.count
    // The lower factor of 1 + T Tᵀ, row by row.
    var L = [Double](repeating: 0, count: m * m)
    for i in 0..<m {
      for j in 0...i {
        var sum = (v.slope[i] * deviation * (v.slope[j] * deviation)).sum() + (i == j ? 1 : 0)
        for k in 0..<j { sum -= L[m * i + k] * L[m * j + k] }
        L[m * i + j] = i == j ? sum.squareRoot() : sum / L[m * j + j]
      }
    }
    var square = 0.0
    for i in 0..<m {
      r[row + i] = (i..<m).reduce(0) { $0 + L[m * $1 + i] * v.error[$1] }
      square += r[row + i] * r[row + i]
    }
    // At the projection both are one; the distance itself errs by the square of what the projection
    // misses, the formula by that itself.
    let exact = square > 0 ? scale * (2 * squareDistance / square).squareRoot() : scale
    for i in 0..<m { r[row + i] *= exact }
    guard derivatives else { return }
    for i in 0..<m {
      addRow(i, 1 / deviations[i], &law, row + i, &J)
      for j in 0..<J.columns {
        var x = J.values[row + i + J.rows * j]
        // Rows above are done: forward substitution with L.
        for k in 0..<i { x -= L[m * i + k] * J.values[row + k + J.rows * j] / scale }
        J.values[row + i + J.rows * j] = scale * x / L[m * i + i]
      }
    }
  }

  /// ∂(stress i)/∂θ at the projected stretches.
  private func addRow(
    _ i: Int, _ scale: Double, _ law: inout some PathEnergy, _ row: Int, _ J: inout DenseMatrix
  ) {
    func add(_ path: PathPoint, _ factor: Double) {
      law.addGradient(along: path, scale: scale * factor, row: row, to: &J)
    }
    let l = stretches
    if isLine {
      let path = PathPoint(mode, l.x, second: l.y)
      return add(path, (isTrue ? l.x : 1) / path.share)
    }
    switch components[i] {
    case .second: add(PathPoint(plane: l, direction: SIMD2(0, 1)), isTrue ? l.y : 1)
    case .difference: add(PathPoint(plane: l, direction: SIMD2(l.x, -l.y)), 1)
    default: add(PathPoint(plane: l, direction: SIMD2(1, 0)), isTrue ? l.x : 1)
    }
  }
}

extension FitData {
  /// The points of some of the observations, with uncertain strains; what was seen of one point together.
  func latentPoints(_ subset: [Int], _ noise: PointNoise) -> [LatentPoint] {
    var out: [LatentPoint] = []
    var next = 0
    while next < subset.count {
      let o = observations[subset[next]]
      var group: [Int] = []
      while next < subset.count {
        let other = observations[subset[next]]
        guard other.test == o.test, other.point == o.point else { break }
        group.append(subset[next])
        next += 1
      }
      out.append(LatentPoint(group, self, noise))
    }
    return out
  }
}
