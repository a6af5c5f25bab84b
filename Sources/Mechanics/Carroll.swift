/// Carroll: W = A (Ī1 − 3) + B (Ī1⁴ − 81) + C (√Ī2 − √3) + U(J).
///
/// Constants in Pa; pair C & S. The shear modulus at rest is 2 (A + 108 B) + C/√3. NaN where
/// det C ≤ 0. Source: Carroll, J. Elasticity 103 (2011) 173–187.
public struct Carroll: IsochoricLaw, Equatable {
  /// Constants, Pa.
  public let a, b, c: Double
  /// The volumetric part, K/4 (J² − 1 − 2 ln J).
  public let volumetric: VolumetricPart

  /// - Throws: `ParameterError` unless the shear modulus at rest and K are positive.
  public init(a: Double, b: Double, c: Double, bulk: Double) throws(ParameterError) {
    let mu = 2 * (a + 108 * b) + c / Carroll.root3
    guard mu > 0, mu.isFinite else {
      throw ParameterError("2 (a + 108 b) + c / sqrt 3", mu, "must be positive, in Pa")
    }
    self.a = a
    self.b = b
    self.c = c
    volumetric = try VolumetricPart(bulk: bulk)
  }

  private static let root3 = 3.0.squareRoot()

  /// a Ī1 + b Ī1⁴ + c √Ī2 less its value at rest, with derivatives, Pa.
  public func isochoric(_ I1: Lanes, _ I2: Lanes) -> IsochoricDerivatives {
    let square = I1 * I1
    let root = I2.squareRoot()
    var d = IsochoricDerivatives()
    d.W = a * (I1 - 3) + b * (square * square - 81) + c * (root - Carroll.root3)
    d.W1 = a + (4 * b) * square * I1
    d.W2 = (0.5 * c) / root
    d.W11 = (12 * b) * square
    d.W22 = (-0.25 * c) / (root * I2)
    return d
  }
}
