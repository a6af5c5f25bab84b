import FixedPoint
import Mechanics

/// How a fitted law meets one test.
public struct TestReport: Sendable, Equatable {
  /// Name, mode and stress measure of the test; whether it was held out.
  public let name: String, mode: HomogeneousMode, measure: StressMeasure, heldOut: Bool
  /// Stretches (or shears) of the points.
  public let stretches: [Double]
  /// Measured and predicted stresses, Pa, in the test's own measure; measured NaN where not observed,
  /// predicted NaN where an unseen pressure leaves nothing to compare.
  public let measured: [Double], predicted: [Double]
  /// Measured and predicted second stresses, Pa, where they were measured.
  public let secondMeasured: [Double]?, secondPredicted: [Double]?
  /// Measured and predicted differences σ₁ − σ₂ of true stresses, Pa, where they were measured.
  public let differenceMeasured: [Double]?, differencePredicted: [Double]?
  /// A smooth predicted curve from the undeformed state (or the least stretch) to the largest stretch,
  /// for drawing; empty for biaxial tests, whose λ₂ need not follow a curve. Stresses in Pa.
  public let curveStretches: [Double], curveStresses: [Double]
  /// 1 − Σ(residual²)/Σ(measured − mean)², over all stresses observed; 1 for a single exact point.
  public let r2: Double
  /// Root mean square residual, Pa, over all stresses observed.
  public let rmse: Double

  /// Number of points.
  public var points: Int { stretches.count }
  /// Predicted minus measured stress, Pa.
  public var residuals: [Double] { zip(predicted, measured).map { $0 - $1 } }
}

/// One size of the map that was tried.
public struct SizeTrial: Sendable, Equatable {
  /// Widths of the hidden layers.
  public let widths: [Int]
  /// Least held-out error over the strengths, and its standard error, as in `RegularisationTrial`.
  public let heldOutError: Double, standardError: Double

  /// Any values.
  public init(widths: [Int], heldOutError: Double, standardError: Double) {
    self.widths = widths
    self.heldOutError = heldOutError
    self.standardError = standardError
  }
}

/// One step of the choice of regularisation.
public struct RegularisationTrial: Sendable, Equatable {
  /// Weight α of the simulated states; without a weak stage weight β of the pull to typical weights.
  public let value: Double
  /// Root mean square error on held-out folds, and its standard error over the folds; relative to the
  /// spread of the stresses, or, where noise was given, distances in standard deviations.
  public let heldOutError: Double, standardError: Double

  /// A trial at a strength from the mean squares of its folds.
  init(_ value: Double, heldOut squares: [Double]) {
    let (mean, error) = FoldStatistics.mean(squares)
    self.value = value
    heldOutError = mean.squareRoot()
    // That of a root: half the relative error of what is under it.
    standardError = heldOutError > 0 ? 0.5 * error / heldOutError : 0
  }
}

/// What folds of cross-validation say together.
enum FoldStatistics {
  /// Mean over the folds and its standard error.
  static func mean(_ values: [Double]) -> (mean: Double, error: Double) {
    let n = Double(values.count)
    let mean = values.reduce(0, +) / n
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / max(n - 1, 1)
    return (mean, (variance / n).squareRoot())
  }
}

/// The least slope of the nominal stress in one mode.
public struct StabilityReport: Sendable, Equatable {
  /// The mode that was swept.
  public let mode: HomogeneousMode
  /// Least dP/dλ in Pa, and the stretch where it occurs.
  public let minimumTangent: Double, stretch: Double
  /// The stretches swept.
  public let lower: Double, upper: Double

  /// Whether the nominal stress rises everywhere in the sweep.
  public var isStable: Bool { minimumTangent > 0 }
}

/// A fitted law with everything that its file records.
public struct FitResult: Sendable {
  /// The law.
  public let law: Law
  /// One report per test, in the order given.
  public let tests: [TestReport]
  /// Root mean square residual over all points learned from, Pa (nominal or true as reported).
  public let rmse: Double
  /// The same over held-out tests; nil when there are none.
  public let heldOutRMSE: Double?
  /// The last least-squares iteration, on all training data.
  public let record: ConvergenceRecord
  /// Seed of starts and folds.
  public let seed: UInt64
  /// Number of starts of the last fit, and of least-squares fits in all.
  public let starts: Int, fits: Int
  /// The chosen weight α (or β), and all that were tried; nil and empty for classical laws.
  public let regularisation: Double?, trials: [RegularisationTrial]
  /// The region the training data covered.
  public let coverage: Coverage
  /// Sweeps of uniaxial, equibiaxial and pure shear.
  public let stability: [StabilityReport]
  /// What each stage of training did; empty for classical laws.
  public let stages: [StageRecord]
  /// Every constraint with residual and multiplier; stresses in units of the data's secant modulus.
  public let constraints: [ConstraintReport]
  /// Stresses that a robust fit set aside.
  public let outliers: [Outlier]
  /// The path of training, where it was asked for.
  public let checkpoints: TrainingCheckpoints?
  /// Sizes that were tried; empty where the size was given.
  public let sizes: [SizeTrial]
  /// Estimated standard deviation of the stresses, a share of the stress; nil where it was not asked for.
  public let stressNoise: Double?
  /// Whether the data refused a polyconvex law, so that the signs of its weights were set free.
  public let relaxedSigns: Bool
  /// Points that said nothing, because an incompressible law leaves the unseen pressure free.
  public let silentPoints: Int
  /// Wall time of the fit, s.
  public let seconds: Double
  /// What cross-validation learned without each fold; nil where the fit did none.
  public var crossValidation: CrossValidation?
  /// Where the training tests began, as it was learned with the law; empty where it was taken as reported.
  public var references: [ReferenceStretch] = []
}

/// Why there is no fit.
public enum FitError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Every test is held out, or there is none.
  case noTrainingTests
  /// Fewer measured stresses away from rest than parameters.
  case tooFewPoints(have: Int, need: Int, law: String)
  /// Two points (from 0) at one stretch differ by more than half the largest stress of the test.
  case contradictory(test: String, first: Int, second: Int, stretch: Double)
  /// No observation says anything: the pressure is unknown and only one stress was seen.
  case nothingObserved
  /// The median stress works against the stretch.
  case wrongSign
  /// Volume ratios are given, but all are 1.
  case noVolumeChange
  /// Noise in strains together with measured volume.
  case noiseNeedsIncompressible
  /// A test from which this family cannot learn, and why.
  case unsuited(test: String, law: String, reason: String)
  /// No start of the least squares led anywhere.
  case notConverged(law: String, reason: String)
  /// The minimum is at parameters that no material has.
  case inadmissible(law: String, problem: String)

  /// What is wrong and what to do, one line.
  public var description: String {
    switch self {
    case .noTrainingTests: "no test to learn from: give at least one that is not held out"
    case .tooFewPoints(let have, let need, let law):
      "\(have) measured stresses away from rest cannot determine the \(need) parameters of "
        + "'\(law)': give more points or a smaller law"
    case .contradictory(let test, let first, let second, let stretch):
      "test '\(test)': points \(first + 1) and \(second + 1) have the same stretch \(stretch) "
        + "but contradictory stresses: remove one of them"
    case .nothingObserved:
      "no observed stress says anything of the law: where the lateral stress was not seen, an "
        + "incompressible material needs two stresses or their difference"
    case .wrongSign:
      "the stresses pull against the stretches: check signs (tension positive), columns and units"
    case .noVolumeChange:
      "volume ratios are given but all are 1: leave the column out for an incompressible material"
    case .noiseNeedsIncompressible:
      "uncertain strains are projected on incompressible laws only: leave out the volume ratios or "
        + "the noise"
    case .unsuited(let test, let law, let reason):
      "test '\(test)' does not suit the law '\(law)': \(reason)"
    case .notConverged(let law, let reason):
      "the fit of '\(law)' did not converge (\(reason)): check the data for outliers"
    case .inadmissible(let law, let problem):
      "the best fit of '\(law)' is no admissible material: \(problem); use another law or more tests"
    }
  }
}
