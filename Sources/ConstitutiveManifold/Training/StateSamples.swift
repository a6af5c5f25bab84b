import Manifold
import Mechanics

/// States of a material: strain, stress and, where known, energy density; shuffled once into groups of
/// eight, the last one padded with samples of weight 0.
///
/// Components in Mandel order, stresses in Pa, energies in J/m³; the pair says which measures they are.
/// Component `i` of group `g` stands at `strain[6 * g + i]`.
public struct StateSamples: Sendable {
  /// Number of states.
  public let count: Int
  /// The measures of strain and stress.
  public let pair: WorkPair
  /// Six per group.
  public let strain: [Lanes], stress: [Lanes]
  /// One per group; empty where no energy is known.
  public let energy: [Lanes]
  /// One per sample.
  public let weights: [Lanes]

  /// Number of groups.
  public var groups: Int { weights.count }

  /// From rows of six numbers per state.
  ///
  /// - Parameters:
  ///   - energy: one per state, or none at all.
  ///   - weights: one per state, not negative; all 1 where nil.
  ///   - seed: of the shuffle.
  /// - Throws: `TrainingError` for lengths that do not fit, no states, numbers that are not finite and
  ///   a C that is no deformation.
  public init(
    strain: [Double], stress: [Double], energy: [Double] = [], pair: WorkPair,
    weights: [Double]? = nil, seed: UInt64 = 1
  ) throws(TrainingError) {
    let count = strain.count / 6
    guard strain.count == 6 * count, stress.count == strain.count,
      energy.isEmpty || energy.count == count, weights?.count ?? count == count
    else {
      throw .badShape(
        "\(strain.count) components of strain, \(stress.count) of stress and \(energy.count) "
          + "energies are no states")
    }
    guard count > 0 else { throw .badShape("there are no states") }
    if pair == .rightCauchyGreen {
      for p in 0..<count where !StateSamples.isDeformation(strain[6 * p..<6 * p + 6]) {
        throw .badSample(p, "its C is not positive definite")
      }
    }
    let order = shuffledSamples(count, seed: seed)
    self.count = count
    self.pair = pair
    self.strain = try sampleGroups(strain, 6, order, "strain component")
    self.stress = try sampleGroups(stress, 6, order, "stress component")
    self.energy = energy.isEmpty ? [] : try sampleGroups(energy, 1, order, "energy")
    self.weights = try sampleWeights(weights, order)
  }

  /// All three leading minors are positive.
  private static func isDeformation(_ C: ArraySlice<Double>) -> Bool {
    let m = Mandel.matrix(Array(C))
    let minor = m[0] * m[4] - m[1] * m[1]
    let determinant =
      m[0] * (m[4] * m[8] - m[5] * m[5]) - m[1] * (m[1] * m[8] - m[5] * m[2])
      + m[2] * (m[1] * m[5] - m[4] * m[2])
    return m[0] > 0 && minor > 0 && determinant > 0
  }

  /// Root of the weighted mean of ‖stress‖², Pa.
  package var stressSize: Double {
    var (sum, total) = (0.0, 0.0)
    for (g, w) in weights.enumerated() {
      for i in 0..<6 { sum += (w * stress[6 * g + i] * stress[6 * g + i]).sum() }
      total += w.sum()
    }
    return total > 0 ? (sum / total).squareRoot() : 0
  }
}
