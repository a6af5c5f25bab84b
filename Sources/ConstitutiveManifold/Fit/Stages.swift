import FixedPoint

/// The boundary conditions that give training its purpose, in their order (Ma & Shi, Deep Manifold).
public enum TrainingStage: String, Sendable, CaseIterable {
  /// Pre-training on states simulated with a family of classical laws: the law is sane before it sees
  /// data.
  case weak
  /// The fit to measured states.
  case intended
  /// Directed perturbations, kept where a measurement on a structure improves.
  case perturbed
}

/// Weights of the terms of one objective: α · simulated states + β · distance from the anchor +
/// (1 − α − β) · measured states.
public struct StageWeights: Sendable, Equatable {
  /// α, of what was simulated or learned before.
  public var alpha: Double
  /// β, of constraints and of staying near the anchor.
  public var beta: Double
  /// Any values.
  public init(alpha: Double, beta: Double) {
    self.alpha = alpha
    self.beta = beta
  }
  /// 1 − α − β, of what was measured.
  public var gamma: Double { 1 - alpha - beta }
}

/// What one stage of training did: every law file lists its stages in order.
public struct StageRecord: Sendable, Equatable {
  /// Which stage.
  public var stage: TrainingStage
  /// Weights of the objective; nil where the stage has none.
  public var weights: StageWeights?
  /// Number of states (or structure-level measurements) that the stage learned from, and what they are.
  public var states: Int, description: String
  /// Misfit to what this stage learns from, before and after it; `misfitUnit` says in what.
  public var misfitBefore: Double, misfitAfter: Double, misfitUnit: String
  /// Misfit to the states of the stage before, before and after this one (forgetting); nil for the
  /// first stage. Same unit as that stage's misfit.
  public var earlierMisfitBefore: Double?, earlierMisfitAfter: Double?
  /// ‖θ_after − θ_before‖ of the unknowns; root mean square change of the stress over the probe states,
  /// relative to their root mean square stress.
  public var parameterMovement: Double, responseMovement: Double
  /// The constraints at its end.
  public var constraints: [ConstraintReport]
  /// Its last iteration.
  public var record: ConvergenceRecord

  /// Any values.
  public init(
    stage: TrainingStage, weights: StageWeights? = nil, states: Int, description: String,
    misfitBefore: Double, misfitAfter: Double, misfitUnit: String,
    earlierMisfitBefore: Double? = nil, earlierMisfitAfter: Double? = nil,
    parameterMovement: Double, responseMovement: Double, constraints: [ConstraintReport] = [],
    record: ConvergenceRecord
  ) {
    self.stage = stage
    self.weights = weights
    self.states = states
    self.description = description
    self.misfitBefore = misfitBefore
    self.misfitAfter = misfitAfter
    self.misfitUnit = misfitUnit
    self.earlierMisfitBefore = earlierMisfitBefore
    self.earlierMisfitAfter = earlierMisfitAfter
    self.parameterMovement = parameterMovement
    self.responseMovement = responseMovement
    self.constraints = constraints
    self.record = record
  }

  /// How much worse the states of the stage before are met now; negative where they are met better.
  public var forgetting: Double? {
    guard let earlierMisfitBefore, let earlierMisfitAfter else { return nil }
    return earlierMisfitAfter - earlierMisfitBefore
  }
}

/// The path of training: parameters and predictions as it went, for pictures of its geometry.
public struct TrainingCheckpoints: Sendable, Equatable {
  /// Stage and Jacobian number of every checkpoint.
  public var stages: [TrainingStage], iterations: [Int]
  /// θ, one row per checkpoint: the unknowns of the fit (logarithms of what must be positive).
  public var parameters: [[Double]]
  /// Predicted stress per checkpoint, Pa: at the measured points in the order of the tests learned from,
  /// then at the probe states.
  public var predictions: [[Double]]
  /// Standard deviation of each prediction's reference, Pa: of the measured stress as the fit weighed it;
  /// at probe states of the simulated one.
  public var standardDeviations: [Double]
  /// How many of the predictions belong to measured points; the rest are probe states.
  public var measuredCount: Int

  /// Any values.
  public init(
    stages: [TrainingStage] = [], iterations: [Int] = [], parameters: [[Double]] = [],
    predictions: [[Double]] = [], standardDeviations: [Double] = [], measuredCount: Int = 0
  ) {
    self.stages = stages
    self.iterations = iterations
    self.parameters = parameters
    self.predictions = predictions
    self.standardDeviations = standardDeviations
    self.measuredCount = measuredCount
  }
}
