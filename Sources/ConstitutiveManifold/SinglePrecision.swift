import CManifoldKernels
import Manifold
import Mechanics

extension LearnedLaw {
  /// In which numbers the map inside the law is evaluated.
  public enum Precision: String, Sendable {
    /// 64 bits throughout.
    case double
    /// The map in 32 bits, twice as many points per register; invariants, volumetric part and the chain
    /// rule in 64. Stresses and tangents lose about six digits of sixteen, relative to the law's
    /// stiffness: enough for explicit dynamics, screening and most Newton iterations, not for
    /// tolerances below 1e-6.
    case single
  }

  /// The same law with its map evaluated in that precision.
  ///
  /// In single precision, too, the undeformed state has neither energy nor stress beyond rounding: both are
  /// measured with the rounded map and taken off.
  public func evaluated(in precision: Precision) -> LearnedLaw {
    var law = self
    law.single = nil
    guard precision == .single else { return law }
    var map = SingleMap(
      weights: packed.map { Float($0) }, outputAtRest: outputAtRest, slope: slope)
    law.single = map
    let rest = law.evaluate(strain: [1, 1, 1, 0, 0, 0])
    // At rest S = ∂W/∂J · 1.
    map.outputAtRest += rest.energy / stressScale
    map.slope += rest.stress[0]
    law.single = map
    return law
  }

  /// In which numbers the map is evaluated.
  public var precision: Precision { single == nil ? .double : .single }

  /// The rounded map, and what belongs to it at rest.
  struct SingleMap: Sendable, Equatable {
    let weights: [Float]
    var outputAtRest, slope: Double
  }

  /// Hands the arrays of a batch to the kernel of mixed precision.
  func evaluateInSingle(_ map: SingleMap, _ batch: inout PointBatch) {
    let groups = batch.groups
    guard groups > 0 else { return }
    map.weights.withUnsafeBufferPointer { weights in
      var law = dm_potential()
      fill(&law)
      law.output_at_rest = map.outputAtRest
      law.linear.2 = -map.slope
      var stack = dm_stack_single()
      stack.layers = law.stack.layers
      stack.width = law.stack.width
      stack.weights = weights.baseAddress
      batch.strain.withUnsafeBytes { C in
        batch.energy.withUnsafeMutableBytes { W in
          batch.stress.withUnsafeMutableBytes { S in
            batch.tangent.withUnsafeMutableBytes { D in
              dm_potential_evaluate_mixed(
                &law, &stack, groups, C.baseAddress!.assumingMemoryBound(to: Double.self),
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
