import Glibc
import LinearAlgebra

/// min ½‖r(x)‖² by Levenberg and Marquardt: (JᵀJ + μ D²) p = −Jᵀ r, D the column norms of J.
///
/// The damping μ follows the ratio of true to predicted reduction (Nielsen). With more unknowns than
/// residuals the same step is found from the smaller system, p = −D⁻² Jᵀ (J D⁻² Jᵀ + μ I)⁻¹ r. A trial
/// whose residual cannot be computed is a rejected step. Bounds, where given, hold the unknowns in a box:
/// those pressed against a bound rest, steps are cut at the box.
/// Sources: Marquardt, J. SIAM 11 (1963); Nielsen, IMM-REP-1999-05; Moré, LNM 630 (1978) for the scaling.
public struct LevenbergMarquardt: Sendable {
  /// Most evaluations of the Jacobian.
  public var iterationLimit = 200
  /// Stops when every column of J is this close to orthogonal to r: |cos| ≤ `gradientTolerance`.
  public var gradientTolerance = 1e-10
  /// Stops when a step lowers ‖r‖², truly and by prediction, by less than this fraction.
  public var reductionTolerance = 1e-14
  /// Stops when ‖D p‖ ≤ `stepTolerance` · ‖D x‖.
  public var stepTolerance = 1e-12
  /// Stops when ‖r‖ has fallen to this fraction of its first value: what is left is round-off.
  public var residualTolerance = 1e-15
  /// ‖r‖₂ that is zero in any case, in the unit of r.
  public var absoluteTolerance = 0.0
  /// First damping, relative to the scaled JᵀJ (whose diagonal is 1).
  public var initialDamping = 1e-3
  /// Lower bounds of the unknowns; nil where there are none. Infinite entries are free.
  public var lowerBounds: [Double]?
  /// Upper bounds of the unknowns, as `lowerBounds`.
  public var upperBounds: [Double]?

  /// With the defaults above; no bounds.
  public init() {}

  /// Iterates from `x`, which ends at the best state found.
  ///
  /// - Parameter progress: called after every Jacobian with its number and ‖r‖₂; false stops the
  ///   iteration there (`stagnated`).
  /// - Returns: the record; its residuals are ‖r‖₂ at the accepted states relative to the first one, its
  ///   iterations the steps tried.
  public func minimise<P: ResidualProblem>(
    _ problem: inout P, x: inout [Double], progress: ((Int, Double) -> Bool)? = nil
  ) -> ConvergenceRecord where P.Tangent == DenseMatrix {
    precondition(x.count == problem.unknownCount, "\(x.count) of \(problem.unknownCount) unknowns")
    var run = LeastSquaresRun(self, unknowns: x.count, residuals: problem.residualCount)
    run.project(&x)
    guard problem.linearise(at: x, residual: &run.r, tangent: &run.J), run.begin()
    else { return run.record(.notFinite) }
    for iteration in 1...max(iterationLimit, 1) {
      if let progress, !progress(iteration, run.norm) { return run.record(.stagnated) }
      if run.isStationary(at: x) { return run.record(.converged) }
      // Rejected steps cost a residual each; the accepted one also brings the next Jacobian.
      switch run.descend(&problem, x: &x) {
      case .accepted: break
      case .finished(let reason): return run.record(reason)
      }
      guard problem.linearise(at: x, residual: &run.r, tangent: &run.J), run.rescale()
      else { return run.record(.notFinite) }
      if run.isFlat { return run.record(.converged) }
    }
    return run.record(.iterationLimit)
  }
}

/// The workspace and the history of one minimisation.
private struct LeastSquaresRun {
  enum Outcome {
    case accepted
    case finished(ConvergenceRecord.Reason)
  }

  let options: LevenbergMarquardt
  var J, scaledJ, normal: DenseMatrix
  var r, trialR, model: [Double]
  var gradient, scale, step, trial, dual: [Double]
  var norm = 0.0
  var damping: Double
  var growth = 2.0
  /// Whether the last accepted step hardly lowered ‖r‖, or hardly moved.
  var isFlat = false
  var residuals: [Double] = []
  var reference = 1.0
  var tried = 0

  init(_ options: LevenbergMarquardt, unknowns n: Int, residuals m: Int) {
    for bounds in [options.lowerBounds, options.upperBounds] {
      precondition(bounds == nil || bounds!.count == n, "\(bounds!.count) bounds, \(n) unknowns")
    }
    self.options = options
    J = DenseMatrix(rows: m, columns: n)
    scaledJ = J
    normal = DenseMatrix(rows: min(m, n), columns: min(m, n))
    r = Array(repeating: 0, count: m)
    (trialR, model, dual) = (r, r, r)
    gradient = Array(repeating: 0, count: n)
    (scale, step, trial) = (gradient, gradient, gradient)
    damping = options.initialDamping
  }

  /// Moves x into the box.
  func project(_ x: inout [Double]) {
    if let lower = options.lowerBounds { for i in x.indices { x[i] = max(x[i], lower[i]) } }
    if let upper = options.upperBounds { for i in x.indices { x[i] = min(x[i], upper[i]) } }
  }

  /// Takes the first residual and Jacobian; false where they are not finite.
  mutating func begin() -> Bool {
    norm = euclideanNorm(r)
    reference = norm > 0 ? norm : 1
    residuals.append(norm / reference)
    return norm.isFinite && rescale()
  }

  /// D and the gradient of a new Jacobian. D follows the column norms, but falls by no more than a factor
  /// of ten: a column that vanishes for a moment does not free its unknown, and where all columns fade
  /// towards a singular minimum the damping fades with them.
  mutating func rescale() -> Bool {
    let m = J.rows
    var isFinite = true
    J.values.withUnsafeBufferPointer { J in
      for j in scale.indices {
        var square = 0.0
        for i in 0..<m { square += J[m * j + i] * J[m * j + i] }
        if !square.isFinite { isFinite = false }
        scale[j] = max(0.1 * scale[j], square.squareRoot())
      }
    }
    guard isFinite else { return false }
    J.multiplyTransposed(r, into: &gradient)
    return true
  }

  /// Whether unknown j rests: pressed against its bound by −gradient, or without any effect.
  func rests(_ j: Int, _ x: [Double]) -> Bool {
    if scale[j] == 0 { return true }
    if let lower = options.lowerBounds, x[j] <= lower[j], gradient[j] > 0 { return true }
    if let upper = options.upperBounds, x[j] >= upper[j], gradient[j] < 0 { return true }
    return false
  }

  func isStationary(at x: [Double]) -> Bool {
    if norm <= max(options.absoluteTolerance, options.residualTolerance * reference) { return true }
    for j in gradient.indices where !rests(j, x) {
      if abs(gradient[j]) > options.gradientTolerance * scale[j] * norm { return false }
    }
    return true
  }

  /// Tries steps with growing damping until one lowers ‖r‖.
  mutating func descend<P: ResidualProblem>(_ problem: inout P, x: inout [Double]) -> Outcome
  where P.Tangent == DenseMatrix {
    prepareSystem(at: x)
    while true {
      tried += 1
      guard solveStep() else {
        if !raiseDamping() { return .finished(.stagnated) }
        continue
      }
      let (size, length) = takeTrial(from: x)
      if size <= options.stepTolerance * length {
        return .finished(.converged)
      }
      let predicted = predictedReduction()
      let known = problem.residual(at: trial, into: &trialR)
      let trialNorm = known ? euclideanNorm(trialR) : .infinity
      // Differences of squares as products: they keep their digits near the minimum.
      let actual = 0.5 * (norm - trialNorm) * (norm + trialNorm)
      if trialNorm.isFinite, predicted > 0, actual > 0 {
        accept(gainRatio: actual / predicted)
        let threshold = 0.5 * options.reductionTolerance * norm * norm
        isFlat = actual <= threshold && predicted <= threshold
        x.withUnsafeMutableBufferPointer { for i in $0.indices { $0[i] = trial[i] } }
        norm = trialNorm
        residuals.append(norm / reference)
        return .accepted
      }
      // Below round-off in ‖r‖² no trial can show a reduction any more.
      if known, abs(predicted) <= 1e-15 * norm * norm, abs(actual) <= 1e-15 * norm * norm {
        return .finished(.converged)
      }
      if !raiseDamping() { return .finished(known ? .stagnated : .notFinite) }
    }
  }

  /// Nielsen's rule: damping falls smoothly with the gain ratio and grows ever faster on failure.
  mutating func accept(gainRatio: Double) {
    let t = 2 * gainRatio - 1
    damping = max(damping * max(1.0 / 3, 1 - t * t * t), 1e-20)
    growth = 2
  }

  mutating func raiseDamping() -> Bool {
    damping *= growth
    growth *= 2
    return damping < 1e30
  }

  /// J D⁻¹ with resting columns zero, then its smaller Gram matrix.
  mutating func prepareSystem(at x: [Double]) {
    let m = J.rows
    for j in scale.indices {
      let factor = rests(j, x) ? 0 : 1 / scale[j]
      scaledJ.values.withUnsafeMutableBufferPointer { scaled in
        J.values.withUnsafeBufferPointer { J in
          for p in m * j..<m * (j + 1) { scaled[p] = J[p] * factor }
        }
      }
    }
  }

  /// p into `step`; false where the damped system is not definite in floating point.
  mutating func solveStep() -> Bool {
    let (m, n) = (J.rows, J.columns)
    let dualForm = n > m
    scaledJ.gram(of: dualForm ? .rows : .columns, intoLowerTriangleOf: &normal)
    for i in 0..<normal.rows { normal.values[i + normal.rows * i] += damping }
    guard Cholesky.factorise(&normal) else { return false }
    if dualForm {
      for i in 0..<m { dual[i] = r[i] }
      Cholesky.solve(factor: normal, &dual)
      scaledJ.multiplyTransposed(dual, into: &step, scale: -1)
    } else {
      scaledJ.multiplyTransposed(r, into: &step, scale: -1)
      Cholesky.solve(factor: normal, &step)
    }
    for j in step.indices where scale[j] > 0 { step[j] /= scale[j] }
    return true
  }

  /// x + p in the box; ‖D p‖ and ‖D x‖.
  mutating func takeTrial(from x: [Double]) -> (size: Double, length: Double) {
    for j in trial.indices { trial[j] = x[j] + step[j] }
    project(&trial)
    var (size, length) = (0.0, 0.0)
    for j in trial.indices {
      step[j] = trial[j] - x[j]
      size += (scale[j] * step[j]) * (scale[j] * step[j])
      length += (scale[j] * x[j]) * (scale[j] * x[j])
    }
    return (size.squareRoot(), length.squareRoot())
  }

  /// ½‖r‖² − ½‖r + J p‖² for the step as it is, cut or not: −(J p)·(r + ½ J p).
  mutating func predictedReduction() -> Double {
    J.multiply(step, into: &model)
    var sum = 0.0
    for i in model.indices { sum -= model[i] * (r[i] + 0.5 * model[i]) }
    return sum
  }

  func record(_ reason: ConvergenceRecord.Reason) -> ConvergenceRecord {
    ConvergenceRecord(
      residuals: residuals, iterations: tried, reason: reason, reference: reference)
  }
}

/// ‖v‖₂.
private func euclideanNorm(_ v: [Double]) -> Double {
  v.reduce(0) { $0 + $1 * $1 }.squareRoot()
}
