/// Gent: W = −μ Jm/2 ln(1 − (Ī1 − 3)/Jm) + U(J).
///
/// μ in Pa is the shear modulus at rest, Jm the limit of Ī1 − 3 at which chains are taut; pair C & S.
/// NaN where det C ≤ 0 and from the limit on.
/// Source: Gent, Rubber Chem. Technol. 69 (1996) 59–61.
public struct Gent: IsochoricLaw, Equatable {
  /// Shear modulus in Pa, and limit of Ī1 − 3.
  public let mu, limit: Double
  /// The volumetric part, K/4 (J² − 1 − 2 ln J).
  public let volumetric: VolumetricPart

  /// - Throws: `ParameterError` unless μ, Jm and K are positive.
  public init(mu: Double, limit Jm: Double, bulk: Double) throws(ParameterError) {
    guard mu > 0, mu.isFinite else { throw ParameterError("mu", mu, "must be positive, in Pa") }
    guard Jm > 0, Jm.isFinite else { throw ParameterError("limit", Jm, "must be positive") }
    self.mu = mu
    limit = Jm
    volumetric = try VolumetricPart(bulk: bulk)
  }

  /// −½ μ Jm ln(1 − (Ī1 − 3)/Jm) with derivatives, Pa; NaN from the limit on.
  public func isochoric(_ I1: Lanes, _ I2: Lanes) -> IsochoricDerivatives {
    var room = 1 - (I1 - 3) / limit
    // Beyond the limit the formulas would turn the sign of the stress; NaN makes a solver cut back.
    room.replace(with: .nan, where: room .<= 0)
    let slope = (0.5 * mu) / room
    var d = IsochoricDerivatives()
    d.W = (-0.5 * mu * limit) * room.logarithm
    d.W1 = slope
    d.W11 = slope / (room * limit)
    return d
  }
}
