import Glibc

/// The Hencky (logarithmic) strain H = ½ ln C at eight points, its way to C, and the way back of stress
/// and tangent to their conjugates in H.
///
/// The stress T conjugate to H satisfies T : dH = ½ S : dC. In the axes of H, with principal values h_i
/// and f(h) = e^{2h}, all through divided differences of f:
///
///     ½ dC_ij = L_ij dH_ij,   L_ij = ½ f[h_i, h_j] = e^{h_i + h_j} sinh(h_i − h_j)/(h_i − h_j)
///     T_ij = L_ij S_ij
///     ∂T/∂H : X·Y = L X · (2 ∂S/∂C) · L Y + Σ_ijk S_ij f[h_i, h_k, h_j] X_ik Y_kj   (symmetrised)
///
/// For an isotropic law T is the Kirchhoff stress turned back by the rotation, RᵀτR. Volume change is
/// linear in these measures, ln J = tr H, and so is the pressure, −tr T/3 (per volume at rest).
/// Equal and nearly equal h_i need no special case: there the differences are summed as series.
/// Sources: Hoger, Int. J. Solids Struct. 23 (1987) 1645–1656; Miehe & Lambrecht, Commun. Numer. Methods
/// Eng. 17 (2001) 337–353; divided differences: Higham, Functions of Matrices, 2008, §3.2, B.16.
///
/// A frame is a stretch of numbers in scratch memory, `count` per group: values of this size are not passed
/// around (copies of them cost more than the law).
enum HenckyFrame {
  /// Numbers per group: the rotation N into the axes of H (36; row k takes a Mandel vector to principal
  /// component k of 11, 22, 33, 23, 31, 12), L_ij in the same order (6), f[h_i, h_i, h_j] (9, row by row),
  /// f[h_1, h_2, h_3].
  static let count = 52

  /// Fills the frame at `o` and C at `q` from H at `q`, all in Mandel order.
  static func prepare(
    _ H: [Lanes], at q: Int, frame: inout [Lanes], at o: Int, rightCauchyGreen C: inout [Lanes]
  ) {
    let w = Mandel.halfRoot2
    let axes = PrincipalAxes(H[q], H[q + 1], H[q + 2], w * H[q + 3], w * H[q + 4], w * H[q + 5])
    let h: InlineArray<3, Lanes> = [axes.values.0, axes.values.1, axes.values.2]
    let e: InlineArray<3, Lanes> = [h[0].exponential, h[1].exponential, h[2].exponential]
    let c: InlineArray<3, Lanes> = [e[0] * e[0], e[1] * e[1], e[2] * e[2]]
    fillBasis(axes.axes, &frame, at: o)
    for i in 0..<6 {
      let sum: Lanes = c[0] * frame[o + i] + c[1] * frame[o + 6 + i]
      C[q + i] = sum + c[2] * frame[o + 12 + i]
    }
    for i in 0..<3 { frame[o + 36 + i] = c[i] }
    for i in 0..<3 {
      let (a, b) = ((i + 1) % 3, (i + 2) % 3)
      frame[o + 39 + i] = half(h[a] - h[b], c[a], c[b], e[a] * e[b])
    }
    for i in 0..<3 {
      for j in 0..<3 {
        let value = i == j ? 2 * c[i] : confluent(2 * (h[j] - h[i]), c[i], c[j])
        frame[o + 42 + 3 * i + j] = value
      }
    }
    frame[o + 51] = mixed(h, c)
  }

  /// `PrincipalAxes.basis` straight into memory.
  @inline(__always)
  private static func fillBasis(
    _ axes: InlineArray<3, InlineArray<3, Lanes>>, _ frame: inout [Lanes], at o: Int
  ) {
    for k in 0..<3 {
      let (x, y, z) = (axes[0][k], axes[1][k], axes[2][k])
      frame[o + 6 * k] = x * x
      frame[o + 6 * k + 1] = y * y
      frame[o + 6 * k + 2] = z * z
      frame[o + 6 * k + 3] = Mandel.root2 * y * z
      frame[o + 6 * k + 4] = Mandel.root2 * z * x
      frame[o + 6 * k + 5] = Mandel.root2 * x * y
      let (a, b) = ((k + 1) % 3, (k + 2) % 3)
      let p = o + 18 + 6 * k
      for i in 0..<3 { frame[p + i] = Mandel.root2 * axes[i][a] * axes[i][b] }
      frame[p + 3] = axes[1][a] * axes[2][b] + axes[2][a] * axes[1][b]
      frame[p + 4] = axes[2][a] * axes[0][b] + axes[0][a] * axes[2][b]
      frame[p + 5] = axes[0][a] * axes[1][b] + axes[1][a] * axes[0][b]
    }
  }

  /// 1/(k + 2)! for k = 3 … 22.
  private static let reciprocalFactorials: InlineArray<20, Double> = [
    1.0 / 120,
    1.0 / 720,
    1.0 / 5_040,
    1.0 / 40_320,
    1.0 / 362_880,
    1.0 / 3_628_800,
    1.0 / 39_916_800,
    1.0 / 479_001_600,
    1.0 / 6_227_020_800,
    1.0 / 87_178_291_200,
    1.0 / 1_307_674_368_000,
    1.0 / 20_922_789_888_000,
    1.0 / 355_687_428_096_000,
    1.0 / 6_402_373_705_728_000,
    1.0 / 121_645_100_408_832_000,
    1.0 / 2_432_902_008_176_640_000,
    1.0 / 5.109094217170944e+19,
    1.0 / 1.1240007277776077e+21,
    1.0 / 2.585201673888498e+22,
    1.0 / 6.204484017332394e+23,
  ]

  /// ½ f[a, b] for x = a − b: sinh x / x from its series where x is small.
  @inline(__always)
  private static func half(_ x: Lanes, _ ca: Lanes, _ cb: Lanes, _ product: Lanes) -> Lanes {
    let y = x * x
    var series = Lanes(repeating: 1.0 / 1_307_674_368_000)
    let factors: InlineArray<7, Double> = [
      1.0 / 6_227_020_800, 1.0 / 39_916_800, 1.0 / 362_880, 1.0 / 5040, 1.0 / 120, 1.0 / 6, 1.0,
    ]
    for k in 0..<7 { series = series * y + factors[k] }
    return (product * series).replacing(with: (ca - cb) / (2 * x), where: y .> 0.25)
  }

  /// f[a, a, b] = 4 e^{2a} (e^z − 1 − z)/z² with z = 2(b − a).
  @inline(__always)
  private static func confluent(_ z: Lanes, _ ca: Lanes, _ cb: Lanes) -> Lanes {
    // Σ z^k/(k + 2)! · 2 by Horner: each step multiplies by z/(k + 2).
    var series = Lanes(repeating: 1)
    let reciprocals: InlineArray<16, Double> = [
      1.0 / 18, 1.0 / 17, 1.0 / 16, 1.0 / 15, 1.0 / 14, 1.0 / 13, 1.0 / 12, 1.0 / 11, 1.0 / 10,
      1.0 / 9, 1.0 / 8, 1.0 / 7, 1.0 / 6, 1.0 / 5, 1.0 / 4, 1.0 / 3,
    ]
    for k in 0..<16 { series = series * z * reciprocals[k] + 1 }
    let near = 2 * ca * series
    let far = 4 * (cb - ca - z * ca) / (z * z)
    return near.replacing(with: far, where: z * z .> 1)
  }

  /// f[h_1, h_2, h_3]: a quotient over the widest gap, or the series about the mean where all are near.
  @inline(__always)
  private static func mixed(_ h: InlineArray<3, Lanes>, _ c: InlineArray<3, Lanes>) -> Lanes {
    let (high, highC) = (
      pointwiseMax(h[0], pointwiseMax(h[1], h[2])), pointwiseMax(c[0], pointwiseMax(c[1], c[2]))
    )
    let (low, lowC) = (
      pointwiseMin(h[0], pointwiseMin(h[1], h[2])), pointwiseMin(c[0], pointwiseMin(c[1], c[2]))
    )
    func middle(_ v: InlineArray<3, Lanes>) -> Lanes {
      pointwiseMax(pointwiseMin(v[0], v[1]), pointwiseMin(pointwiseMax(v[0], v[1]), v[2]))
    }
    let (mid, midC) = (middle(h), middle(c))
    let gap = high - low
    let upper = 2 * half(high - mid, highC, midC, (highC * midC).squareRoot())
    let lower = 2 * half(mid - low, midC, lowC, (midC * lowC).squareRoot())
    let far = (upper - lower) / gap
    // e^{2m} Σ 2^{k+2}/(k+2)! s_k with the complete symmetric polynomials s_k of 2-centred values:
    // s_k = −e₂ s_{k−2} + e₃ s_{k−3}, since the first elementary polynomial vanishes.
    let m = (h[0] + h[1] + h[2]) / 3
    let (a, b, d) = (2 * (h[0] - m), 2 * (h[1] - m), 2 * (h[2] - m))
    let e2 = a * b + b * d + d * a
    let e3 = a * b * d
    var (s0, s1, s2) = (Lanes(repeating: 1), Lanes(), -e2)
    var sum = 0.5 * s0 + (1.0 / 24) * s2
    for k in 0..<20 {
      let s3 = e3 * s0 - e2 * s1
      sum += reciprocalFactorials[k] * s3
      (s0, s1, s2) = (s1, s2, s3)
    }
    let cube = c[0] * c[1] * c[2]
    return (4 * cube.cubeRoot * sum).replacing(with: far, where: gap .> 1)
  }
}

extension HenckyFrame {
  /// T at `q` from S at `q`, and ∂T/∂H at `t` from 2 ∂S/∂C at `t` (packed upper triangles).
  static func pull(
    _ S: [Lanes], _ D: [Lanes], frame: [Lanes], at o: Int, stress T: inout [Lanes], at q: Int,
    tangent: inout [Lanes], at t: Int
  ) {
    // S in the principal frame, and T back from there.
    var s: InlineArray<6, Lanes> = .init(repeating: Lanes())
    for k in 0..<6 {
      var sum = frame[o + 6 * k] * S[q]
      for i in 1..<6 { sum += frame[o + 6 * k + i] * S[q + i] }
      s[k] = sum
    }
    for i in 0..<6 {
      var sum = Lanes()
      for k in 0..<6 { sum += frame[o + 6 * k + i] * (frame[o + 36 + k] * s[k]) }
      T[q + i] = sum
    }
    var K: InlineArray<36, Lanes> = .init(repeating: Lanes())
    turn(D, at: t, frame: frame, at: o, into: &K)
    addGeometric(s, frame: frame, at: o, to: &K)
    for k in 1..<6 { for l in 0..<k { K[6 * k + l] = K[6 * l + k] } }
    // Nᵀ K N.
    var next = t
    for i in 0..<6 {
      var row: InlineArray<6, Lanes> = .init(repeating: Lanes())
      for l in 0..<6 {
        var sum = frame[o + i] * K[l]
        for k in 1..<6 { sum += frame[o + 6 * k + i] * K[6 * k + l] }
        row[l] = sum
      }
      for j in i..<6 {
        var sum = row[0] * frame[o + j]
        for l in 1..<6 { sum += row[l] * frame[o + 6 * l + j] }
        tangent[next] = sum
        next += 1
      }
    }
  }

  /// L N D Nᵀ L, upper triangle.
  @inline(__always)
  private static func turn(
    _ D: [Lanes], at t: Int, frame: [Lanes], at o: Int, into K: inout InlineArray<36, Lanes>
  ) {
    var full: InlineArray<36, Lanes> = .init(repeating: Lanes())
    var next = t
    for i in 0..<6 {
      for j in i..<6 {
        full[6 * i + j] = D[next]
        full[6 * j + i] = D[next]
        next += 1
      }
    }
    for k in 0..<6 {
      var row: InlineArray<6, Lanes> = .init(repeating: Lanes())
      for j in 0..<6 {
        var sum = frame[o + 6 * k] * full[j]
        for i in 1..<6 { sum += frame[o + 6 * k + i] * full[6 * i + j] }
        row[j] = frame[o + 36 + k] * sum
      }
      for l in k..<6 {
        var sum = row[0] * frame[o + 6 * l]
        for j in 1..<6 { sum += row[j] * frame[o + 6 * l + j] }
        K[6 * k + l] = frame[o + 36 + l] * sum
      }
    }
  }

  /// The part of the tangent that the curvature of H ↦ C brings, upper triangle, principal frame.
  @inline(__always)
  private static func addGeometric(
    _ s: InlineArray<6, Lanes>, frame: [Lanes], at o: Int, to K: inout InlineArray<36, Lanes>
  ) {
    let second = o + 42
    for i in 0..<3 { K[7 * i] += s[i] * frame[second + 4 * i] }
    for n in 0..<3 {
      // Shear component 3 + n stands for the axes i, j.
      let (i, j) = ((n + 1) % 3, (n + 2) % 3)
      let (ij, ji) = (frame[second + 3 * i + j], frame[second + 3 * j + i])
      K[7 * (3 + n)] += 0.5 * (s[i] * ij + s[j] * ji)
      K[6 * i + 3 + n] += 0.5 * s[3 + n] * ij
      K[6 * j + 3 + n] += 0.5 * s[3 + n] * ji
    }
    let mixed = (0.5 * Mandel.halfRoot2) * frame[o + 51]
    K[6 * 4 + 5] += s[3] * mixed
    K[6 * 3 + 5] += s[4] * mixed
    K[6 * 3 + 4] += s[5] * mixed
  }
}
