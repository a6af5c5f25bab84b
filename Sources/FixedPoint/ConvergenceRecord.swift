import Glibc

/// What an iteration did: the same record for Newton, least squares and every fixed point, written
/// into every result file.
public struct ConvergenceRecord: Sendable, Equatable, Codable {
  /// Why an iteration ended.
  public enum Reason: String, Sendable, Codable {
    /// The residual met its tolerance (in least squares: nothing more to gain).
    case converged
    /// The permitted iterations were used up.
    case iterationLimit
    /// The residual grew far beyond its smallest value.
    case diverged
    /// The residual or the tangent could not be computed (NaN, an inverted cell).
    case notFinite
    /// The linear solver refused the tangent.
    case singular
    /// No progress any more, or the caller asked to stop.
    case stagnated
    /// The load increment was cut below the least one permitted.
    case stepTooSmall
  }

  /// Norm of the residual before the first correction and after each one, relative to `reference`.
  public var residuals: [Double]
  /// Corrections made (for Newton: linear systems solved).
  public var iterations: Int
  /// Times an increment was refused and halved.
  public var cutBacks: Int
  /// Why it ended.
  public var reason: Reason
  /// What the last residual is relative to, in the unit of the residual (1 where nothing was given).
  public var reference: Double
  /// The fraction of each correction that was applied: 1 unless a line search shortened it.
  public var stepLengths: [Double]
  /// What a linear solver said when it refused, for people.
  public var message: String?

  /// A record as an iteration leaves it.
  public init(
    residuals: [Double] = [], iterations: Int = 0, cutBacks: Int = 0, reason: Reason,
    reference: Double = 1, stepLengths: [Double] = [], message: String? = nil
  ) {
    self.residuals = residuals
    self.iterations = iterations
    self.cutBacks = cutBacks
    self.reason = reason
    self.reference = reference
    self.stepLengths = stepLengths
    self.message = message
  }

  /// Whether the iteration reached its tolerance.
  public var converged: Bool { reason == .converged }

  /// Contraction rate: the geometric mean of successive residual ratios over the last three steps;
  /// nil with fewer than two residuals or a zero residual.
  public var contractionRate: Double? {
    let tail = residuals.suffix(4)
    guard let first = tail.first, let last = tail.last, tail.count > 1, first > 0, last > 0
    else { return nil }
    return pow(last / first, 1 / Double(tail.count - 1))
  }

  /// Observed order of convergence from the last three residuals above `floor`:
  /// ln(r₂/r₁) / ln(r₁/r₀). About 2 for Newton with a consistent tangent.
  public func observedOrder(floor: Double = 1e-13) -> Double? {
    let usable = residuals.filter { $0 > floor }.suffix(3).map { $0 }
    guard usable.count == 3, usable[0] > usable[1], usable[1] > usable[2] else { return nil }
    return log(usable[2] / usable[1]) / log(usable[1] / usable[0])
  }
}
