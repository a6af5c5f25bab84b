import CManifoldKernels
import Manifold
import Mechanics

/// A law that is no potential by construction: stress = f(strain) − f(0) with a stacked map f from six
/// to six Mandel components. Small strain and Cauchy stress, or E = (C − 1)/2 and S.
///
/// The undeformed state is free of stress to the bit. The tangent of such a map is not symmetric by
/// itself; training holds it to symmetry at points of the data and `asymmetry` says how well. The law
/// hands on the symmetric part (a batch holds nothing else), so Newton's iteration converges as fast as the
/// asymmetry is small. The energy it reports is the work along the straight path from rest, by Gauss'
/// rule of four points; along another path it may differ by as much as the tangent is unsymmetric.
/// Beyond its data it promises nothing: neither growth nor convexity nor material symmetry.
public struct StackedStressLaw: ConstitutiveLaw, Equatable {
  /// f, from strain to stress in Pa.
  public let map: StackedMap
  /// Small strain, or C & S.
  public let pair: WorkPair
  /// Largest |D_ij − D_ji| over the points of training, relative to the size of the stresses over that of
  /// the strains.
  public let asymmetry: Double
  /// f(0), Pa.
  private let rest: [Double]
  /// The instruction set that evaluates.
  package let level: KernelLevel

  /// - Throws: `ParameterError` for a map that is not 6 → 6 and an asymmetry that is negative.
  public init(map: StackedMap, pair: WorkPair, asymmetry: Double) throws(ParameterError) {
    try self.init(map: map, pair: pair, asymmetry: asymmetry, level: .best)
  }

  package init(
    map: StackedMap, pair: WorkPair, asymmetry: Double, level: KernelLevel
  ) throws(ParameterError) {
    guard map.coordinateCount == 6, map.responseCount == 6 else {
      throw ParameterError("coordinates", Double(map.coordinateCount), "must be 6, as responses")
    }
    guard asymmetry >= 0 else {
      throw ParameterError("asymmetry", asymmetry, "must not be negative")
    }
    var map = map
    map.level = level
    self.map = map
    self.pair = pair
    self.asymmetry = asymmetry
    self.level = level
    var batch = ManifoldBatch(groups: 1, coordinateCount: 6, responseCount: 6)
    map.evaluate(&batch)
    rest = (0..<6).map { batch.responses[$0][0] }
  }

  /// Work, stress and symmetric tangent of the whole batch; NaN where det C ≤ 0. Nothing is allocated.
  public func evaluate(_ batch: inout PointBatch) {
    let groups = batch.groups
    guard groups > 0 else { return }
    map.folded.withUnsafeBufferPointer { weights in
      var kernel = dm_map(map.architecture)
      kernel.weights = weights.baseAddress
      batch.strain.withUnsafeBytes { e in
        batch.energy.withUnsafeMutableBytes { W in
          batch.stress.withUnsafeMutableBytes { S in
            batch.tangent.withUnsafeMutableBytes { D in
              dm_stress_map(
                &kernel, rest, pair == .rightCauchyGreen ? 1 : 0, groups,
                e.baseAddress!.assumingMemoryBound(to: Double.self),
                W.baseAddress!.assumingMemoryBound(to: Double.self),
                S.baseAddress!.assumingMemoryBound(to: Double.self),
                D.baseAddress!.assumingMemoryBound(to: Double.self), level.rawValue)
            }
          }
        }
      }
    }
  }
}
