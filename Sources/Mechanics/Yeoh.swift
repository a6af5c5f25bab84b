/// Yeoh: W = C1 (Ī1 − 3) + C2 (Ī1 − 3)² + C3 (Ī1 − 3)³ + U(J).
///
/// Constants in Pa; pair C & S; shear modulus at rest 2 C1. NaN where det C ≤ 0.
/// Source: Yeoh, Rubber Chem. Technol. 66 (1993) 754–771.
public struct Yeoh: IsochoricLaw, Equatable {
  /// Constants, Pa.
  public let c1, c2, c3: Double
  /// The volumetric part, K/4 (J² − 1 − 2 ln J).
  public let volumetric: VolumetricPart

  /// - Throws: `ParameterError` unless C1 > 0 and K > 0.
  public init(c1: Double, c2: Double, c3: Double, bulk: Double) throws(ParameterError) {
    guard c1 > 0, c1.isFinite else { throw ParameterError("c1", c1, "must be positive, in Pa") }
    guard c2.isFinite else { throw ParameterError("c2", c2, "must be finite, in Pa") }
    guard c3.isFinite else { throw ParameterError("c3", c3, "must be finite, in Pa") }
    self.c1 = c1
    self.c2 = c2
    self.c3 = c3
    volumetric = try VolumetricPart(bulk: bulk)
  }

  /// Σ Cₙ (Ī1 − 3)ⁿ, n = 1 to 3, with derivatives, Pa.
  public func isochoric(_ I1: Lanes, _ I2: Lanes) -> IsochoricDerivatives {
    let x = I1 - 3
    var d = IsochoricDerivatives()
    d.W = x * (c1 + x * (c2 + x * c3))
    d.W1 = c1 + x * (2 * c2 + x * (3 * c3))
    d.W11 = 2 * c2 + x * (6 * c3)
    return d
  }
}
