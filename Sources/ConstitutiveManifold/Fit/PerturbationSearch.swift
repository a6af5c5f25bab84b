import FixedPoint
import Glibc
import LinearAlgebra
import Manifold
import Mechanics

/// One perturbed stage in progress.
struct PerturbationSearch {
  let stage: PerturbedStage
  let problem: PerturbedStage.Problem
  /// Axes of the covariance times their deviations, widest first; and the deviations.
  let axes: [[Double]], deviations: [Double]
  let startLaw: Law
  let startMisfit: Double, startEarlier: Double
  var theta: [Double]
  var law: Law
  var misfit: Double
  var objective = 0.0
  var step: Double
  var random: SplitMix64
  var trials: [PerturbedStage.Trial] = []
  /// Objectives after every direction, relative to the start.
  var history: [Double] = []
  /// Sum of what was kept lately.
  var drift: [Double]

  init?(_ stage: PerturbedStage, _ problem: PerturbedStage.Problem) {
    guard let law = problem.law(problem.start), let misfit = problem.structure(law),
      misfit.isFinite, misfit > 0, let eigen = try? problem.covariance.symmetricEigen()
    else { return nil }
    self.stage = stage
    self.problem = problem
    self.law = law
    self.misfit = misfit
    startLaw = law
    startMisfit = misfit
    startEarlier = problem.earlier(law)
    theta = problem.start
    step = stage.step
    random = SplitMix64(seed: stage.seed)
    drift = Array(repeating: 0, count: theta.count)
    let n = theta.count
    let all = eigen.values.map { min(max($0, 0).squareRoot(), stage.largestDeviation) }
    let order = (0..<n).reversed().filter { all[$0] > 1e-3 * (all.max() ?? 0) && all[$0] > 0 }
    deviations = order.map { all[$0] }
    axes = order.map { k in (0..<n).map { all[k] * eigen.vectors[$0, k] } }
    _ = look(theta, line: -1, place: 0)
    trials[0].isKept = true
    objective = trials[0].objective
    history = [1]
  }

  /// θ − start in posterior deviations, squared.
  func movement(_ theta: [Double]) -> Double {
    var q = 0.0
    for (axis, deviation) in zip(axes, deviations) {
      var along = 0.0
      for i in theta.indices { along += axis[i] * (theta[i] - problem.start[i]) }
      along /= deviation * deviation
      q += along * along
    }
    return q
  }

  /// Looks at θ and records it; nil where it may not be kept.
  mutating func look(
    _ theta: [Double], line: Int, place: Double
  ) -> (law: Law, objective: Double, misfit: Double)? {
    let isStart = line < 0
    let law = isStart ? startLaw : problem.law(theta)
    let earlier = law.map { problem.earlier($0) } ?? .infinity
    let residual =
      law.map { problem.constraints($0).map { $0.residual / $0.tolerance }.max() ?? 0 } ?? .infinity
    // The structure is the expensive look: only laws that could be kept are shown to it.
    var m = Double.infinity
    if isStart {
      m = startMisfit
    } else if let law, earlier.isFinite, residual <= 1 {
      m = problem.structure(law) ?? .infinity
    }
    let q = movement(theta)
    let (a, b) = (stage.weights.alpha, stage.weights.beta)
    let (ratio, memory) = (m / startMisfit, earlier / problem.earlierScale)
    let F =
      stage.weights.gamma * ratio * ratio + a * memory * memory
      + b * q / Double(max(theta.count, 1))
    trials.append(
      PerturbedStage.Trial(
        line: line, place: place, step: step, structureMisfit: m, earlierMisfit: earlier,
        constraintResidual: residual, movement: q.squareRoot(), objective: F, isKept: false))
    guard let law, m.isFinite, F.isFinite else { return nil }
    return (law, F, m)
  }

  /// The direction of a line, of unit length in posterior deviations.
  mutating func direction(_ line: Int) -> [Double] {
    let length = drift.reduce(0) { $0 + $1 * $1 }.squareRoot()
    if line >= 2, line % 3 == 2, length > 0 {
      var q = 0.0
      for (axis, deviation) in zip(axes, deviations) {
        let along = zip(axis, drift).reduce(0) { $0 + $1.0 * $1.1 } / (deviation * deviation)
        q += along * along
      }
      if q > 0 { return drift.map { $0 / q.squareRoot() } }
    }
    let fixed = line - (line + 1) / 3
    if line < stage.lines / 2, fixed < axes.count { return axes[fixed] }
    var out = [Double](repeating: 0, count: theta.count)
    let scale = 1 / Double(max(axes.count, 1)).squareRoot()
    for axis in axes {
      let z = scale * random.normal(0, 1)
      for i in out.indices { out[i] += z * axis[i] }
    }
    return out
  }

  /// The best of a line: the pair, the bottom of the parabola through it, and ever farther as long as
  /// that pays.
  mutating func tryLine(_ line: Int) {
    let isAxis = line < stage.lines / 2
    if isAxis { step = stage.step }
    let d = direction(line)
    let (middle, length) = (theta, step)
    func at(_ t: Double) -> [Double] { zip(middle, d).map { $0 + t * length * $1 } }
    var best: (t: Double, trial: Int, law: Law, objective: Double, misfit: Double)?
    func consider(_ t: Double, _ search: inout PerturbationSearch) -> Double? {
      guard let found = search.look(at(t), line: line, place: t) else { return nil }
      if found.objective < min(search.objective, best?.objective ?? .infinity) {
        best = (t, search.trials.count - 1, found.law, found.objective, found.misfit)
      }
      return found.objective
    }
    let (up, down) = (consider(1, &self), consider(-1, &self))
    if let up, let down {
      let curvature = up + down - 2 * objective
      if curvature > 0 {
        let bottom = min(max(0.5 * (down - up) / curvature, -4), 4)
        if abs(bottom) > 0.02, abs(abs(bottom) - 1) > 0.1 { _ = consider(bottom, &self) }
      }
    }
    // Where the best lies at the end of what was tried, the valley goes on.
    while let reached = best?.t, abs(reached) >= 1, abs(reached) < 16 {
      _ = consider(2 * reached, &self)
      if best!.t == reached { break }
    }
    if let best {
      let next = at(best.t)
      for i in drift.indices { drift[i] = 0.5 * drift[i] + next[i] - theta[i] }
      theta = next
      (law, objective, misfit) = (best.law, best.objective, best.misfit)
      trials[best.trial].isKept = true
      step = min(max(step * min(max(abs(best.t), 0.5), 2), 0.02), 8)
    } else {
      step = max(0.5 * step, 0.02)
    }
    history.append(objective / trials[0].objective)
  }

  func outcome() -> PerturbedStage.Outcome {
    let moved = zip(theta, problem.start).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    let record = StageRecord(
      stage: .perturbed, weights: stage.weights, states: 1, description: problem.description,
      misfitBefore: startMisfit, misfitAfter: misfit, misfitUnit: problem.unit,
      earlierMisfitBefore: startEarlier, earlierMisfitAfter: problem.earlier(law),
      parameterMovement: moved.squareRoot(), responseMovement: responseMovement(),
      constraints: problem.constraints(law),
      record: ConvergenceRecord(
        residuals: history, iterations: trials.count - 1,
        reason: misfit <= stage.target ? .converged : .iterationLimit,
        reference: trials[0].objective))
    return PerturbedStage.Outcome(law: law, parameters: theta, record: record, trials: trials)
  }

  /// Root mean square change of the stress over the probes, relative to the first law's.
  private func responseMovement() -> Double {
    var (difference, size) = (0.0, 0.0)
    for C in problem.probes {
      let (S, T) = (law.evaluate(strain: C).stress, startLaw.evaluate(strain: C).stress)
      for i in 0..<6 {
        difference += (S[i] - T[i]) * (S[i] - T[i])
        size += T[i] * T[i]
      }
    }
    return size > 0 ? (difference / size).squareRoot() : 0
  }
}
