import LinearAlgebra

/// min ½‖r(x)‖² subject to named constraints.
public protocol ConstrainedProblem: ResidualProblem where Tangent == DenseMatrix {
  /// The constraints; their values stand one group after the other.
  var constraints: [Constraint] { get }

  /// All values g(x), h(x). False where they cannot be computed.
  mutating func constraintValues(at x: [Double], into c: inout [Double]) -> Bool

  /// The values with their derivatives, one row per value. False where they cannot be computed.
  mutating func lineariseConstraints(
    at x: [Double], values c: inout [Double], tangent: inout DenseMatrix
  ) -> Bool
}

/// Least squares under constraints: Levenberg–Marquardt on the augmented Lagrangian, whose terms are
/// squares themselves, with new multipliers after every minimum (see `Multipliers`).
///
/// With one round and no multipliers this is a quadratic penalty; every further round moves the minimum
/// to where the constraints hold, without penalties growing beyond what they need.
public struct AugmentedLagrangian: Sendable {
  /// How each round is minimised.
  public var inner = LevenbergMarquardt()
  /// Most rounds.
  public var roundLimit = 30
  /// First penalty ρ of every constraint.
  public var penalty = 1.0

  /// With the defaults above.
  public init() {}

  /// What a constrained minimisation leaves.
  public struct Outcome: Sendable {
    /// The last round's iteration; `stagnated` where rounds ran out with constraints still violated.
    public var record: ConvergenceRecord
    /// Every constraint with residual and multiplier.
    public var constraints: [ConstraintReport]
    /// The multipliers, to begin another minimisation from.
    public var multipliers: Multipliers
    /// Rounds made.
    public var rounds: Int
  }

  /// Iterates from `x`, which ends at the best state found.
  /// - Parameters:
  ///   - multipliers: where to begin; nil for zero multipliers and the first penalty.
  ///   - progress: as in `LevenbergMarquardt.minimise`.
  public func minimise<P: ConstrainedProblem>(
    _ problem: inout P, x: inout [Double], multipliers: Multipliers? = nil,
    progress: ((Int, Double) -> Bool)? = nil
  ) -> Outcome {
    var wrapped = AugmentedProblem(
      problem, multipliers ?? Multipliers(problem.constraints, penalty: penalty))
    defer { problem = wrapped.problem }
    var rounds = 0
    while true {
      var record = inner.minimise(&wrapped, x: &x, progress: progress)
      rounds += 1
      guard wrapped.problem.constraintValues(at: x, into: &wrapped.c) else {
        record.reason = .notFinite
        return outcome(record, wrapped, rounds)
      }
      if wrapped.multipliers.update(wrapped.c) || record.reason == .notFinite {
        return outcome(record, wrapped, rounds)
      }
      if rounds >= roundLimit {
        if !wrapped.multipliers.reports(wrapped.c).allSatisfy({ $0.isSatisfied }) {
          record.reason = .stagnated
          record.message = "constraints still violated after \(rounds) rounds"
        }
        return outcome(record, wrapped, rounds)
      }
    }
  }

  private func outcome<P: ConstrainedProblem>(
    _ record: ConvergenceRecord, _ wrapped: AugmentedProblem<P>, _ rounds: Int
  ) -> Outcome {
    Outcome(
      record: record, constraints: wrapped.multipliers.reports(wrapped.c),
      multipliers: wrapped.multipliers, rounds: rounds)
  }
}

/// The residuals of a constrained problem with the weighted values of its constraints below them.
public struct AugmentedProblem<P: ConstrainedProblem>: ResidualProblem {
  /// One row per residual, then one per constraint value.
  public typealias Tangent = DenseMatrix
  /// The problem inside.
  public var problem: P
  /// Multipliers and penalties in force.
  public var multipliers: Multipliers
  fileprivate var c: [Double]
  private var r: [Double]
  private var J, A: DenseMatrix

  /// The problem under these multipliers.
  public init(_ problem: P, _ multipliers: Multipliers) {
    self.problem = problem
    self.multipliers = multipliers
    c = Array(repeating: 0, count: multipliers.count)
    r = Array(repeating: 0, count: problem.residualCount)
    J = DenseMatrix(rows: problem.residualCount, columns: problem.unknownCount)
    A = DenseMatrix(rows: multipliers.count, columns: problem.unknownCount)
  }

  /// Unknowns of the problem inside.
  public var unknownCount: Int { problem.unknownCount }
  /// Residuals and constraint values.
  public var residualCount: Int { r.count + c.count }

  /// Residuals, then weighted constraint values.
  public mutating func residual(at x: [Double], into out: inout [Double]) -> Bool {
    guard problem.residual(at: x, into: &r), problem.constraintValues(at: x, into: &c)
    else { return false }
    for i in r.indices { out[i] = r[i] }
    for i in c.indices { out[r.count + i] = multipliers.weightedValue(i, c[i]).row }
    return true
  }

  /// The same with derivatives.
  public mutating func linearise(
    at x: [Double], residual out: inout [Double], tangent: inout DenseMatrix
  ) -> Bool {
    guard problem.linearise(at: x, residual: &r, tangent: &J),
      problem.lineariseConstraints(at: x, values: &c, tangent: &A)
    else { return false }
    let (m, k, rows) = (r.count, c.count, tangent.rows)
    for i in 0..<m { out[i] = r[i] }
    for j in 0..<unknownCount {
      for i in 0..<m { tangent.values[rows * j + i] = J.values[m * j + i] }
    }
    for i in 0..<k {
      let (row, slope) = multipliers.weightedValue(i, c[i])
      out[m + i] = row
      for j in 0..<unknownCount { tangent.values[rows * j + m + i] = slope * A.values[k * j + i] }
    }
    return true
  }
}
