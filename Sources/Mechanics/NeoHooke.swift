/// Compressible neo-Hooke: W = μ/2 (I1 − 3) − μ ln J + λ/2 (ln J)².
///
/// Lamé constants in Pa; pair C & S. NaN where det C ≤ 0.
/// Source: Simo & Pister (1984), as in Bonet & Wood, Nonlinear Continuum Mechanics, 2008, eq. 6.27.
public struct NeoHooke: InvariantLaw, Equatable {
  /// Lamé constants, Pa.
  public let mu, lambda: Double

  /// - Throws: `ParameterError` unless μ > 0 and λ > −2μ/3.
  public init(mu: Double, lambda: Double) throws(ParameterError) {
    guard mu > 0 else { throw ParameterError("mu", mu, "must be positive, in Pa") }
    guard lambda > -2 / 3 * mu else {
      throw ParameterError(
        "lambda", lambda, "must exceed -2/3 mu, so that the bulk modulus is positive")
    }
    self.mu = mu
    self.lambda = lambda
  }

  /// μ/2 (I1 − 3) − μ ln J + λ/2 (ln J)² with derivatives in I1, I2, I3, Pa.
  public func potential(_ i: Invariants) -> InvariantDerivatives {
    let logJ = 0.5 * i.I3.logarithm
    let inverse = 1 / i.I3
    var d = InvariantDerivatives()
    d.W = (0.5 * mu) * (i.I1 - 3) - mu * logJ + (0.5 * lambda) * logJ * logJ
    d.W1 = Lanes(repeating: 0.5 * mu)
    d.W3 = 0.5 * inverse * (lambda * logJ - mu)
    d.W33 = inverse * inverse * (0.25 * lambda + 0.5 * mu - 0.5 * lambda * logJ)
    return d
  }
}
