/// Energy and derivatives of an isochoric potential Ŵ(Ī1, Ī2) at eight points.
public struct IsochoricDerivatives: Sendable {
  /// Energy density, J/m³.
  public var W = Lanes()
  /// First derivatives with respect to Ī1, Ī2.
  public var W1 = Lanes(), W2 = Lanes()
  /// Second derivatives.
  public var W11 = Lanes(), W12 = Lanes(), W22 = Lanes()

  /// All zero.
  public init() {}
}

/// A law W = Ŵ(Ī1, Ī2) + U(J) with the isochoric invariants Ī1 = J^(−2/3) I1, Ī2 = J^(−4/3) I2.
///
/// Whatever Ŵ is, the undeformed state is free of stress, because Ī1 and Ī2 are stationary there.
public protocol IsochoricLaw: InvariantLaw {
  /// The energy of volume change.
  var volumetric: VolumetricPart { get }
  /// Energy and derivatives of the isochoric part at eight points; zero at Ī1 = Ī2 = 3.
  func isochoric(_ I1: Lanes, _ I2: Lanes) -> IsochoricDerivatives
}

extension IsochoricLaw {
  /// The isochoric part in Ī1 = I1/I3^⅓ and Ī2 = I2/I3^⅔, plus the volumetric part in J = √I3.
  public func potential(_ i: Invariants) -> InvariantDerivatives {
    // a = I3^(-1/3); NaN of an inadmissible I3 passes through.
    let a = 1 / i.I3.cubeRoot
    let b = a * a
    let I1 = a * i.I1
    let I2 = b * i.I2
    let w = isochoric(I1, I2)
    let (U, U3, U33) = volumetric.derivatives(i.I3)
    // dĪ1/dI3 = -Ī1/(3 I3), dĪ2/dI3 = -2Ī2/(3 I3).
    let third = 1 / (3 * i.I3)
    let p = -I1 * third
    let q = -2 * I2 * third
    var d = InvariantDerivatives()
    d.W = w.W + U
    d.W1 = w.W1 * a
    d.W2 = w.W2 * b
    d.W3 = w.W1 * p + w.W2 * q + U3
    d.W11 = w.W11 * a * a
    d.W12 = w.W12 * a * b
    d.W22 = w.W22 * b * b
    let g1 = w.W11 * p + w.W12 * q
    let g2 = w.W12 * p + w.W22 * q
    d.W13 = a * (g1 - w.W1 * third)
    d.W23 = b * (g2 - 2 * w.W2 * third)
    d.W33 =
      g1 * p + g2 * q + third * third * (4 * w.W1 * I1 + 10 * w.W2 * I2) + U33
    return d
  }
}
