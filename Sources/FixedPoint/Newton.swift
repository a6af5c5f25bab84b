import Glibc
import LinearAlgebra

/// Newton's method for r(x) = 0: K Δx = −r, x ← x + Δx, with K = ∂r/∂x.
///
/// The first correction comes from the problem's `predict`, so that a coming increment of prescribed
/// values enters the first linear system; each linear solve counts as one iteration, and the residual
/// is tested after every correction: ‖r‖₂ ≤ `tolerance` · `residualReference`, or ‖r‖₂ ≤
/// `absoluteTolerance`. An affine problem is corrected once.
///
/// The line search acts only where a full correction does not lower ‖r‖ (or leaves the domain of r); it
/// is not used on the first correction, whose residual belongs to the state before the increment.
public struct Newton: Sendable {
  /// ‖r‖₂ at the end, relative to the problem's reference.
  public var tolerance = 1e-8
  /// ‖r‖₂ that is zero in any case, in the unit of r.
  public var absoluteTolerance = 0.0
  /// Most linear solves.
  public var iterationLimit = 25
  /// Most halvings of one correction; 0 switches the line search off.
  public var halvingLimit = 5
  /// Gives up when ‖r‖ exceeds this many times its smallest value since the first correction.
  public var divergenceFactor = 1e6
  /// Gives up after so many corrections without a new smallest ‖r‖.
  public var patience = 6

  /// With the defaults above.
  public init() {}

  /// Iterates from `x`, which ends at the last state reached.
  ///
  /// - Parameters:
  ///   - tangent: a matrix on the problem's pattern; its values are overwritten.
  ///   - progress: called after every correction with its number and the relative residual.
  /// - Returns: the record; failure of the physics is an outcome, not an error.
  public func solve<P: ResidualProblem>(
    _ problem: inout P, x: inout [Double], tangent: inout CSRMatrix, solver: any LinearSolver,
    progress: ((Int, Double) -> Void)? = nil
  ) -> ConvergenceRecord where P.Tangent == CSRMatrix {
    precondition(
      problem.unknownCount == problem.residualCount && x.count == problem.unknownCount,
      "\(x.count) values, \(problem.unknownCount) unknowns, \(problem.residualCount) residuals")
    var run = NewtonRun(self, count: x.count)
    run.tangentIsCurrent = problem.predict(at: x, residual: &run.r, tangent: &tangent)
    guard run.tangentIsCurrent, run.note(reference: problem.residualReference)
    else { return run.record(.notFinite) }

    while run.iterations < iterationLimit {
      // An affine problem keeps its tangent and its factors: what round-off left is solved for again.
      if !run.tangentIsCurrent && !problem.isLinear {
        guard problem.linearise(at: x, residual: &run.r, tangent: &tangent)
        else { return run.record(.notFinite) }
      }
      do {
        if !(problem.isLinear && run.iterations > 0) { try solver.factorise(tangent) }
        for i in x.indices { run.step[i] = -run.r[i] }
        try solver.solve(&run.step)
      } catch {
        return run.record(refused: error)
      }
      guard run.correct(&problem, x: &x, tangent: &tangent) else { return run.record(.notFinite) }
      progress?(run.iterations, run.residuals[run.iterations])
      if let reason = run.verdict() { return run.record(reason) }
    }
    return run.record(.iterationLimit)
  }
}

/// The workspace and the history of one call of `Newton.solve`.
private struct NewtonRun {
  let options: Newton
  var r, step, start: [Double]
  var residuals: [Double] = []
  var stepLengths: [Double] = []
  var iterations = 0
  var norm = 0.0
  var reference = 0.0
  var smallest = Double.infinity
  var correctionsSinceSmallest = 0
  var tangentIsCurrent = false

  init(_ options: Newton, count: Int) {
    self.options = options
    r = Array(repeating: 0, count: count)
    step = r
    start = r
    residuals.reserveCapacity(options.iterationLimit + 1)
    stepLengths.reserveCapacity(options.iterationLimit)
  }

  /// Takes down ‖r‖ of the residual just computed; false where it is not finite.
  mutating func note(reference: Double) -> Bool {
    norm = r.reduce(0) { $0 + $1 * $1 }.squareRoot()
    self.reference = reference
    guard norm.isFinite, reference.isFinite else { return false }
    residuals.append(reference > 0 ? norm / reference : norm)
    return true
  }

  /// x ← x + s Δx with the first s of 1, ½, ¼ … that lowers ‖r‖, or the best of them; r follows.
  mutating func correct<P: ResidualProblem>(
    _ problem: inout P, x: inout [Double], tangent: inout CSRMatrix
  ) -> Bool where P.Tangent == CSRMatrix {
    let normBefore = norm
    let searches = iterations > 0 && options.halvingLimit > 0 && !problem.isLinear
    for i in x.indices { start[i] = x[i] }
    var best = (length: 0.0, norm: Double.infinity)
    var length = 1.0
    for trial in 0...(searches ? options.halvingLimit : 0) {
      move(&x, by: length)
      let known = evaluate(&problem, x: x, tangent: &tangent, mayLinearise: trial == 0)
      let size = known ? r.reduce(0) { $0 + $1 * $1 }.squareRoot() : .infinity
      if size.isFinite, size < best.norm { best = (length, size) }
      if size.isFinite, !searches || size < normBefore { break }
      length /= 2
    }
    guard best.norm.isFinite else { return false }
    if best.length != length {
      move(&x, by: best.length)
      guard evaluate(&problem, x: x, tangent: &tangent, mayLinearise: false) else { return false }
    }
    iterations += 1
    stepLengths.append(best.length)
    return note(reference: problem.residualReference)
  }

  private func move(_ x: inout [Double], by length: Double) {
    for i in x.indices { x[i] = start[i] + length * step[i] }
  }

  /// r at x; with the tangent in the same pass, unless this state will probably be the last.
  private mutating func evaluate<P: ResidualProblem>(
    _ problem: inout P, x: [Double], tangent: inout CSRMatrix, mayLinearise: Bool
  ) -> Bool where P.Tangent == CSRMatrix {
    tangentIsCurrent = mayLinearise && !problem.isLinear && !expectsConvergence
    return tangentIsCurrent
      ? problem.linearise(at: x, residual: &r, tangent: &tangent)
      : problem.residual(at: x, into: &r)
  }

  /// Quadratic convergence squares the contraction at every step: e₂ ≈ e₁ (e₁/e₀)². Where that meets the
  /// tolerance the next tangent would be built in vain.
  private var expectsConvergence: Bool {
    guard residuals.count > 2 else { return false }
    let (e0, e1) = (residuals[residuals.count - 2], residuals[residuals.count - 1])
    let contraction = e1 / e0
    return e1 * contraction * contraction <= options.tolerance
  }

  /// Why to stop after a correction; nil to go on.
  mutating func verdict() -> ConvergenceRecord.Reason? {
    if norm <= options.tolerance * reference || norm <= options.absoluteTolerance {
      return .converged
    }
    if norm > options.divergenceFactor * smallest { return .diverged }
    if norm < smallest {
      smallest = norm
      correctionsSinceSmallest = 0
    } else {
      correctionsSinceSmallest += 1
    }
    return correctionsSinceSmallest >= options.patience ? .stagnated : nil
  }

  func record(_ reason: ConvergenceRecord.Reason) -> ConvergenceRecord {
    ConvergenceRecord(
      residuals: residuals, iterations: iterations, reason: reason,
      reference: reference > 0 ? reference : 1, stepLengths: stepLengths)
  }

  /// The record of a linear system that was refused.
  func record(refused error: LinearSolverError) -> ConvergenceRecord {
    let reason: ConvergenceRecord.Reason =
      switch error {
      case .singular, .notPositiveDefinite: .singular
      case .notFinite: .notFinite
      case .notConverged, .outOfMemory, .failed: .stagnated
      }
    var record = record(reason)
    record.message = error.description
    return record
  }
}
