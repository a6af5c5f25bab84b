import ConstitutiveManifold
import FixedPoint
import LinearAlgebra
import Mechanics

/// Finds a learned law from displacement fields and net reactions, without a stress anywhere.
///
/// Stages, each recorded:
/// - *weak*: neo-Hooke's two moduli from the fields and reactions; then the learned law is trained on
///   the stresses that this law answers to the strains of the specimens, from several seeded starts;
/// - *intended*: the equilibrium gap of the assimilated fields, no nonlinear solves, picks the best
///   start; then least squares in which every trial law is judged in its own equilibrium, from strong to
///   weak priors, until the evidence (Laplace) falls.
///
/// The same experiments, options and seed give the same bits.
public struct FieldIdentification: Sendable {
  /// Widths of the hidden layers.
  public var widths = [8]
  /// Whether the law is polyconvex by construction.
  public var polyconvex = true
  /// Preferred directions in the undeformed body, where the material has any; with them the law is
  /// anisotropic (its map sees the stretch along each and of the area across it).
  public var directions: [PreferredDirection] = []
  /// Strengths of the prior to choose from; one value switches the choice off.
  public var strengths = [1, 0.1, 0.01]
  /// Seeded starts of the map.
  public var starts = 2
  /// Seed of the starts.
  public var seed: UInt64 = 1
  /// Shear modulus to begin with, Pa; needed only where loads are given instead of displacements.
  public var shearModulus: Double?
  /// λ/μ to begin with.
  public var bulkRatio = 20.0
  /// Most Jacobians of the equilibrium gap, of one strength of the prior, and of the last fit.
  public var gapIterations = 20, strengthIterations = 20, fieldIterations = 40

  /// With the defaults.
  public init() {}

  /// One strength of the prior that was tried.
  public struct Trial: Sendable, Equatable {
    /// The strength, and ln of the evidence for it (up to a constant).
    public let strength: Double, logEvidence: Double

    /// Any values.
    public init(strength: Double, logEvidence: Double) {
      self.strength = strength
      self.logEvidence = logEvidence
    }
  }

  /// What an identification found.
  public struct Result: Sendable {
    /// The law.
    public let law: Law
    /// Its family and parameters, and their covariance (Laplace, from the last Jacobian).
    public let family: LearnedFamily, parameters: [Double], covariance: DenseMatrix
    /// The plain law of the first stage.
    public let reference: NeoHooke
    /// Chosen strength of the prior, and all that were tried.
    public let strength: Double, trials: [Trial]
    /// All stages in order.
    public let stages: [StageRecord]
    /// Root mean square of the displacements' and of the reactions' residuals, in units of their
    /// deviations: about 1 where the law is right and the deviations are.
    public let displacementMisfit: Double, reactionMisfit: Double
    /// The region of strains that the specimens reached.
    public let coverage: Coverage
    /// Right Cauchy–Green tensors of all quadrature points at all levels, Mandel order.
    public let strains: [Double]
    /// Seconds of wall time.
    public let seconds: Double
  }

  /// Identifies the law of the experiments.
  ///
  /// - Parameter progress: called with the stage and the number of its iteration.
  /// - Throws: `IdentificationError` for experiments that do not fit their mesh, and where a stage finds
  ///   no equilibrium.
  public func identify(
    _ experiments: [FieldExperiment], progress: ((String, Int) -> Void)? = nil
  ) throws(IdentificationError) -> Result {
    guard !experiments.isEmpty, !strengths.isEmpty, starts > 0 else {
      throw IdentificationError(
        "identification", "has no experiment, no strength or no start", "give at least one each")
    }
    let start = ContinuousClock.now
    var run = FieldRun(options: self, progress: progress)
    try run.findReference(experiments)
    let candidates = try run.trainOnReference()
    let theta = try run.closeGap(candidates)
    let fit = try run.fitFields(from: theta)
    return try run.result(fit, seconds: (ContinuousClock.now - start) / .seconds(1))
  }
}
