import Mechanics

extension ElementKernel {
  /// Finds ε_zz with σ_zz = 0 by Newton at every point and condenses the tangent (one correction is
  /// exact for a linear law).
  func respondInPlaneStress() {
    let zz = Mandel.packed(2, 2)
    for iteration in 0..<25 {
      law.evaluate(&batch)
      var done = true
      for q in 0..<points {
        let stress = batch.stress[6 * q + 2]
        let scale = batch.tangent[21 * q + zz]
        let correction = stress / scale
        // Below this the correction is lost in the rounding of the stress itself.
        let size = abs(batch.stress[6 * q]) + abs(batch.stress[6 * q + 1])
        if any(abs(stress) .> 1e-14 * size) {
          done = false
          batch.strain[6 * q + 2] -= correction
        }
      }
      if done && iteration > 0 { break }
    }
    for q in 0..<points {
      let t = 21 * q
      let inverse = 1 / batch.tangent[t + zz]
      let column = (0..<6).map { batch.tangent[t + Mandel.packed(2, $0)] }
      for i in 0..<6 {
        for j in i..<6 where i != 2 && j != 2 {
          batch.tangent[t + Mandel.packed(i, j)] -= column[i] * column[j] * inverse
        }
      }
      for i in 0..<6 { batch.tangent[t + Mandel.packed(2, i)] = Lanes() }
    }
  }
}

@inline(__always)
func abs(_ x: Lanes) -> Lanes { x.replacing(with: -x, where: x .< 0) }
