import Mechanics

extension ElementKernel {
  /// Whether all eight cells have a positive volume ratio and a finite force.
  var isAdmissible: Bool {
    if strainKind == .finite {
      for q in 0..<points where !all(J[q] .> 0) { return false }
    }
    var sum = Lanes()
    for i in 0..<nodes * dimension { sum += force[i] }
    return sum.sum().isFinite
  }

  /// Energy of each of the eight cells, J.
  var energy: Lanes {
    var total = Lanes()
    for q in 0..<points { total += dV[q] * batch.energy[q] }
    return total
  }

  /// Sums internal force and, where asked, tangent over the points; `respond` must have run.
  func integrate(tangent: Bool) {
    force.clear()
    let mean = volumetric == .meanDilatation
    if tangent {
      stiffness.clear()
      P = Lanes()
      if mean && strainKind == .finite {
        for q in 0..<points { P += (2 / 3.0) * dV[q] * pressureWork(q) }
      }
    }
    for q in 0..<points {
      strainDerivative(q)
      if mean { addDilatation(q) }
      addForce(q)
      guard tangent else { continue }
      multiplyTangent(q)
      addMaterialTangent()
      if strainKind == .finite {
        addGeometricTangent(q)
        if mean { addDilatationTangent(q) }
      }
    }
    if tangent && mean && strainKind == .finite { addThetaTangent() }
  }

  /// h = ½ S̄:C̄ at one point.
  private func pressureWork(_ q: Int) -> Lanes {
    var sum = Lanes()
    for i in 0..<6 { sum += batch.stress[6 * q + i] * batch.strain[6 * q + i] }
    return 0.5 * sum
  }

  /// B: δE = B_a δu_a in the components of the formulation, times α.
  func strainDerivative(_ q: Int) {
    let d = dimension
    let at = q * nodes * d
    let h = Mandel.halfRoot2
    let scale = alpha[q]
    let small = strainKind == .small
    let m = components.count
    for i in 0..<d {
      // Column i of Fᵀ: F_i0, F_i1, F_i2 (in small strain the identity).
      let f0 = small ? Lanes(repeating: i == 0 ? 1 : 0) : scale * F[9 * q + 3 * i]
      let f1 = small ? Lanes(repeating: i == 1 ? 1 : 0) : scale * F[9 * q + 3 * i + 1]
      let f2 = small ? Lanes(repeating: i == 2 ? 1 : 0) : scale * F[9 * q + 3 * i + 2]
      if d == 3 {
        for a in 0..<nodes {
          let (x, y, z) = (gradient[at + 3 * a], gradient[at + 3 * a + 1], gradient[at + 3 * a + 2])
          let k = a * 18 + i
          B[k] = f0 * x
          B[k + 3] = f1 * y
          B[k + 6] = f2 * z
          B[k + 9] = h * (f1 * z + f2 * y)
          B[k + 12] = h * (f0 * z + f2 * x)
          B[k + 15] = h * (f0 * y + f1 * x)
        }
      } else {
        for a in 0..<nodes {
          let (x, y) = (gradient[at + 2 * a], gradient[at + 2 * a + 1])
          let k = a * m * 2 + i
          B[k] = f0 * x
          B[k + 2] = f1 * y
          B[k + 4] = i == 0 ? hoopDerivative(q, a) : Lanes()
          B[k + 6] = h * (f0 * y + f1 * x)
        }
      }
    }
  }

  /// ∂E_zz/∂u_r in axisymmetry, times α; zero in the plane.
  private func hoopDerivative(_ q: Int, _ a: Int) -> Lanes {
    guard formulation == .axisymmetric else { return Lanes() }
    let rate = N[q * nodes + a] * hoop[q]
    return strainKind == .small ? rate : alpha[q] * rate * F[9 * q + 8]
  }

  /// s_a = S̄·B_a, then B̄_a = B_a + ½ C̄ ⊗ l_a.
  func addDilatation(_ q: Int) {
    logAlphaGradient(q)
    let d = dimension
    let m = components.count
    let small = strainKind == .small
    for a in 0..<nodes {
      for i in 0..<d {
        var sum = Lanes()
        for c in 0..<m { sum += batch.stress[6 * q + components[c]] * B[(a * m + c) * d + i] }
        s[a * d + i] = sum
        let half = 0.5 * l[a * d + i]
        for c in 0..<m {
          let k = components[c]
          if small && k > 2 { continue }
          let weight = small ? Lanes(repeating: 1) : batch.strain[6 * q + k]
          let at = (a * m + c) * d + i
          B[at] = B[at] + weight * half
        }
      }
    }
  }

  private func addForce(_ q: Int) {
    let d = dimension
    let m = components.count
    for c in 0..<m {
      let stress = dV[q] * batch.stress[6 * q + components[c]]
      for a in 0..<nodes {
        for i in 0..<d {
          force[a * d + i] = force[a * d + i] + stress * B[(a * m + c) * d + i]
        }
      }
    }
  }

  /// DB = dV 𝔻 B.
  private func multiplyTangent(_ q: Int) {
    let m = components.count
    let width = dimension
    // The tangent of the components in use, scaled, row by row: it stays in the first-level cache.
    for c in 0..<m {
      for e in 0..<m {
        D[c * m + e] = dV[q] * batch.tangent[21 * q + Mandel.packed(components[c], components[e])]
      }
    }
    for a in 0..<nodes {
      for i in 0..<width {
        let at = a * m * width + i
        if m == 6 { multiplyColumn6(at) } else { multiplyColumn4(at) }
      }
    }
  }

  @inline(__always)
  private func multiplyColumn6(_ at: Int) {
    let (b0, b1, b2) = (B[at], B[at + 3], B[at + 6])
    let (b3, b4, b5) = (B[at + 9], B[at + 12], B[at + 15])
    for c in 0..<6 {
      let r = 6 * c
      DB[at + 3 * c] =
        (D[r] * b0 + D[r + 1] * b1 + D[r + 2] * b2)
        + (D[r + 3] * b3 + D[r + 4] * b4 + D[r + 5] * b5)
    }
  }

  @inline(__always)
  private func multiplyColumn4(_ at: Int) {
    let (b0, b1, b2, b3) = (B[at], B[at + 2], B[at + 4], B[at + 6])
    for c in 0..<4 {
      let r = 4 * c
      DB[at + 2 * c] = (D[r] * b0 + D[r + 1] * b1) + (D[r + 2] * b2 + D[r + 3] * b3)
    }
  }

  private func addMaterialTangent() {
    if dimension == 3 {
      for b in 0..<nodes { for a in 0...b { addPair3(a, b) } }
    } else {
      for b in 0..<nodes { for a in 0...b { addPair2(a, b) } }
    }
  }

  @inline(__always)
  private func addPair3(_ a: Int, _ b: Int) {
    let k = 9 * ElementKernel.pair(a, b)
    var (k0, k1, k2) = (stiffness[k], stiffness[k + 1], stiffness[k + 2])
    var (k3, k4, k5) = (stiffness[k + 3], stiffness[k + 4], stiffness[k + 5])
    var (k6, k7, k8) = (stiffness[k + 6], stiffness[k + 7], stiffness[k + 8])
    var (p, r) = (18 * a, 18 * b)
    for _ in 0..<6 {
      let (x, y, z) = (DB[r], DB[r + 1], DB[r + 2])
      let (u, v, w) = (B[p], B[p + 1], B[p + 2])
      k0 += u * x
      k1 += u * y
      k2 += u * z
      k3 += v * x
      k4 += v * y
      k5 += v * z
      k6 += w * x
      k7 += w * y
      k8 += w * z
      p += 3
      r += 3
    }
    stiffness[k] = k0
    stiffness[k + 1] = k1
    stiffness[k + 2] = k2
    stiffness[k + 3] = k3
    stiffness[k + 4] = k4
    stiffness[k + 5] = k5
    stiffness[k + 6] = k6
    stiffness[k + 7] = k7
    stiffness[k + 8] = k8
  }

  @inline(__always)
  private func addPair2(_ a: Int, _ b: Int) {
    let k = 4 * ElementKernel.pair(a, b)
    let (p, r) = (8 * a, 8 * b)
    for c in 0..<4 {
      let (x, y) = (DB[r + 2 * c], DB[r + 2 * c + 1])
      let (u, v) = (B[p + 2 * c], B[p + 2 * c + 1])
      stiffness[k] = stiffness[k] + u * x
      stiffness[k + 1] = stiffness[k + 1] + u * y
      stiffness[k + 2] = stiffness[k + 2] + v * x
      stiffness[k + 3] = stiffness[k + 3] + v * y
    }
  }

  /// α ∇N_a·S·∇N_b on the diagonal of every block (+ the hoop term in axisymmetry).
  private func addGeometricTangent(_ q: Int) {
    let d = dimension
    let at = q * nodes * d
    let h = Mandel.halfRoot2
    let w = dV[q] * alpha[q]
    let t = 6 * q
    let (sx, sy, sz) = (w * batch.stress[t], w * batch.stress[t + 1], w * batch.stress[t + 2])
    let (yz, zx, xy) = (
      w * h * batch.stress[t + 3], w * h * batch.stress[t + 4], w * h * batch.stress[t + 5]
    )
    for b in 0..<nodes {
      let (x, y) = (gradient[at + d * b], gradient[at + d * b + 1])
      let z = d == 3 ? gradient[at + d * b + 2] : Lanes()
      let (vx, vy, vz) = (
        sx * x + xy * y + zx * z, xy * x + sy * y + yz * z, zx * x + yz * y + sz * z
      )
      for a in 0...b {
        let k = d * d * ElementKernel.pair(a, b)
        var g = vx * gradient[at + d * a] + vy * gradient[at + d * a + 1]
        if d == 3 { g += vz * gradient[at + d * a + 2] }
        for i in 0..<d { stiffness[k + (d + 1) * i] = stiffness[k + (d + 1) * i] + g }
        if formulation == .axisymmetric {
          let ring = N[q * nodes + a] * N[q * nodes + b] * hoop[q] * hoop[q]
          stiffness[k] = stiffness[k] + sz * ring
        }
      }
    }
  }

  /// The terms of the second variation of C̄ that come from α (README.md, eq. 6).
  private func addDilatationTangent(_ q: Int) {
    let d = dimension
    let at = q * nodes * d
    let w = dV[q]
    let h = w * pressureWork(q)
    let r = P / theta * w * J[q] / volume
    let cross = (2 / 3.0) * h - r
    let ring = formulation == .axisymmetric
    for b in 0..<nodes {
      let nb = ring ? hoopRate(q, b) : Lanes()
      for a in 0...b {
        let k = d * d * ElementKernel.pair(a, b)
        let na = ring ? hoopRate(q, a) : Lanes()
        for i in 0..<d {
          let (la, sa) = (l[a * d + i], w * s[a * d + i])
          let ga = spatial[at + a * d + i]
          let full = i == 0 ? ga + na : ga
          for j in 0..<d {
            let (lb, sb) = (l[b * d + j], w * s[b * d + j])
            let gb = spatial[at + b * d + j]
            let fullB = j == 0 ? gb + nb : gb
            var sum = sa * lb + la * sb + h * la * lb + r * full * fullB
            sum += cross * spatial[at + a * d + j] * spatial[at + b * d + i]
            if i == 0 && j == 0 { sum += cross * na * nb }
            stiffness[k + d * i + j] = stiffness[k + d * i + j] + sum
          }
        }
      }
    }
  }

  /// −(P/θ²) θ_a ⊗ θ_b.
  private func addThetaTangent() {
    let d = dimension
    let factor = P / (theta * theta)
    for b in 0..<nodes {
      for a in 0...b {
        let k = d * d * ElementKernel.pair(a, b)
        for i in 0..<d {
          let left = factor * thetaGradient[a * d + i]
          for j in 0..<d {
            stiffness[k + d * i + j] =
              stiffness[k + d * i + j] - left * thetaGradient[b * d + j]
          }
        }
      }
    }
  }
}
