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
  var problem: Problem
  private(set) var solution: Solution
  /// Worst residual of the lanes after every number of corrections.
  private(set) var history: [Double] = []

  private var batch, probe: ManifoldBatch
  private var trialForce, trialViolation, difference, state: [Lanes]
  private var trialObjective = Lanes()
  private var gradient, A, H, metricH, work, bend, step, dual, schur, columns: [Lanes]
  private var factor, schurFactor: LaneCholesky
  private var lambda = Lanes(), stride = Lanes(repeating: 1), previous = Lanes()
  private var firstPhase = LaneMask(all: false)

  /// Weight of the smallest-state term of the first phase, relative to the level of the weights.
  private static let prior = 1e-6
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

  // MARK: - The iteration

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

  // MARK: - Distance, forces, constraints

  /// f, W (z − ẑ) and G z − c of the trial state.
  private mutating func measure() {
    for i in 0..<n { state[i] = batch.coordinates[i] }
    for i in 0..<m { state[n + i] = batch.responses[i] }
    for i in 0..<w { difference[i] = state[i] - problem.target[i] }
    var twice = Lanes()
    for i in 0..<w {
      var sum = Lanes()
      for j in 0..<w { sum += problem.weights[w * i + j] * difference[j] }
      trialForce[i] = sum
      twice += sum * difference[i]
    }
    if any(firstPhase) {
      let weight = Lanes().replacing(
        with: ProjectionGroup.prior * problem.level, where: firstPhase)
      for i in 0..<w {
        let pull = weight * metricRow(i, state)
        trialForce[i] += pull
        twice += pull * state[i]
      }
    }
    trialObjective = 0.5 * twice
    for r in 0..<k {
      var sum = -problem.limits[r]
      for j in 0..<w { sum += problem.constraints[w * r + j] * state[j] }
      trialViolation[r] = sum
    }
  }

  /// Force and objective of the present state once more, after the phase has changed.
  private mutating func remeasure() {
    for i in 0..<n { batch.coordinates[i] = solution.x[i] }
    for i in 0..<m { batch.responses[i] = solution.y[i] }
    measure()
    for i in 0..<w { solution.force[i] = trialForce[i] }
    solution.objective = trialObjective
  }

  /// Row i of M times v; M couples no coordinate with a response.
  @inline(__always)
  private func metricRow(_ i: Int, _ v: [Lanes]) -> Lanes {
    var sum = Lanes()
    for j in i < n ? 0..<n : n..<w { sum += metric.matrix[w * i + j] * v[j] }
    return sum
  }

  /// Metric length of the state or of what was seen, whichever is longer; not less than that of
  /// coordinates of 1e-6.
  private func stateLength() -> Lanes {
    var square = Lanes()
    var floor = 0.0
    for i in 0..<n {
      var sum = Lanes()
      for j in 0..<n { sum += metric.matrix[w * i + j] * solution.x[j] }
      square += sum * solution.x[i]
      floor += metric.matrix[w * i + i]
    }
    for i in 0..<m {
      var sum = Lanes()
      for j in 0..<m { sum += metric.matrix[w * (n + i) + n + j] * solution.y[j] }
      square += sum * solution.y[i]
    }
    let own = (0.5 * square).squareRoot()
    let least = Lanes(repeating: 1e-6 * (0.5 * floor / Double(n)).squareRoot())
    return pointwiseMax(pointwiseMax(own, problem.length), least)
  }

  /// Length of the constraints' violation; rows have the length 1 in the dual metric.
  private func violationSize() -> Lanes {
    var square = Lanes()
    for r in 0..<k { square += solution.violation[r] * solution.violation[r] }
    return square.squareRoot()
  }

  /// Metric length of the step: as the weights see it, and a ten-thousandth of all of it, so that open
  /// directions, which only rounding moves, do not keep the iteration busy.
  private func stepSize() -> Lanes {
    var (all, seen) = (Lanes(), Lanes())
    for i in 0..<n {
      var (a, b) = (Lanes(), Lanes())
      for j in 0..<n {
        a += metricH[n * i + j] * step[j]
        b += work[n * i + j] * step[j]
      }
      all += a * step[i]
      seen += b * step[i]
    }
    let whole = (0.5 * all).squareRoot()
    guard any(problem.mayBeOpen) else { return whole }
    let part = (0.5 * pointwiseMax(seen, Lanes()) / problem.level).squareRoot()
    return whole.replacing(with: pointwiseMax(part, 1e-4 * whole), where: problem.mayBeOpen)
  }

  // MARK: - Newton's step

  /// Gradient, constraint rows and both Hessians (of the distance, of the metric length) of the present
  /// state. `work` keeps the Hessian of the distance without curvature.
  private mutating func linearise() {
    for i in 0..<n {
      var sum = solution.force[i]
      for a in 0..<m { sum += solution.D[n * a + i] * solution.force[n + a] }
      gradient[i] = sum
    }
    for r in 0..<k {
      for i in 0..<n {
        var sum = problem.constraints[w * r + i]
        for a in 0..<m { sum += problem.constraints[w * r + n + a] * solution.D[n * a + i] }
        A[n * r + i] = sum
      }
    }
    ProjectionGroup.pullBackMetric(n, m, metric.matrix, solution.D, into: &metricH)
    if isMetric {
      for i in 0..<n * n { work[i] = metricH[i] }
    } else {
      ProjectionGroup.pullBackWeights(
        n, m, problem.weights, couples: couples, solution.D, into: &work)
    }
  }

  /// Tᵀ M T.
  private static func pullBackMetric(
    _ n: Int, _ m: Int, _ matrix: [Double], _ D: [Lanes], into out: inout [Lanes]
  ) {
    let w = n + m
    for i in 0..<n {
      for j in 0..<n { out[n * i + j] = Lanes(repeating: matrix[w * i + j]) }
    }
    for a in 0..<m {
      for j in 0..<n {
        var sum = Lanes()
        for b in 0..<m { sum += matrix[w * (n + a) + n + b] * D[n * b + j] }
        for i in 0...j { out[n * i + j] += D[n * a + i] * sum }
      }
    }
    for i in 0..<n { for j in 0..<i { out[n * i + j] = out[n * j + i] } }
  }

  /// Tᵀ W T.
  private static func pullBackWeights(
    _ n: Int, _ m: Int, _ weights: [Lanes], couples: Bool, _ D: [Lanes], into out: inout [Lanes]
  ) {
    let w = n + m
    for i in 0..<n { for j in i..<n { out[n * i + j] = weights[w * i + j] } }
    for a in 0..<m {
      for j in 0..<n {
        // Row a of (W_yx + W_yy D), column j, and what W_xy D adds.
        var sum = Lanes()
        for b in 0..<m { sum += weights[w * (n + a) + n + b] * D[n * b + j] }
        for i in 0...j { out[n * i + j] += D[n * a + i] * sum }
      }
    }
    if couples {
      for i in 0..<n {
        for j in i..<n {
          var sum = Lanes()
          for a in 0..<m {
            sum += weights[w * i + n + a] * D[n * a + j]
            sum += weights[w * j + n + a] * D[n * a + i]
          }
          out[n * i + j] += sum
        }
      }
    }
    for i in 0..<n { for j in 0..<i { out[n * i + j] = out[n * j + i] } }
  }

  /// Whether weights couple a coordinate with a response; whether they come from standard deviations;
  /// whether they are the metric in every lane.
  var couples = false, isWeighted = false, isMetric = false

  /// Σ_a r_a ∂²y_a/∂x² from differences of tangents.
  mutating func measureCurvature<M: Manifold>(_ manifold: M, where mask: LaneMask) {
    let reach = 1e-5 * stateLength()
    for a in 0..<m {
      var sum = solution.force[n + a]
      for r in 0..<k { sum += problem.constraints[w * r + n + a] * solution.multipliers[r] }
      state[n + a] = sum
    }
    if isPotential {
      var square = Lanes()
      for i in 0..<n {
        var sum = Lanes()
        for j in 0..<n { sum += metric.matrix[w * i + j] * state[n + j] }
        square += sum * state[n + i]
      }
      var h = reach / (0.5 * square).squareRoot()
      h.replace(with: 0, where: .!h.isFinite)
      for i in 0..<n { probe.coordinates[i] = solution.x[i] + h * state[n + i] }
      manifold.evaluate(&probe)
      for i in 0..<n {
        for j in 0..<n {
          let change = (probe.tangents[n * i + j] - solution.D[n * i + j]) / h
          bend[n * i + j] = change.replacing(with: 0, where: .!change.isFinite)
        }
      }
    } else {
      for j in 0..<n {
        let h = reach / (0.5 * metric.matrix[w * j + j]).squareRoot()
        for i in 0..<n { probe.coordinates[i] = solution.x[i] + (i == j ? h : Lanes()) }
        manifold.evaluate(&probe)
        for i in 0..<n {
          var sum = Lanes()
          for a in 0..<m {
            sum += state[n + a] * (probe.tangents[n * a + i] - solution.D[n * a + i])
          }
          let change = sum / h
          bend[n * i + j] = change.replacing(with: 0, where: .!change.isFinite)
        }
      }
    }
    for i in 0..<n {
      for j in 0..<n {
        let mean = 0.5 * (bend[n * i + j] + bend[n * j + i])
        solution.curvature[n * i + j].replace(with: mean, where: mask)
      }
    }
  }

  /// Step and multipliers from the Karush–Kuhn–Tucker system, by the Schur complement of the Hessian with
  /// ρ AᵀA added, which changes nothing where A step = −violation.
  private mutating func solveStep() {
    let rho = 10 * problem.level
    let open = Lanes().replacing(
      with: ProjectionGroup.prior * problem.level, where: problem.mayBeOpen)
    var damping = lambda * problem.level
    var share = Lanes(repeating: 1)
    for attempt in 0..<8 {
      for i in 0..<n {
        for j in 0...i {
          var sum = work[n * i + j] + share * solution.curvature[n * i + j]
          sum += open * metricH[n * i + j] + damping * metric.matrix[w * i + j]
          for r in 0..<k { sum += rho * A[n * r + i] * A[n * r + j] }
          H[n * i + j] = sum
        }
      }
      let bad = factor.factorise(H)
      if !any(bad) || attempt == 7 { break }
      // Without the curvature the matrix is at least semidefinite; then more and more damping.
      let flat = bad .& (share .== 0)
      share.replace(with: 0, where: bad)
      damping.replace(with: pointwiseMax(100 * damping, 1e-10 * problem.level), where: flat)
    }
    for i in 0..<n { step[i] = -gradient[i] }
    factor.solve(&step)
    guard k > 0 else { return }
    for q in 0..<k * n { columns[q] = A[q] }
    for r in 0..<k { factor.solve(&columns, at: n * r) }
    for r in 0..<k {
      var sum = solution.violation[r]
      for i in 0..<n { sum += A[n * r + i] * step[i] }
      dual[r] = sum
      for s in 0...r {
        var entry = Lanes()
        for i in 0..<n { entry += A[n * r + i] * columns[n * s + i] }
        schur[k * r + s] = entry
      }
    }
    _ = schurFactor.factorise(schur, threshold: 1e-9)
    schurFactor.solve(&dual)
    for r in 0..<k {
      for i in 0..<n { step[i] -= columns[n * r + i] * dual[r] }
    }
    for r in 0..<k { dual[r] -= rho * solution.violation[r] }
  }
}

extension ProjectionGroup {
  /// Measures the curvature of a solution at its end, for what is said about its neighbourhood.
  mutating func sharpenCurvature<M: Manifold>(_ manifold: M, of s: inout Solution) {
    take(s)
    measureCurvature(manifold, where: LaneMask(all: true))
    s.curvature = solution.curvature
  }

  /// ½ (z − ẑ)·W·(z − ẑ) of a solution.
  func distance(_ s: Solution) -> Lanes {
    let d = (0..<w).map { ($0 < n ? s.x[$0] : s.y[$0 - n]) - problem.target[$0] }
    var twice = Lanes()
    for i in 0..<w { for j in 0..<w { twice += problem.weights[w * i + j] * d[i] * d[j] } }
    return 0.5 * twice
  }

  /// What solutions of several starts are compared by: the distance and, where directions may be open, a
  /// little of the state's own length.
  func merit(_ s: Solution) -> Lanes {
    let z = s.x + s.y
    var twice = Lanes()
    for i in 0..<w { for j in 0..<w { twice += metric.matrix[w * i + j] * z[i] * z[j] } }
    let weight = Lanes().replacing(
      with: 0.5 * ProjectionGroup.prior * problem.level, where: problem.mayBeOpen)
    return distance(s) + weight * twice
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

  /// TᵀMT, TᵀWT and A of a solution, for what is said about it.
  func linearised(_ s: Solution) -> (metric: [Lanes], weights: [Lanes], constraints: [Lanes]) {
    var (M, W) = (s.curvature, s.curvature)
    ProjectionGroup.pullBackMetric(n, m, metric.matrix, s.D, into: &M)
    if isMetric {
      W = M
    } else {
      ProjectionGroup.pullBackWeights(n, m, problem.weights, couples: couples, s.D, into: &W)
    }
    var A = [Lanes](repeating: Lanes(), count: k * n)
    for r in 0..<k {
      for i in 0..<n {
        var sum = problem.constraints[w * r + i]
        for a in 0..<m { sum += problem.constraints[w * r + n + a] * s.D[n * a + i] }
        A[n * r + i] = sum
      }
    }
    return (M, W, A)
  }
}
