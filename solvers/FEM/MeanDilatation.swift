import Mechanics

extension ElementKernel {
  /// θ, its gradient and α = (θ/J)^⅔ from J and the spatial gradients (small strain: θ is the mean of
  /// tr ε, the gradients are the undeformed ones and α stays 1).
  func averageDilatation() {
    volume = Lanes()
    theta = Lanes()
    thetaGradient.clear()
    let d = dimension
    for q in 0..<points {
      spatialGradients(q)
      let finite = strainKind == .finite
      let weight = finite ? dV[q] * J[q] : dV[q]
      volume += dV[q]
      theta += finite ? weight : dV[q] * (J[q] - 1)
      for a in 0..<nodes * d {
        thetaGradient[a] = thetaGradient[a] + weight * spatial[q * nodes * d + a]
      }
      if formulation == .axisymmetric {
        for a in 0..<nodes {
          thetaGradient[a * d] = thetaGradient[a * d] + weight * hoopRate(q, a)
        }
      }
    }
    let inverse = 1 / volume
    theta *= inverse
    for a in 0..<nodes * d { thetaGradient[a] = thetaGradient[a] * inverse }
    guard strainKind == .finite else { return }
    for q in 0..<points { alpha[q] = (theta / J[q]).power(2 / 3.0) }
  }

  /// ∂(F_zz)/∂u_a / F_zz in axisymmetry: N_a / r with r the deformed radius (small strain: N_a / R).
  @inline(__always)
  func hoopRate(_ q: Int, _ a: Int) -> Lanes {
    let rate = N[q * nodes + a] * hoop[q]
    return strainKind == .finite ? rate / F[9 * q + 8] : rate
  }

  /// g_a = F⁻ᵀ ∇N_a, so that δ(ln J) = Σ g_a·δu_a (+ the hoop term).
  private func spatialGradients(_ q: Int) {
    let d = dimension
    let at = q * nodes * d
    guard strainKind == .finite else {
      for a in 0..<nodes * d { spatial[at + a] = gradient[at + a] }
      return
    }
    let k = 9 * q
    let inverse = 1 / J[q]
    if d == 2 {
      // In the plane, F⁻¹ needs the plane's own determinant J / F_zz.
      let s = inverse * F[k + 8]
      for a in 0..<nodes {
        let (x, y) = (gradient[at + 2 * a], gradient[at + 2 * a + 1])
        spatial[at + 2 * a] = (F[k + 4] * x - F[k + 3] * y) * s
        spatial[at + 2 * a + 1] = (F[k] * y - F[k + 1] * x) * s
      }
      return
    }
    let (a, b, c) = (F[k], F[k + 1], F[k + 2])
    let (e, f, g) = (F[k + 3], F[k + 4], F[k + 5])
    let (h, m, n) = (F[k + 6], F[k + 7], F[k + 8])
    let (c00, c01, c02) = (f * n - g * m, g * h - e * n, e * m - f * h)
    let (c10, c11, c12) = (c * m - b * n, a * n - c * h, b * h - a * m)
    let (c20, c21, c22) = (b * g - c * f, c * e - a * g, a * f - b * e)
    for node in 0..<nodes {
      let (x, y, z) = (
        gradient[at + 3 * node], gradient[at + 3 * node + 1], gradient[at + 3 * node + 2]
      )
      spatial[at + 3 * node] = (c00 * x + c01 * y + c02 * z) * inverse
      spatial[at + 3 * node + 1] = (c10 * x + c11 * y + c12 * z) * inverse
      spatial[at + 3 * node + 2] = (c20 * x + c21 * y + c22 * z) * inverse
    }
  }

  /// l_a = ⅔ (θ_a/θ − ĝ_a), the derivative of ln α, with ĝ the gradient of ln J; in small strain the
  /// derivative of ⅔ (θ − tr ε).
  func logAlphaGradient(_ q: Int) {
    let d = dimension
    let at = q * nodes * d
    let inverse = strainKind == .finite ? 1 / theta : Lanes(repeating: 1)
    for a in 0..<nodes * d {
      l[a] = (2 / 3.0) * (thetaGradient[a] * inverse - spatial[at + a])
    }
    if formulation == .axisymmetric {
      for a in 0..<nodes { l[a * d] = l[a * d] - (2 / 3.0) * hoopRate(q, a) }
    }
  }
}
