import FixedPoint
import Glibc
import Mechanics

/// The other way onto a manifold: keep x + A⁻¹y, that is, solve
///
///     A x + y(x) = A x̂ + ŷ
///
/// For a monotone y (the gradient of a convex potential) there is one solution for every observation, and
/// the way is stable however far the observation lies: x ↦ x + A⁻¹y(x) is one to one onto the whole space
/// (Minty, Duke Math. J. 29 (1962)), x = (1 + A⁻¹y)⁻¹ p is firmly non-expansive in A, and two states are no
/// farther apart in the metric than √2 times their observations:
///
///     |Δz|² = ½ |Δx|²_A + ½ |Δy|²_{A⁻¹} ≤ ½ |Δx + A⁻¹Δy|²_A = ½ |Δp|²_A ≤ 2 |Δẑ|²
///
/// The nearest point has no such bound; it has a better constant where the manifold is nearly flat. Complete
/// observations only, m = n, metric B = A⁻¹.
public struct ResolventProjection: Sendable {
  /// Length of the next Newton step relative to the state at which the iteration ends.
  public var tolerance = 1e-12
  /// Most Newton corrections.
  public var iterationLimit = 80

  /// With the defaults above.
  public init() {}

  /// States with the x + A⁻¹y of the observations; `expansion` is the spectral norm of the derivative in the
  /// metric, √2 √(1 + d²)/(1 + d) at the worst eigenvalue d of A⁻¹ ∂y/∂x. No covariance is computed.
  /// - Throws: `ProjectionError` for observations that are not complete.
  public func project<M: Manifold>(
    _ observations: Observations, onto manifold: M
  ) throws(ProjectionError) -> ProjectedStates {
    let n = manifold.coordinateCount
    precondition(manifold.responseCount == n, "a resolvent needs as many responses as coordinates")
    if let p = observations.values.firstIndex(where: { !$0.isFinite }) {
      throw .flawed(
        ObservationFlaw(
          observation: p / (2 * n), component: p % (2 * n),
          "was not seen; a resolvent needs complete observations"))
    }
    var run = ResolventRun(manifold, self)
    var states = ProjectedStates(count: observations.count, n: n, m: n, covariances: 0)
    for first in Swift.stride(from: 0, to: observations.count, by: 8) {
      run.solve(manifold, observations, first)
      run.write(observations, first, manifold.metric, to: &states)
    }
    states.record = ConvergenceRecord(
      residuals: run.history, iterations: states.iterations.max() ?? 0,
      reason: states.converged.allSatisfy { $0 } ? .converged : .iterationLimit)
    return states
  }
}

/// Eight observations at a time.
private struct ResolventRun {
  let n: Int
  let options: ResolventProjection
  let A: [Double]
  var batch: ManifoldBatch
  var x, y, D, goal, residual, trialResidual, step, K: [Lanes]
  var factor, metricFactor: LaneCholesky
  var iterations = Lanes(), size = Lanes(), converged = LaneMask(all: false)
  var history: [Double] = []

  init<M: Manifold>(_ manifold: M, _ options: ResolventProjection) {
    n = manifold.coordinateCount
    self.options = options
    A = manifold.metric.coordinates
    batch = ManifoldBatch(groups: 1, coordinateCount: n, responseCount: n)
    let zeros = [Lanes](repeating: Lanes(), count: n)
    (x, y, goal, residual, trialResidual, step) = (zeros, zeros, zeros, zeros, zeros, zeros)
    D = Array(repeating: Lanes(), count: n * n)
    K = D
    factor = LaneCholesky(count: n)
    metricFactor = LaneCholesky(count: n)
    _ = metricFactor.factorise(A.map { Lanes(repeating: $0) })
  }

  mutating func solve<M: Manifold>(_ manifold: M, _ o: Observations, _ first: Int) {
    for i in 0..<n {
      for lane in 0..<8 { batch.coordinates[i][lane] = value(o, first, lane, i) }
    }
    for i in 0..<n {
      var sum = Lanes()
      for lane in 0..<8 { sum[lane] = value(o, first, lane, n + i) }
      for j in 0..<n { sum += A[n * i + j] * batch.coordinates[j] }
      goal[i] = sum
    }
    var previous = Lanes(repeating: .infinity)
    var stride = Lanes(repeating: 1)
    var norm = Lanes(repeating: .infinity)
    var resting = LaneMask(all: false)
    converged = resting
    manifold.evaluate(&batch)
    for _ in 0..<12 {
      let good = isFinite()
      if all(good) { break }
      for i in 0..<n {
        batch.coordinates[i].replace(with: 0.5 * batch.coordinates[i], where: .!good)
      }
      manifold.evaluate(&batch)
    }
    norm = measure()
    accept(LaneMask(all: true))
    for iteration in 0...options.iterationLimit {
      let length = newtonStep()
      size.replace(with: length, where: .!resting)
      iterations.replace(with: Lanes(repeating: Double(iteration)), where: .!resting)
      if iteration >= history.count { history.append(0) }
      history[iteration] = max(history[iteration], size.max())
      let tiny = (size .< 1e-9) .& (size .> 0.3 * previous)
      let done = ((size .<= options.tolerance) .| tiny) .& .!resting
      converged = (converged .| done)
      resting = (resting .| done)
      previous.replace(with: size, where: .!resting)
      if all(resting) || iteration == options.iterationLimit { return }
      for i in 0..<n {
        batch.coordinates[i] = x[i] + stride.replacing(with: 0, where: resting) * step[i]
      }
      manifold.evaluate(&batch)
      let trial = measure()
      let good = isFinite() .& ((trial .< norm) .| (size .< 1e-7)) .& .!resting
      accept(good)
      norm.replace(with: trial, where: good)
      let refused = .!good .& .!resting
      stride.replace(with: 0.3 * stride, where: refused)
      stride.replace(with: pointwiseMin(3 * stride, Lanes(repeating: 1)), where: good)
    }
  }

  private func value(_ o: Observations, _ first: Int, _ lane: Int, _ i: Int) -> Double {
    o.values[2 * n * min(first + lane, o.count - 1) + i]
  }

  private func isFinite() -> LaneMask {
    var sum = Lanes()
    for i in 0..<n { sum += batch.responses[i] }
    for i in 0..<n * n { sum += batch.tangents[i] }
    return sum.isFinite
  }

  /// A x̂ + ŷ − A x − y of the trial; its length in the dual metric.
  private mutating func measure() -> Lanes {
    for i in 0..<n {
      var sum = goal[i] - batch.responses[i]
      for j in 0..<n { sum -= A[n * i + j] * batch.coordinates[j] }
      trialResidual[i] = sum
    }
    var copy = trialResidual
    metricFactor.forward(&copy)
    var square = Lanes()
    for i in 0..<n { square += copy[i] * copy[i] }
    return square.squareRoot()
  }

  private mutating func accept(_ good: LaneMask) {
    for i in 0..<n {
      x[i].replace(with: batch.coordinates[i], where: good)
      y[i].replace(with: batch.responses[i], where: good)
      residual[i].replace(with: trialResidual[i], where: good)
    }
    for i in 0..<n * n { D[i].replace(with: batch.tangents[i], where: good) }
  }

  /// (A + D) step = residual; the step's length relative to that of A⁻¹ goal, not less than 1e-6.
  private mutating func newtonStep() -> Lanes {
    for i in 0..<n * n { K[i] = D[i] + A[i] }
    _ = factor.factorise(K)
    for i in 0..<n { step[i] = residual[i] }
    factor.solve(&step)
    var scaled = goal
    metricFactor.forward(&scaled)
    var (own, all, floor) = (Lanes(), Lanes(), 0.0)
    for i in 0..<n {
      all += scaled[i] * scaled[i]
      floor += A[n * i + i]
      var sum = Lanes()
      for j in 0..<n { sum += A[n * i + j] * step[j] }
      own += sum * step[i]
    }
    let least = Lanes(repeating: 1e-12 * floor / Double(n))
    return (own / pointwiseMax(all, least)).squareRoot()
  }

  mutating func write(
    _ o: Observations, _ first: Int, _ metric: StateMetric, to states: inout ProjectedStates
  ) {
    K = D
    metricFactor.whiten(&K)
    var none: [Lanes] = []
    LaneMatrix.eigen(&K, &none, n)
    var worst = Lanes()
    for i in 0..<n {
      let d = K[n * i + i]
      worst = pointwiseMax(worst, (2 * (1 + d * d)).squareRoot() / (1 + d).magnitudes)
    }
    for lane in 0..<min(8, states.count - first) {
      let p = first + lane
      for i in 0..<n {
        states.coordinates[n * p + i] = x[i][lane]
        states.responses[n * p + i] = y[i][lane]
        states.singularValues[n * p + i] = 1
        states.forces[n * p + i] = 0
      }
      states.squareDistance[p] = metric.squareDistance(
        (0..<n).map { x[$0][lane] - o.values[2 * n * p + $0] },
        (0..<n).map { y[$0][lane] - o.values[2 * n * p + n + $0] })
      states.expansion[p] = worst[lane]
      states.degreesOfFreedom[p] = n
      states.iterations[p] = Int(iterations[lane])
      states.residual[p] = size[lane]
      states.converged[p] = converged[lane]
    }
  }
}
