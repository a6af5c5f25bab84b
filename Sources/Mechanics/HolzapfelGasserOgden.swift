/// Holzapfel–Gasser–Ogden: a neo-Hookean ground substance with families of dispersed fibres that
/// stiffen exponentially and carry tension only.
///
///     W = μ/2 (Ī1 − 3) + U(J) + Σ_i k1/(2 k2) (exp(k2 ⟨E_i⟩²) − 1),   E_i = C : H_i − 1
///
/// with H_i = κ 1 + (1 − 3κ) a_i⊗a_i and ⟨E⟩ = max(E, 0). The fibres see the whole of C and not its
/// isochoric part: a bag under pressure then stretches its fibres, and the energy stays polyconvex
/// (Sansour, Eur. J. Mech. A 27 (2008) 28–39; Nolan et al., J. Mech. Behav. Biomed. Mater. 39 (2014)
/// 48–60). Stress and energy are smooth through E = 0; the tangent jumps there by the fibres'
/// stiffness, as the published model does. μ and k1 in Pa, k2 and κ without unit; pair C & S; NaN where
/// det C ≤ 0.
/// Source: Gasser, Ogden & Holzapfel, J. R. Soc. Interface 3 (2006) 15–35.
public struct HolzapfelGasserOgden: ConstitutiveLaw, Equatable {
  /// Shear modulus of the ground substance and modulus of the fibres, Pa.
  public let mu, k1: Double
  /// Exponent of the fibres.
  public let k2: Double
  /// The families of fibres with their dispersions, one to three.
  public let fibres: [PreferredDirection]
  private let ground: Yeoh

  /// The energy of volume change.
  public var volumetric: VolumetricPart { ground.volumetric }

  /// - Throws: `ParameterError` unless μ, K > 0, k1 ≥ 0, k2 > 0 and there are one to three families.
  public init(
    mu: Double, k1: Double, k2: Double, fibres: [PreferredDirection], bulk: Double
  ) throws(ParameterError) {
    guard mu > 0, mu.isFinite else { throw ParameterError("mu", mu, "must be positive, in Pa") }
    guard k1 >= 0, k1.isFinite else {
      throw ParameterError("k1", k1, "must not be negative, in Pa")
    }
    guard k2 > 0, k2.isFinite else { throw ParameterError("k2", k2, "must be positive") }
    guard (1...3).contains(fibres.count) else {
      throw ParameterError("fibres", Double(fibres.count), "families: must be 1, 2 or 3")
    }
    self.mu = mu
    self.k1 = k1
    self.k2 = k2
    self.fibres = fibres
    ground = try Yeoh(c1: 0.5 * mu, c2: 0, c3: 0, bulk: bulk)
  }

  /// Right Cauchy–Green tensor C and second Piola–Kirchhoff stress S.
  public var pair: WorkPair { .rightCauchyGreen }

  /// The ground substance, then S += 2 ψ′ H and 2 ∂S/∂C += 4 ψ″ H⊗H for every family.
  public func evaluate(_ batch: inout PointBatch) {
    ground.evaluate(&batch)
    for fibre in fibres {
      let (xx, yy, zz, yz, zx, xy) = HolzapfelGasserOgden.mandel(fibre)
      let H: InlineArray<6, Double> = [xx, yy, zz, yz, zx, xy]
      for g in 0..<batch.groups {
        let s = 6 * g
        var E = Lanes(repeating: -1)
        for i in 0..<6 { E += H[i] * batch.strain[s + i] }
        let slack = E .<= 0
        E.replace(with: 0, where: slack)
        let exponential = (k2 * E * E).exponential
        let first = k1 * E * exponential
        var second = k1 * (1 + 2 * k2 * E * E) * exponential
        second.replace(with: 0, where: slack)
        batch.energy[g] += (exponential - 1) * (0.5 * k1 / k2)
        var t = 21 * g
        for i in 0..<6 {
          batch.stress[s + i] += (2 * H[i]) * first
          for j in i..<6 {
            batch.tangent[t] += (4 * H[i] * H[j]) * second
            t += 1
          }
        }
      }
    }
  }

  /// H in Mandel order, without an allocation per batch.
  private static func mandel(
    _ fibre: PreferredDirection
  ) -> (Double, Double, Double, Double, Double, Double) {
    let k = fibre.dispersion
    let w = 1 - 3 * k
    let (x, y, z) = (fibre.vector[0], fibre.vector[1], fibre.vector[2])
    let r = Mandel.root2 * w
    return (k + w * x * x, k + w * y * y, k + w * z * z, r * y * z, r * z * x, r * x * y)
  }
}
