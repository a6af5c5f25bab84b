import Glibc

/// The rotations under which a material with given preferred directions looks the same.
///
/// No direction: all rotations. One: all about it, and half turns across it (transversely isotropic).
/// Several at right angles: half turns about each (orthotropic). Two at another angle: the half turn about
/// their normal (monoclinic). Inversion always belongs to the group and needs no rotation.
public struct MaterialSymmetry: Sendable {
  /// The kind of the group.
  public enum Kind: String, Sendable {
    /// Every rotation; about one axis; half turns about three, about one; none.
    case isotropic, transverselyIsotropic, orthotropic, monoclinic, triclinic
  }

  /// The kind of the group.
  public let kind: Kind
  /// Unit vectors: the axis of rotation, the axes of the half turns; none for the extremes.
  public let axes: [[Double]]

  /// Of a material with these directions; those whose fibres are wholly dispersed do not count.
  public init(_ directions: [PreferredDirection]) {
    var distinct: [[Double]] = []
    for d in directions where d.dispersion < 1.0 / 3 {
      let known = distinct.contains { abs(abs(dot($0, d.vector)) - 1) < 1e-12 }
      if !known { distinct.append(d.vector) }
    }
    let pairs = distinct.indices.flatMap { i in distinct[..<i].map { ($0, distinct[i]) } }
    let orthogonal = pairs.allSatisfy { abs(dot($0.0, $0.1)) < 1e-12 }
    switch distinct.count {
    case 0: (kind, axes) = (.isotropic, [])
    case 1: (kind, axes) = (.transverselyIsotropic, distinct)
    default:
      let normal = unit(cross(distinct[0], distinct[1]))
      if orthogonal {
        (kind, axes) = (.orthotropic, [distinct[0], distinct[1], normal])
      } else if distinct.allSatisfy({ abs(dot($0, normal)) < 1e-12 }) {
        (kind, axes) = (.monoclinic, [normal])
      } else {
        (kind, axes) = (.triclinic, [])
      }
    }
  }

  /// Rotations that generate the group (a dense part of it where it is continuous), nine entries each,
  /// row by row.
  public var generators: [[Double]] {
    switch kind {
    case .isotropic:
      [MaterialSymmetry.rotation([0, 0, 1], 1), MaterialSymmetry.rotation([1, 0, 0], 1)]
    case .transverselyIsotropic:
      [
        MaterialSymmetry.rotation(axes[0], 1),
        MaterialSymmetry.rotation(MaterialSymmetry.across(axes[0]), .pi),
      ]
    case .orthotropic, .monoclinic: axes.map { MaterialSymmetry.rotation($0, .pi) }
    case .triclinic: []
    }
  }

  /// The rotation about a unit vector by an angle in radians, row by row (Rodrigues).
  public static func rotation(_ n: [Double], _ angle: Double) -> [Double] {
    // A half turn is exact, so that exact symmetry can be tested.
    let (c, s) = angle == .pi ? (-1, 0) : (cos(angle), sin(angle))
    let skew = [0, -n[2], n[1], n[2], 0, -n[0], -n[1], n[0], 0]
    return (0..<9).map { k in
      (k % 4 == 0 ? c : 0) + (1 - c) * n[k / 3] * n[k % 3] + s * skew[k]
    }
  }

  /// The rotation of symmetric tensors, Q T Qᵀ, as a 6×6 matrix on Mandel vectors, row by row.
  public static func mandel(_ Q: [Double]) -> [Double] {
    var out = [Double](repeating: 0, count: 36)
    for j in 0..<6 {
      let T = Mandel.matrix((0..<6).map { $0 == j ? 1 : 0 })
      var R = [Double](repeating: 0, count: 9)
      for k in 0..<9 {
        for a in 0..<3 {
          for b in 0..<3 { R[k] += Q[3 * (k / 3) + a] * T[3 * a + b] * Q[3 * (k % 3) + b] }
        }
      }
      for (i, value) in Mandel.vector(R).enumerated() { out[6 * i + j] = value }
    }
    return out
  }

  /// A unit vector at a right angle to `a`.
  static func across(_ a: [Double]) -> [Double] {
    let least = (0..<3).min { abs(a[$0]) < abs(a[$1]) }!
    return unit(cross(a, (0..<3).map { $0 == least ? 1 : 0 }))
  }
}

private func dot(_ a: [Double], _ b: [Double]) -> Double { a[0] * b[0] + a[1] * b[1] + a[2] * b[2] }
private func cross(_ a: [Double], _ b: [Double]) -> [Double] {
  [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}
private func unit(_ a: [Double]) -> [Double] {
  let length = dot(a, a).squareRoot()
  return a.map { $0 / length }
}
