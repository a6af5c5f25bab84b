/// The energy of volume change U(J) = K/4 (J² − 1 − 2 ln J) that all our decoupled laws share.
///
/// Convex in J (hence polyconvex), zero with zero slope at J = 1, U″(1) = K, and growing without
/// bound as J → 0 and as J → ∞. Written in I3 = J² it needs one logarithm and no root.
/// Source: Simo & Taylor, Comput. Methods Appl. Mech. Eng. 85 (1991) 273–310.
public struct VolumetricPart: Sendable, Equatable {
  /// Bulk modulus, Pa.
  public let bulk: Double

  /// - Throws: `ParameterError` unless K is positive and finite.
  public init(bulk K: Double) throws(ParameterError) {
    guard K > 0, K.isFinite else { throw ParameterError("bulk", K, "must be positive, in Pa") }
    bulk = K
  }

  /// U, dU/dI3 and d²U/dI3².
  @inline(__always)
  func derivatives(_ I3: Lanes) -> (U: Lanes, U3: Lanes, U33: Lanes) {
    let quarter = 0.25 * bulk
    let inverse = 1 / I3
    return (quarter * (I3 - 1 - I3.logarithm), quarter * (1 - inverse), quarter * inverse * inverse)
  }
}
