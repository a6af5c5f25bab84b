import Glibc
import Mechanics

/// Eight observations on their way to the manifold, side by side.
///
/// Newton's method on the coordinates x for
///
///     min f(x) = ½ (z − ẑ)·W·(z − ẑ)   with z = (x, y(x)),   subject to   G z = c
///
/// The Hessian of the Lagrangian is TᵀWT + Σ_a r_a ∂²y_a/∂x², T = (1, ∂y/∂x), r the force on y from the
/// distance and the constraints. Its second part is a difference of tangents: along r alone where y is a
/// gradient (one evaluation), along every coordinate otherwise. The first step leaves it out (Gauss and
/// Newton); where it makes the Hessian indefinite it is left out again. Steps that do not lower the
/// augmented Lagrangian are refused, damped (Levenberg and Marquardt) and shortened. Every lane is
/// accepted, refused and finished by itself; lanes that are done rest.
///
/// Where what was seen may leave directions open, a first phase adds ½ ε |z|² in the metric, which picks the
/// smallest state among those that fit; the second phase drops the term and keeps its Hessian as damping,
/// so that what is determined is exact and what is open stays.
struct ProjectionGroup {
  /// What the Newton iteration needs of the observations.
  struct Problem {
    var target, weights, constraints, limits: [Lanes]
    /// Typical weight relative to the metric, metric length of ẑ.
    var level = Lanes(repeating: 1), length = Lanes()
    /// Lanes whose seen components may leave directions open.
    var mayBeOpen = LaneMask(all: false)
  }

  /// A state on the manifold with all that belongs to it.
  struct Solution {
    var x, y, D, force, curvature, multipliers, violation: [Lanes]
    /// f, iterations, length of the next Newton step relative to the state.
    var objective = Lanes(repeating: .infinity), iterations = Lanes(), residual = Lanes()
    var converged = LaneMask(all: false)
  }

  let n: Int, m: Int, w: Int, k: Int
  let metric: ObservationPattern.Metric
  let isPotential: Bool
  let tolerance: Double, iterationLimit: Int
  /// Whether weights couple a coordinate with a response; whether they come from standard deviations;
  /// whether they are the metric in every lane.
  var couples = false, isWeighted = false, isMetric = false
  var problem: Problem
  var solution: Solution
  /// Worst residual of the lanes after every number of corrections.
  private(set) var history: [Double] = []

  /// Trial states and the states whose differences give curvatures; the rest is the workspace of one step,
  /// shared by the iteration, its measures and its steps.
  var batch, probe: ManifoldBatch
  var trialForce, trialViolation, difference, state: [Lanes]
  var trialObjective = Lanes()
  var gradient, A, H, metricH, work, bend, step, dual, schur, columns: [Lanes]
  var factor, schurFactor: LaneCholesky
  var lambda = Lanes(), stride = Lanes(repeating: 1), previous = Lanes()
  var firstPhase = LaneMask(all: false)

  /// Weight of the smallest-state term of the first phase, relative to the level of the weights.
  static let prior = 1e-6
  /// Steps below this share of the state are taken without asking the merit function, whose rounding they
  /// would meet.
  private static let local = 1e-5

  init<M: Manifold>(
    _ manifold: M, metric: ObservationPattern.Metric, constraints k: Int, tolerance: Double,
    iterationLimit: Int
  ) {
    n = manifold.coordinateCount
    m = manifold.responseCount
    w = n + m
    self.k = k
    self.metric = metric
    isPotential = manifold.isPotential
    self.tolerance = tolerance
    self.iterationLimit = iterationLimit
    func zeros(_ count: Int) -> [Lanes] { Array(repeating: Lanes(), count: count) }
    problem = Problem(
      target: zeros(w), weights: zeros(w * w), constraints: zeros(k * w), limits: zeros(k))
    solution = Solution(
      x: zeros(n), y: zeros(m), D: zeros(m * n), force: zeros(w), curvature: zeros(n * n),
      multipliers: zeros(k), violation: zeros(k))
    batch = ManifoldBatch(groups: 1, coordinateCount: n, responseCount: m)
    probe = batch
    (trialForce, trialViolation, difference, state) = (zeros(w), zeros(k), zeros(w), zeros(w))
    (gradient, A, H, metricH) = (zeros(n), zeros(k * n), zeros(n * n), zeros(n * n))
    (work, step, dual, schur) = (zeros(n * n), zeros(n), zeros(k), zeros(k * k))
    (bend, columns) = (zeros(n * n), zeros(k * n))
    factor = LaneCholesky(count: n)
    schurFactor = LaneCholesky(count: k)
  }

  /// Solves from the given coordinates; the result is `solution`.
  mutating func solve<M: Manifold>(_ manifold: M, from start: [Lanes]) {
    begin(manifold, start)
    var resting = LaneMask(all: false)
    var worst = Lanes(repeating: .infinity)
    for iteration in 0...iterationLimit {
      linearise()
      // After the first step, and again after long ones; shorter steps hardly change it.
      let isStale = (previous .> (iteration == 1 ? -1 : 1e-2)) .& .!resting
      if iteration > 0, any(isStale) { measureCurvature(manifold, where: isStale) }
      solveStep()
      let length = stateLength()
      let size = stepSize() / length
      let residual = pointwiseMax(size, violationSize() / length)
      solution.residual.replace(with: residual, where: .!resting)
      solution.iterations.replace(with: Lanes(repeating: Double(iteration)), where: .!resting)
      worst.replace(with: residual, where: .!resting)
      if iteration >= history.count { history.append(0) }
      history[iteration] = max(history[iteration], worst.max())

      // The first phase need not end sharply.
      let turning = firstPhase .& (residual .< 1e-6) .& .!resting
      if any(turning) {
        firstPhase = (firstPhase .& .!turning)
        remeasure()
      }
      let done = isDone(residual) .& .!resting .& .!turning
      finishLinearly(where: done .& (residual .> tolerance))
      worst.replace(with: solution.residual, where: done)
      for r in 0..<k { solution.multipliers[r].replace(with: dual[r], where: done) }
      solution.converged = (solution.converged .| done)
      resting = (resting .| done)
      previous.replace(with: residual, where: .!resting)
      previous.replace(with: .infinity, where: turning)
      if all(resting) || iteration == iterationLimit { break }
      advance(manifold, resting: resting .| turning, size: size)
    }
    // The last correction, and later entries of a longer history: this group stays where it ended.
    let last = Int(solution.iterations.max())
    while history.count <= last { history.append(0) }
    for i in history.indices.dropFirst(last) {
      history[i] = max(history[i], worst.max())
    }
  }

  /// Whether the iteration is over: at the tolerance; at rounding, where a tiny residual no longer falls; or
  /// where the coming step, too short for the manifold to bend (its square is below rounding), leaves less
  /// than the tolerance at the rate seen last.
  private func isDone(_ residual: Lanes) -> LaneMask {
    let rate = pointwiseMax(residual / previous, residual)
    let coming = (residual .< 1e-8) .& (residual * rate .<= 0.1 * tolerance)
    let rounding = (residual .< 1e-9) .& (rate .> 0.3)
    return (residual .<= tolerance) .| rounding .| (coming .& (stride .== 1) .& (lambda .== 0))
  }

  /// Takes the step at hand along the tangent.
  private mutating func finishLinearly(where last: LaneMask) {
    guard any(last) else { return }
    let share = Lanes().replacing(with: 1, where: last .& (stride .== 1) .& (lambda .== 0))
    for i in 0..<n { batch.coordinates[i] = solution.x[i] + share * step[i] }
    for a in 0..<m {
      var sum = Lanes()
      for i in 0..<n { sum += solution.D[n * a + i] * step[i] }
      batch.responses[a] = solution.y[a] + share * sum
    }
    measure()
    for i in 0..<n { solution.x[i].replace(with: batch.coordinates[i], where: last) }
    for a in 0..<m { solution.y[a].replace(with: batch.responses[a], where: last) }
    for i in 0..<w { solution.force[i].replace(with: trialForce[i], where: last) }
    for r in 0..<k {
      solution.violation[r].replace(with: trialViolation[r], where: last)
      solution.multipliers[r].replace(with: dual[r], where: last .& (share .== 1))
    }
    let rate = pointwiseMax(solution.residual / previous, solution.residual)
    let estimate = solution.residual.replacing(
      with: solution.residual * rate, where: share .== 1)
    solution.residual.replace(with: pointwiseMin(solution.residual, estimate), where: last)
    solution.iterations.replace(with: solution.iterations + share, where: last)
  }

  /// Makes a solution the present one.
  mutating func take(_ s: Solution) { solution = s }

  /// Evaluates the start; a start without value is drawn towards rest.
  private mutating func begin<M: Manifold>(_ manifold: M, _ start: [Lanes]) {
    lambda = Lanes()
    stride = Lanes(repeating: 1)
    previous = Lanes(repeating: .infinity)
    firstPhase = problem.mayBeOpen
    solution.converged = LaneMask(all: false)
    for i in 0..<n { batch.coordinates[i] = start[i] }
    for _ in 0..<12 {
      manifold.evaluate(&batch)
      let good = isFinite(batch)
      if all(good) { break }
      for i in 0..<n {
        batch.coordinates[i].replace(with: 0.5 * batch.coordinates[i], where: .!good)
      }
    }
    for i in 0..<k { solution.multipliers[i] = Lanes() }
    for i in 0..<n * n { solution.curvature[i] = Lanes() }
    measure()
    accept(where: LaneMask(all: true))
  }

  /// One trial of the step at hand.
  private mutating func advance<M: Manifold>(_ manifold: M, resting: LaneMask, size: Lanes) {
    let moving = .!resting
    let share = Lanes().replacing(with: stride, where: moving)
    for i in 0..<n { batch.coordinates[i] = solution.x[i] + share * step[i] }
    manifold.evaluate(&batch)
    measure()
    var before = solution.objective
    var after = trialObjective
    let rho = 10 * problem.level
    for r in 0..<k {
      let (a, b) = (solution.violation[r], trialViolation[r])
      before += a * (dual[r] + 0.5 * rho * a)
      after += b * (dual[r] + 0.5 * rho * b)
    }
    let lower = after .<= before + 1e-12 * before.magnitudes
    let good = isFinite(batch) .& (lower .| (size .< ProjectionGroup.local)) .& moving
    accept(where: good)
    for r in 0..<k { solution.multipliers[r].replace(with: dual[r], where: good) }
    let refused = moving .& .!good
    lambda.replace(with: pointwiseMax(8 * lambda, Lanes(repeating: 1e-2)), where: refused)
    stride.replace(with: 0.4 * stride, where: refused)
    lambda.replace(with: 0.1 * lambda, where: good)
    lambda.replace(with: Lanes(), where: lambda .< 1e-7)
    stride.replace(with: pointwiseMin(2.5 * stride, Lanes(repeating: 1)), where: good)
  }

  /// Takes the trial state in some lanes.
  private mutating func accept(where good: LaneMask) {
    for i in 0..<n { solution.x[i].replace(with: batch.coordinates[i], where: good) }
    for i in 0..<m { solution.y[i].replace(with: batch.responses[i], where: good) }
    for i in 0..<m * n { solution.D[i].replace(with: batch.tangents[i], where: good) }
    for i in 0..<w { solution.force[i].replace(with: trialForce[i], where: good) }
    for r in 0..<k { solution.violation[r].replace(with: trialViolation[r], where: good) }
    solution.objective.replace(with: trialObjective, where: good)
  }

  private func isFinite(_ batch: ManifoldBatch) -> LaneMask {
    var sum = Lanes()
    for i in 0..<m { sum += batch.responses[i] }
    for i in 0..<m * n { sum += batch.tangents[i] }
    return sum.isFinite
  }

  /// A start drawn about another, as far as half of what was seen, at most 0.3 per coordinate.
  func perturbed(_ start: [Lanes], _ random: inout SplitMix64) -> [Lanes] {
    (0..<n).map { i in
      let unit = (0.5 * metric.matrix[w * i + i]).squareRoot()
      let reach = pointwiseMin(0.5 * problem.length / unit, Lanes(repeating: 0.3))
      var out = start[i]
      for lane in 0..<8 { out[lane] += reach[lane] * random.uniform(-1, 1) }
      return out
    }
  }
}
