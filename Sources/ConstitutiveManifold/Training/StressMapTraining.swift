import FixedPoint
import Manifold
import Mechanics

extension Training {
  /// Fits a stacked map strain → stress to states, its tangent held to symmetry at points of the data.
  ///
  /// - Parameters:
  ///   - hidden: widths of the hidden layers.
  ///   - tolerance: largest |D_ij − D_ji| that counts as none, relative to the size of the stresses over
  ///     that of the strains.
  ///   - rounds: rounds of the augmented Lagrangian; they share the epochs.
  ///   - progress: called after every epoch; false stops there.
  /// - Returns: the law, the record of all rounds, and what became of the constraint.
  /// - Throws: `TrainingError` for options that do not fit, and where the loss is no number;
  ///   `ParameterError` for widths outside the limits of the kernels.
  public func fit(
    stressMap hidden: [Int], activation: StackedMap.Activation = .tanh, _ samples: StateSamples,
    tolerance: Double = 0.01, rounds: Int = 5, progress: ((TrainingRecord) -> Bool)? = nil
  ) throws -> (law: StackedStressLaw, record: TrainingRecord, symmetry: ConstraintReport) {
    let architecture = try StackedMap.Architecture(
      widths: [6] + hidden + [6], activation: activation)
    let (map, record, symmetry) = try fitSymmetric(
      architecture, samples.strainToStress, tolerance: tolerance, rounds: rounds,
      origin: Array(repeating: 0, count: 6), progress: progress)
    let law = try StackedStressLaw(
      map: map, pair: samples.pair, asymmetry: symmetry.residual, level: level)
    return (law, record, symmetry)
  }
}

extension StateSamples {
  /// The states as samples of a map: ε (or E) to σ (or S).
  package var strainToStress: MapSamples {
    var x = strain
    if pair == .rightCauchyGreen {
      for k in x.indices { x[k] = 0.5 * (k % 6 < 3 ? x[k] - 1 : x[k]) }
    }
    return MapSamples(
      count: count, coordinates: x, 6, responses: stress, 6, weights: weights)
  }

  /// How well a law of the same pair answers these states.
  ///
  /// - Parameter groups: which groups of eight; all where nil.
  /// - Returns: root of the weighted mean of squared errors over all six components, Pa, and the share
  ///   of the stresses' variation that the law explains.
  public func error(
    of law: some ConstitutiveLaw, groups range: Range<Int>? = nil
  ) -> (rmse: Double, r2: Double) {
    precondition(law.pair == pair, "a law of \(law.pair.rawValue) for states of \(pair.rawValue)")
    let range = range ?? 0..<groups
    var batch = PointBatch(groups: 64)
    var (square, total, size) = (0.0, 0.0, 0.0)
    var mean = [Double](repeating: 0, count: 6)
    for start in stride(from: range.lowerBound, to: range.upperBound, by: 64) {
      let count = min(64, range.upperBound - start)
      // A last batch that is not full repeats its first group.
      for k in 0..<6 * 64 { batch.strain[k] = strain[6 * start + (k < 6 * count ? k : k % 6)] }
      law.evaluate(&batch)
      for g in 0..<count {
        let w = weights[start + g]
        total += w.sum()
        for i in 0..<6 {
          let S = stress[6 * (start + g) + i]
          let e = batch.stress[6 * g + i] - S
          square += (w * e * e).sum()
          size += (w * S * S).sum()
          mean[i] += (w * S).sum()
        }
      }
    }
    guard total > 0 else { return (0, 0) }
    let variation = size - mean.reduce(0) { $0 + $1 * $1 } / total
    return (
      (square / (6 * total)).squareRoot(), variation > 0 ? 1 - square / variation : 0
    )
  }
}
