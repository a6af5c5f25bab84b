import FixedPoint
import LinearAlgebra

/// The perturbed stage of training: a law that was fitted to states is moved along directed perturbations
/// of θ, and a move is kept when a measurement on a structure improves: a force–displacement curve, an
/// indentation, a field. The measurement is a black box without derivatives, each look expensive.
///
/// Objective, in units of its start: F = (1 − α − β) (m/m₀)² + α (e/e_s)² + β q/n with m the misfit of the
/// structure, e that of the states learned before, e_s its scale, q the squared movement of θ in
/// posterior deviations and n the number of coordinates.
///
/// Directions come from the posterior covariance of the earlier fit: first its axes from the one that the
/// data saw least, then seeded draws from it, every third the sum of what was kept lately. Along each
/// an antithetic pair ±δ is tried, where the three values curve upward the bottom of their parabola, and
/// ever longer steps as long as they pay; the best that lowers F and breaks no constraint is kept, and the
/// length of the next drawn pair follows.
/// Sources: Rechenberg, Evolutionsstrategie (1973), for the step length; Spall, IEEE Trans. Autom. Control
/// 37 (1992), and Salimans et al., arXiv 1703.03864, for antithetic pairs.
public struct PerturbedStage: Sendable {
  /// α, of the states learned before, and β, of staying near where the stage began.
  public var weights = StageWeights(alpha: 0.2, beta: 0.05)
  /// Number of directions tried, the first half of them mostly axes; two to six looks at the structure
  /// each.
  public var lines = 40
  /// Length of a perturbation along an axis, and first length of a drawn one, in posterior deviations.
  public var step = 1.0
  /// Largest posterior deviation of a coordinate's direction that is believed: where neither data nor
  /// prior hold, perturbations are still no larger than this (a factor of two in a weight).
  public var largestDeviation = 0.7
  /// Stops when the misfit of the structure has fallen to this.
  public var target = 0.0
  /// Seed of the draws.
  public var seed: UInt64 = 1

  /// With the defaults.
  public init() {}

  /// One look at the structure.
  public struct Trial: Sendable, Equatable {
    /// Number of the direction, and where on it: 0 at its middle, ±1 the pair, else the parabola's bottom.
    public let line: Int, place: Double
    /// Length of the pair, in posterior deviations.
    public let step: Double
    /// Misfit of the structure (infinite where it has no answer) and of the earlier states.
    public let structureMisfit: Double, earlierMisfit: Double
    /// Largest constraint residual over its tolerance.
    public let constraintResidual: Double
    /// √q, distance from the start in posterior deviations.
    public let movement: Double
    /// F.
    public let objective: Double
    /// Whether the trial was kept.
    public internal(set) var isKept: Bool
  }

  /// What the stage leaves.
  public struct Outcome: Sendable {
    /// The law and its θ.
    public let law: Law, parameters: [Double]
    /// What changed, for the law's file.
    public let record: StageRecord
    /// Every look, in order; the first is the start.
    public let trials: [Trial]
  }

  /// What a stage works on.
  public struct Problem {
    /// θ of the start.
    public var start: [Double]
    /// Covariance of θ after the earlier fit.
    public var covariance: DenseMatrix
    /// The law at θ; nil where there is none.
    public var law: (_ theta: [Double]) -> Law?
    /// Misfit of the structure, any unit; nil where it has no answer (no equilibrium).
    public var structure: (Law) -> Double?
    /// Misfit of the states learned before.
    public var earlier: (Law) -> Double
    /// The misfit that counts as one.
    public var earlierScale: Double
    /// Constraints that must hold.
    public var constraints: (Law) -> [ConstraintReport]
    /// Right Cauchy–Green tensors at which the movement of the response is measured.
    public var probes: [[Double]]
    /// What the structure is, and the unit of its misfit.
    public var description: String, unit: String

    /// Any values.
    public init(
      start: [Double], covariance: DenseMatrix, law: @escaping ([Double]) -> Law?,
      structure: @escaping (Law) -> Double?, earlier: @escaping (Law) -> Double,
      earlierScale: Double, constraints: @escaping (Law) -> [ConstraintReport] = { _ in [] },
      probes: [[Double]], description: String, unit: String
    ) {
      self.start = start
      self.covariance = covariance
      self.law = law
      self.structure = structure
      self.earlier = earlier
      self.earlierScale = earlierScale
      self.constraints = constraints
      self.probes = probes
      self.description = description
      self.unit = unit
    }
  }

  /// Runs the stage; nil where the structure has no answer for the law at the start.
  ///
  /// - Parameter progress: called after every direction with its number and the misfit so far.
  public func run(_ problem: Problem, progress: ((Int, Double) -> Void)? = nil) -> Outcome? {
    precondition(problem.earlierScale > 0, "scale \(problem.earlierScale) of the earlier misfit")
    guard var search = PerturbationSearch(self, problem) else { return nil }
    for line in 0..<lines {
      search.tryLine(line)
      progress?(line, search.misfit)
      if search.misfit <= target { break }
    }
    return search.outcome()
  }
}
