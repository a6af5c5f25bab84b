import Glibc

/// Ogden: W = Σ_p μ_p/α_p (λ̄1^α_p + λ̄2^α_p + λ̄3^α_p − 3) + U(J), with λ̄_i = J^(−1/3) λ_i.
///
/// μ_p in Pa, α_p without unit; the shear modulus at rest is ½ Σ μ_p α_p. Pair C & S; NaN where
/// det C ≤ 0. Equal principal stretches need no special case: the divided differences of the tangent
/// are formed with `expm1` and `log1p`.
/// Source: Ogden, Proc. R. Soc. A 326 (1972) 565–584; tangent after Ogden, Non-linear Elastic
/// Deformations, 1984, §6.1.
public struct Ogden: ConstitutiveLaw, Equatable {
  /// One term of the sum: modulus in Pa and exponent.
  public struct Term: Sendable, Equatable {
    /// μ_p in Pa, and the exponent α_p.
    public let mu, alpha: Double

    /// Any values; `Ogden.init` checks them.
    public init(mu: Double, alpha: Double) {
      self.mu = mu
      self.alpha = alpha
    }
  }

  /// Terms of the sum.
  public let terms: [Term]
  /// The energy of volume change.
  public let volumetric: VolumetricPart

  /// - Throws: `ParameterError` unless exponents are non-zero, the shear modulus at rest and K positive.
  public init(terms: [Term], bulk: Double) throws(ParameterError) {
    guard !terms.isEmpty else { throw ParameterError("terms", 0, "must be at least one") }
    for (p, term) in terms.enumerated() {
      guard term.alpha != 0, term.alpha.isFinite else {
        throw ParameterError("alpha\(p + 1)", term.alpha, "must be finite and not zero")
      }
      guard term.mu.isFinite else {
        throw ParameterError("mu\(p + 1)", term.mu, "must be finite, in Pa")
      }
    }
    let mu = 0.5 * terms.reduce(0) { $0 + $1.mu * $1.alpha }
    guard mu > 0 else { throw ParameterError("½ Σ mu·alpha", mu, "must be positive, in Pa") }
    self.terms = terms
    volumetric = try VolumetricPart(bulk: bulk)
  }

  /// Right Cauchy–Green tensor C and second Piola–Kirchhoff stress S.
  public var pair: WorkPair { .rightCauchyGreen }

  /// Energy, stress and tangent from the principal stretches of each point.
  public func evaluate(_ batch: inout PointBatch) {
    let h = Mandel.halfRoot2
    for g in 0..<batch.groups {
      let s = 6 * g
      let frame = PrincipalAxes(
        batch.strain[s], batch.strain[s + 1], batch.strain[s + 2], h * batch.strain[s + 3],
        h * batch.strain[s + 4], h * batch.strain[s + 5])
      let principal = principalResponse(frame.values)
      batch.energy[g] = principal.W
      let N = frame.basis
      for i in 0..<6 {
        batch.stress[s + i] =
          principal.S.0 * N[0][i] + principal.S.1 * N[1][i] + principal.S.2 * N[2][i]
      }
      var k = 21 * g
      for i in 0..<6 {
        // Row i of D N: the normal block couples, the three shears stand alone.
        let r0 = principal.D[0] * N[0][i] + principal.D[1] * N[1][i] + principal.D[2] * N[2][i]
        let r1 = principal.D[1] * N[0][i] + principal.D[3] * N[1][i] + principal.D[4] * N[2][i]
        let r2 = principal.D[2] * N[0][i] + principal.D[4] * N[1][i] + principal.D[5] * N[2][i]
        let r3 = principal.D[6] * N[3][i]
        let r4 = principal.D[7] * N[4][i]
        let r5 = principal.D[8] * N[5][i]
        for j in i..<6 {
          let normal = r0 * N[0][j] + r1 * N[1][j] + r2 * N[2][j]
          batch.tangent[k] = normal + r3 * N[3][j] + r4 * N[4][j] + r5 * N[5][j]
          k += 1
        }
      }
    }
  }

  /// Energy, principal stresses and tangent in the principal frame: D holds 11, 12, 13, 22, 23, 33
  /// of the normal block and the shears 23, 31, 12.
  private func principalResponse(
    _ values: (Lanes, Lanes, Lanes)
  ) -> (W: Lanes, S: (Lanes, Lanes, Lanes), D: InlineArray<9, Lanes>) {
    let c: InlineArray<3, Lanes> = [values.0, values.1, values.2]
    var I3 = c[0] * c[1] * c[2]
    I3.replace(with: .nan, where: I3 .<= 0)
    let inverse: InlineArray<3, Lanes> = [1 / c[0], 1 / c[1], 1 / c[2]]
    let (U, U3, U33) = volumetric.derivatives(I3)
    let logs: InlineArray<3, Lanes> = [c[0].logarithm, c[1].logarithm, c[2].logarithm]
    let mean = (logs[0] + logs[1] + logs[2]) / 3
    var W = U
    var S: InlineArray<3, Lanes> = .init(repeating: Lanes())
    var D: InlineArray<9, Lanes> = .init(repeating: Lanes())
    // Volumetric part: s_i = 2 U3 I3 / c_i.
    let u1 = U3 * I3
    let u2 = U33 * I3 * I3
    for i in 0..<3 { S[i] = 2 * u1 * inverse[i] }
    for n in 0..<6 {
      let (i, j) = Ogden.pairs[n]
      let product = inverse[i] * inverse[j]
      D[n] = 4 * product * (i == j ? u2 : u2 + u1)
    }
    for n in 0..<3 {
      let (i, j) = Ogden.shears[n]
      D[6 + n] = -4 * u1 * inverse[i] * inverse[j]
    }
    for term in terms {
      let e = 0.5 * term.alpha
      // q_i = λ̄_i^α, formed with logarithms so that only their differences matter.
      var q: InlineArray<3, Lanes> = .init(repeating: Lanes())
      for i in 0..<3 { q[i] = (e * (logs[i] - mean)).exponential }
      let sum = q[0] + q[1] + q[2]
      let third = sum / 3
      W += (term.mu / term.alpha) * (sum - 3)
      for i in 0..<3 { S[i] += term.mu * inverse[i] * (q[i] - third) }
      for n in 0..<6 {
        let (i, j) = Ogden.pairs[n]
        // 4 ∂²/∂c_i∂c_j of μ/α Σ q: μ/(c_i c_j) [δ_ij (α q_i − 2 q_i + ⅔ Σq) − α/3 (q_i + q_j − Σq/3)].
        var entry = (-term.alpha / 3) * (q[i] + q[j] - third)
        if i == j { entry += (term.alpha - 2) * q[i] + 2 * third }
        D[n] += term.mu * inverse[i] * inverse[j] * entry
      }
      for n in 0..<3 {
        let (i, j) = Ogden.shears[n]
        let slope = Ogden.dividedDifference(q[j], c[i], c[j], inverse[j], e)
        D[6 + n] += (2 * term.mu) * (slope + third * inverse[i] * inverse[j])
      }
    }
    return (W, (S[0], S[1], S[2]), D)
  }

  private static let pairs: InlineArray<6, (Int, Int)> = [
    (0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2),
  ]
  private static let shears: InlineArray<3, (Int, Int)> = [(1, 2), (2, 0), (0, 1)]

  /// (f(x) − f(y))/(x − y) for f(c) = q(c)/c with q ~ c^e: smooth through x = y.
  @inline(__always)
  private static func dividedDifference(
    _ qy: Lanes, _ x: Lanes, _ y: Lanes, _ inverseY: Lanes, _ e: Double
  ) -> Lanes {
    let d = (x - y) * inverseY
    var ratio = Lanes()
    for i in 0..<8 {
      ratio[i] = d[i] == 0 ? e - 1 : expm1((e - 1) * log1p(d[i])) / d[i]
    }
    return qy * inverseY * inverseY * ratio
  }
}
