import Glibc

/// A radial function φ(r) and its reach.
public struct RadialBasis: Sendable, Equatable {
  /// The functions, named by their smoothness.
  public enum Family: String, Sendable, CaseIterable {
    /// Wendland's piecewise polynomials of smallest degree, positive definite in space, zero from the
    /// support radius on. Source: Wendland, Adv. Comput. Math. 4 (1995).
    case wendlandC2, wendlandC4, wendlandC6, wendlandC8
    /// r² log r, without a radius: the surface of a thin plate through the values, least bending energy.
    /// Source: Duchon, RAIRO 10 (1976).
    case thinPlate
  }

  /// Which function.
  public var family: Family
  /// Where φ becomes zero, m. nil: twice the extent of the source, but at most `widest` spacings of the
  /// points at hand. Wide functions interpolate smooth fields far better than narrow ones. Unused by the
  /// thin plate.
  public var supportRadius: Double?

  /// A function and, if it is compact, its reach in m.
  public init(_ family: Family, supportRadius: Double? = nil) {
    self.family = family
    self.supportRadius = supportRadius
  }

  /// Support radius, in spacings, up to which Cholesky's method finds the matrix of a cluster definite
  /// (measured; the smallest eigenvalue falls like the power 2k + 1 of it for C2k functions, Wendland
  /// 2005, §12.2).
  var widest: Double {
    switch family {
    case .wendlandC2, .thinPlate: 1000
    case .wendlandC4: 300
    case .wendlandC6: 250
    case .wendlandC8: 100
    }
  }

  /// φ(r/R), φ(0) = 1 for Wendland's; (r/R)² log(r/R) for the thin plate, where R only sets the scale.
  @inline(__always)
  func value(squareDistance: Double, radius R: Double) -> Double {
    let q = squareDistance / (R * R)
    if family == .thinPlate { return q > 0 ? 0.5 * q * log(q) : 0 }
    if q >= 1 { return 0 }
    let r = q.squareRoot()
    let a = 1 - r
    let a2 = a * a
    let a4 = a2 * a2
    switch family {
    case .wendlandC2: return a4 * (4 * r + 1)
    case .wendlandC4: return a4 * a2 * ((35 * r + 18) * r + 3) / 3
    case .wendlandC6: return a4 * a4 * (((32 * r + 25) * r + 8) * r + 1)
    case .wendlandC8, .thinPlate:
      return a4 * a4 * a2 * ((((429 * r + 450) * r + 210) * r + 50) * r + 5) / 5
    }
  }
}
