import CManifoldKernels
import Manifold
import Mechanics

// The only unsafe code of this target: hands the arrays of batches to the kernels.

extension LearnedLaw {
  func evaluateWithKernel(_ batch: inout PointBatch) {
    packed.withUnsafeBufferPointer { weights in
      var law = dm_potential()
      law.stack.weights = weights.baseAddress
      fill(&law)
      batch.withKernelPointers { points, C, W, S, D in
        dm_potential_evaluate(&law, points, C, W, S, D, level.rawValue)
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

extension AnisotropicLearnedLaw {
  func evaluateWithKernel(_ batch: inout PointBatch) {
    packed.withUnsafeBufferPointer { weights in
      var law = dm_anisotropic()
      law.stack.weights = weights.baseAddress
      fill(&law)
      batch.withKernelPointers { points, C, W, S, D in
        dm_anisotropic_evaluate(&law, points, C, W, S, D, level.rawValue)
      }
    }
  }

  private func fill(_ law: inout dm_anisotropic) {
    law.stack.set(widths: potential.architecture.widths)
    law.features = Int32(featureScales.count)
    let root3 = 3.0.squareRoot()
    for k in featureScales.indices {
      set(&law.centre, k, k < 2 ? root3 : 1)
      set(&law.inverse_scale, k, 1 / featureScales[k])
      set(&law.linear, k, linear[k])
    }
    for (d, direction) in directions.enumerated() {
      let (H, w) = (direction.dispersion, 1 - 3 * direction.dispersion)
      for k in 0..<6 {
        let (i, j) = (Mandel.rows[k], Mandel.columns[k])
        let product = w * direction.vector[i] * direction.vector[j]
        set(&law.structure, 6 * d + k, (i == j ? H : 0) + product)
      }
    }
    law.scale = stressScale
    law.output_at_rest = outputAtRest
    law.growth = growth
    law.bulk = bulk
  }
}

extension SmallStrainLearnedLaw {
  func evaluateWithKernel(_ batch: inout PointBatch) {
    packed.withUnsafeBufferPointer { weights in
      var law = dm_small_strain()
      law.stack.weights = weights.baseAddress
      fill(&law)
      batch.withKernelPointers { points, strain, W, S, D in
        dm_small_strain_evaluate(&law, points, strain, W, S, D, level.rawValue)
      }
    }
  }

  private func fill(_ law: inout dm_small_strain) {
    law.stack.set(widths: potential.architecture.widths)
    law.features = Int32(forms.count)
    for k in forms.indices {
      set(&law.inverse_scale, k, 1 / featureScales[k])
      set(&law.smoothing, k, forms[k].count == 36 ? smoothing : 0)
      for (i, value) in forms[k].enumerated() { set(&law.form, 36 * k + i, value) }
    }
    for i in 0..<6 { set(&law.offset, i, offset[i]) }
    for i in 0..<36 { set(&law.stiffness, i, stiffness[i]) }
    law.scale = stressScale
    law.output_at_rest = outputAtRest
  }
}

/// Sets entry `k` of a C array of doubles, which Swift sees as a tuple.
private func set<T>(_ array: inout T, _ k: Int, _ value: Double) {
  withUnsafeMutableBytes(of: &array) { $0.bindMemory(to: Double.self)[k] = value }
}

extension PointBatch {
  /// Number of groups, strain, energy, stress and tangent as the kernels take them.
  fileprivate mutating func withKernelPointers(
    _ body: (
      Int, UnsafePointer<Double>, UnsafeMutablePointer<Double>, UnsafeMutablePointer<Double>,
      UnsafeMutablePointer<Double>
    ) -> Void
  ) {
    let points = count
    guard points > 0 else { return }
    strain.withUnsafeBytes { C in
      energy.withUnsafeMutableBytes { W in
        stress.withUnsafeMutableBytes { S in
          tangent.withUnsafeMutableBytes { D in
            body(
              points, C.baseAddress!.assumingMemoryBound(to: Double.self),
              W.baseAddress!.assumingMemoryBound(to: Double.self),
              S.baseAddress!.assumingMemoryBound(to: Double.self),
              D.baseAddress!.assumingMemoryBound(to: Double.self))
          }
        }
      }
    }
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
