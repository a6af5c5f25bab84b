import CManifoldKernels
import Manifold
import Mechanics

extension LearnedLaw {
  /// The only unsafe code of this target: hands the arrays of a batch to the kernel.
  func evaluateWithKernel(_ batch: inout PointBatch) {
    let groups = batch.groups
    packed.withUnsafeBufferPointer { weights in
      var law = dm_potential()
      law.stack.weights = weights.baseAddress
      fill(&law)
      batch.strain.withUnsafeBytes { C in
        batch.energy.withUnsafeMutableBytes { W in
          batch.stress.withUnsafeMutableBytes { S in
            batch.tangent.withUnsafeMutableBytes { D in
              guard groups > 0 else { return }
              dm_potential_evaluate(
                &law, groups, C.baseAddress!.assumingMemoryBound(to: Double.self),
                W.baseAddress!.assumingMemoryBound(to: Double.self),
                S.baseAddress!.assumingMemoryBound(to: Double.self),
                D.baseAddress!.assumingMemoryBound(to: Double.self), level.rawValue)
            }
          }
        }
      }
    }
  }

  /// All of the kernel's law but its weights.
  func fill(_ law: inout dm_potential) {
    law.stack.set(widths: potential.architecture.widths)
    let root3 = 3.0.squareRoot()
    law.centre = (root3, root3, 1)
    law.inverse_scale = (1 / featureScales[0], 1 / featureScales[1], 1 / featureScales[2])
    law.linear = (0, cofactor, -slope)
    law.scale = stressScale
    law.output_at_rest = outputAtRest
    law.growth = growth
    law.bulk = bulk
  }
}

extension dm_stack {
  /// Number and padded widths of the layers.
  mutating func set(widths: [Int]) {
    layers = Int32(widths.count)
    withUnsafeMutableBytes(of: &width) { raw in
      let slots = raw.bindMemory(to: Int32.self)
      for l in 0..<widths.count { slots[l] = Int32(PackedWeights.padded(widths[l])) }
    }
  }
}
