/// Mooney–Rivlin: W = C10 (Ī1 − 3) + C01 (Ī2 − 3) + U(J).
///
/// Constants in Pa; pair C & S; shear modulus at rest 2 (C10 + C01). NaN where det C ≤ 0.
/// Source: Rivlin, Phil. Trans. R. Soc. A 241 (1948) 379–397.
public struct MooneyRivlin: IsochoricLaw, Equatable {
  /// Constants, Pa.
  public let c10, c01: Double
  /// The volumetric part, K/4 (J² − 1 − 2 ln J).
  public let volumetric: VolumetricPart

  /// - Throws: `ParameterError` unless C10 + C01 > 0 and K > 0.
  public init(c10: Double, c01: Double, bulk: Double) throws(ParameterError) {
    guard c10.isFinite, c01.isFinite else {
      throw ParameterError("c10 + c01", c10 + c01, "must be finite, in Pa")
    }
    guard c10 + c01 > 0 else {
      throw ParameterError("c10 + c01", c10 + c01, "must be positive, in Pa")
    }
    self.c10 = c10
    self.c01 = c01
    volumetric = try VolumetricPart(bulk: bulk)
  }

  /// C10 (Ī1 − 3) + C01 (Ī2 − 3) with derivatives, Pa.
  public func isochoric(_ I1: Lanes, _ I2: Lanes) -> IsochoricDerivatives {
    var d = IsochoricDerivatives()
    d.W = c10 * (I1 - 3) + c01 * (I2 - 3)
    d.W1 = Lanes(repeating: c10)
    d.W2 = Lanes(repeating: c01)
    return d
  }
}
