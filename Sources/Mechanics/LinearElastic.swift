/// Isotropic linear elasticity at small strain: σ = λ tr ε 1 + 2μ ε.
///
/// Moduli in Pa; pair ε & σ. Source: Timoshenko & Goodier, Theory of Elasticity, ch. 1.
public struct LinearElastic: ConstitutiveLaw, Equatable {
  /// Young's modulus in Pa and Poisson's ratio.
  public let young, poisson: Double
  /// Lamé constants, Pa.
  public let lambda, mu: Double

  /// - Throws: `ParameterError` unless E > 0 and −1 < ν < ½.
  public init(young E: Double, poisson nu: Double) throws(ParameterError) {
    guard E > 0, E.isFinite else { throw ParameterError("young", E, "must be positive, in Pa") }
    guard nu > -1, nu < 0.5 else {
      throw ParameterError("poisson", nu, "must lie between -1 and 0.5, both excluded")
    }
    young = E
    poisson = nu
    lambda = E * nu / ((1 + nu) * (1 - 2 * nu))
    mu = E / (2 * (1 + nu))
  }

  /// Small strain and Cauchy stress.
  public var pair: WorkPair { .smallStrain }

  /// Yes: one linear solve is exact, and the tangent never changes.
  public var isLinear: Bool { true }

  /// σ = λ tr ε 1 + 2 μ ε, W = ½ σ·ε, and the constant tangent.
  public func evaluate(_ batch: inout PointBatch) {
    let d = Lanes(repeating: lambda + 2 * mu)
    let l = Lanes(repeating: lambda)
    let m2 = Lanes(repeating: 2 * mu)
    for g in 0..<batch.groups {
      let s = 6 * g
      let t = 21 * g
      let trace = batch.strain[s] + batch.strain[s + 1] + batch.strain[s + 2]
      var twice = Lanes()
      for i in 0..<6 {
        let stress = (i < 3 ? l * trace : Lanes()) + m2 * batch.strain[s + i]
        batch.stress[s + i] = stress
        twice += stress * batch.strain[s + i]
      }
      batch.energy[g] = 0.5 * twice
      for k in 0..<21 { batch.tangent[t + k] = Lanes() }
      batch.tangent[t] = d
      batch.tangent[t + 1] = l
      batch.tangent[t + 2] = l
      batch.tangent[t + 6] = d
      batch.tangent[t + 7] = l
      batch.tangent[t + 11] = d
      batch.tangent[t + 15] = m2
      batch.tangent[t + 18] = m2
      batch.tangent[t + 20] = m2
    }
  }
}
