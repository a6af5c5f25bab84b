import FEM
import Mechanics

/// A measurement on a structure as a judge of laws: equilibrium of a specimen, and how far its net
/// reactions (and displacements, where measured) are from what was seen.
///
/// One look costs the equilibria of all levels; each starts from that of the last law judged. This is
/// what `PerturbedStage` shows its trials to.
public final class StructureMeasurement {
  private var specimen: Specimen
  /// Number of looks so far, and of those without an equilibrium.
  public private(set) var looks = 0, failures = 0

  /// - Parameter law: any law of C & S, for the model until the first look.
  /// - Throws: `IdentificationError` where the measurement does not fit its mesh.
  public init(
    _ experiment: FieldExperiment, law: any ConstitutiveLaw
  ) throws(IdentificationError) {
    specimen = try Specimen(experiment, law: law)
  }

  /// Root mean square of (prediction − measurement)/deviation over all measured values; nil where the
  /// law finds no equilibrium.
  public func misfit(_ law: any ConstitutiveLaw) -> Double? {
    looks += 1
    guard specimen.solve(law, theta: []) else {
      failures += 1
      return nil
    }
    specimen.keepStates()
    var r = [Double](repeating: 0, count: specimen.measurementCount)
    specimen.residual(into: &r, from: 0)
    return (r.reduce(0) { $0 + $1 * $1 } / Double(max(r.count, 1))).squareRoot()
  }
}

extension FieldExperiment {
  /// A force–displacement curve: net reactions at load factors, no displacement measured.
  ///
  /// - Parameters:
  ///   - forces: of every reaction (inner) at every factor (outer), N.
  ///   - deviation: standard deviation of a force, N.
  public init(
    curve name: String, definition: FEMModel.Definition, reactions: [NetReaction],
    factors: [Double], forces: [[Double]], deviation: Double
  ) throws(IdentificationError) {
    guard factors.count == forces.count else {
      throw IdentificationError(
        "curve '\(name)'", "has \(factors.count) load factors and \(forces.count) forces",
        "give one set of forces per factor")
    }
    try self.init(
      name: name, definition: definition, points: [], components: [], deviation: 1,
      reactions: reactions, reactionDeviation: deviation,
      levels: zip(factors, forces).map { Level(factor: $0, displacements: [], reactions: $1) })
  }
}
