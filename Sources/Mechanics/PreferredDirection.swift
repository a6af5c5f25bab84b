import Glibc

/// A preferred direction of a material, such as that of a family of fibres, in the undeformed body.
///
/// It enters a law through the generalised structural tensor H = κ 1 + (1 − 3κ) a⊗a with trace 1:
/// κ = 0 for fibres that are all parallel to a, κ = 1/3 for fibres dispersed over all directions alike.
/// The sign of a does not matter.
/// Source: Gasser, Ogden & Holzapfel, J. R. Soc. Interface 3 (2006) 15–35.
public struct PreferredDirection: Sendable, Equatable {
  /// Unit vector a, three components.
  public let vector: [Double]
  /// κ, from 0 (parallel) to 1/3 (isotropic).
  public let dispersion: Double

  /// From a vector of any length.
  /// - Throws: `ParameterError` for a vector without direction and κ outside of 0 to 1/3.
  public init(_ vector: [Double], dispersion: Double = 0) throws(ParameterError) {
    guard vector.count == 3 else {
      throw ParameterError("direction", Double(vector.count), "components: must be 3")
    }
    let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
    guard length > 0, length.isFinite else {
      throw ParameterError("length of direction", length, "must be positive and finite")
    }
    guard (0...1.0 / 3).contains(dispersion) else {
      throw ParameterError("dispersion", dispersion, "must lie between 0 and 1/3")
    }
    // A unit vector is kept to the bit, so that a file gives back what was written.
    self.vector = (length - 1).magnitude < 1e-15 ? vector : vector.map { $0 / length }
    self.dispersion = dispersion
  }

  /// A direction in the plane of axes 1 and 2, at an angle in radians from axis 1 towards axis 2.
  /// - Throws: `ParameterError` for κ outside of 0 to 1/3.
  public init(angle: Double, dispersion: Double = 0) throws(ParameterError) {
    try self.init([cos(angle), sin(angle), 0], dispersion: dispersion)
  }

  /// The angle in radians from axis 1 towards axis 2; nil for a direction that leaves their plane.
  public var angleInPlane: Double? {
    vector[2].magnitude > 1e-12 ? nil : atan2(vector[1], vector[0])
  }

  /// H as entries xx, yy, zz, yz, zx, xy (not Mandel).
  public var structure: [Double] {
    let (a, k) = (vector, dispersion)
    let w = 1 - 3 * k
    return [
      k + w * a[0] * a[0], k + w * a[1] * a[1], k + w * a[2] * a[2], w * a[1] * a[2],
      w * a[2] * a[0], w * a[0] * a[1],
    ]
  }

  /// H in Mandel order.
  public var mandel: [Double] {
    structure.enumerated().map { $0.offset < 3 ? $0.element : Mandel.root2 * $0.element }
  }
}
