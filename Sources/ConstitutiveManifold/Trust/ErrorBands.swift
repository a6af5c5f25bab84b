import Manifold
import Mechanics

/// Conformal bands about the nominal stresses of a law: where a measurement like those it was calibrated
/// on lies with a stated probability.
///
/// Residuals are scaled by σ(P) = (|P| + floor)^b, so that the bands are relative where errors are. Two
/// methods, and the file says which:
/// - *split*: from points that were kept from the fit for this; exact for exchangeable states (see
///   `SplitConformal`). For large data.
/// - *cross-conformal* (CV+): from the folds of a cross-validation, no point lost (see `CrossConformal`).
///   For small data. The fold laws stay with the bands, which widen where those disagree.
///
/// The promise is for states drawn like the data. Outside of what they covered (`Coverage`) a band shows
/// at most how far the fold laws disagree.
public struct ErrorBands: Sendable {
  /// How the bands were calibrated.
  public enum Method: String, Sendable, CaseIterable {
    /// Points kept from the fit.
    case split
    /// Folds of a cross-validation.
    case crossConformal = "cross-conformal"
  }

  /// Both ends of a band, Pa.
  public struct Band: Sendable, Equatable {
    /// Infinite where there are too few calibration points for the level.
    public let lower: Double, upper: Double

    /// Any values.
    public init(lower: Double, upper: Double) {
      self.lower = lower
      self.upper = upper
    }
  }

  /// How the bands were calibrated.
  public let method: Method
  /// Scaled absolute residuals |P_measured − P_predicted|/σ(P_predicted) of nominal stresses.
  public let scores: [Double]
  /// The fold of each score; empty for `split`.
  public let folds: [Int]
  /// The fold laws; empty for `split`.
  public let members: [Law]
  /// σ.
  public let scale: ResidualScale
  /// The level that is shown unless another one is asked for.
  public var level = 0.9

  private let sorted: SplitConformal

  /// From what a file holds.
  public init(
    method: Method, scores: [Double], folds: [Int] = [], members: [Law] = [],
    scale: ResidualScale, level: Double = 0.9
  ) {
    precondition(
      method == .split
        || (folds.count == scores.count && folds.allSatisfy(members.indices.contains)),
      "\(scores.count) scores, \(folds.count) folds, \(members.count) laws")
    self.method = method
    self.scores = scores
    self.folds = folds
    self.members = members
    self.scale = scale
    self.level = level
    sorted = SplitConformal(scores: scores)
  }

  /// Split-conformal bands of a law from tests that it did not learn from.
  ///
  /// - Returns: nil without a stress to calibrate on.
  public init?(splitting law: Law, calibration tests: [HomogeneousTest], level: Double = 0.9) {
    let pairs = tests.flatMap { test in
      test.stretches.indices.flatMap { ErrorBands.pairs(test, $0, law) }
    }
    guard !pairs.isEmpty else { return nil }
    let scale = ResidualScale(
      residuals: pairs.map { $0.measured - $0.predicted }, predictions: pairs.map(\.predicted))
    self.init(
      method: .split, scores: pairs.map { abs($0.measured - $0.predicted) / scale($0.predicted) },
      scale: scale, level: level)
  }

  /// Cross-conformal bands from a cross-validation of the same tests.
  ///
  /// - Returns: nil without a stress to calibrate on.
  public init?(_ validation: CrossValidation, _ tests: [HomogeneousTest], level: Double = 0.9) {
    precondition(tests.count == validation.folds.count, "folds of other tests")
    var folds: [Int] = []
    var pairs: [(measured: Double, predicted: Double)] = []
    for (test, own) in zip(tests, validation.folds) {
      for (p, fold) in own.enumerated() {
        for pair in ErrorBands.pairs(test, p, validation.members[fold]) {
          pairs.append(pair)
          folds.append(fold)
        }
      }
    }
    guard !pairs.isEmpty else { return nil }
    let scale = ResidualScale(
      residuals: pairs.map { $0.measured - $0.predicted }, predictions: pairs.map(\.predicted))
    self.init(
      method: .crossConformal,
      scores: pairs.map { abs($0.measured - $0.predicted) / scale($0.predicted) }, folds: folds,
      members: validation.members, scale: scale, level: level)
  }

  /// The band about a nominal stress.
  ///
  /// - Parameters:
  ///   - stress: the law's, Pa.
  ///   - members: the fold laws' stresses of the same state, Pa; none for `split`.
  ///   - level: in (0, 1); the bands' own where nil.
  public func band(about stress: Double, members: [Double] = [], level: Double? = nil) -> Band {
    precondition(members.count == self.members.count, "a stress of every fold law")
    let level = level ?? self.level
    switch method {
    case .split:
      let half = sorted.quantile(level) * scale(stress)
      return Band(lower: stress - half, upper: stress + half)
    case .crossConformal:
      let ends = CrossConformal(scores: scores, folds: folds).interval(
        level: level, predictions: members, scale: scale(stress))
      // The law itself lies in its band, whatever the folds say.
      return Band(lower: min(ends.lower, stress), upper: max(ends.upper, stress))
    }
  }

  /// The band of the nominal stress in a homogeneous mode, of the incompressible material or at a volume
  /// ratio.
  public func band(
    of law: Law, _ mode: HomogeneousMode, _ stretch: Double, second: Double = 1,
    volumeRatio: Double? = nil, level: Double? = nil
  ) -> Band {
    func stress(_ law: Law) -> Double {
      law.response(mode, stretch, second: second, volumeRatio: volumeRatio).nominal
    }
    return band(about: stress(law), members: members.map(stress), level: level)
  }

  /// Measured and predicted nominal stresses of one point, one or two.
  private static func pairs(
    _ test: HomogeneousTest, _ p: Int, _ law: Law
  ) -> [(measured: Double, predicted: Double)] {
    let J = test.mode == .simpleShear ? nil : test.volumeRatios?[p]
    let second = test.secondStretch(p)
    let r = law.response(test.mode, test.stretches[p], second: second, volumeRatio: J)
    // True to nominal: P_i = J σ_i/λ_i; in simple shear they are one.
    func nominal(_ stress: Double, _ stretch: Double) -> Double {
      let isTrue = test.measure == .true && test.mode != .simpleShear
      return isTrue ? stress * (J ?? 1) / stretch : stress
    }
    var out = [(measured: nominal(test.stresses[p], test.stretches[p]), predicted: r.nominal)]
    if let measured = test.secondStresses?[p] {
      out.append((nominal(measured, second), r.secondNominal))
    }
    // What was not seen, or only up to an unseen pressure, cannot be judged.
    if let faces = test.lateralStresses, J == nil, faces[p] != 0 { return [] }
    return out.filter { !$0.measured.isNaN }
  }
}
