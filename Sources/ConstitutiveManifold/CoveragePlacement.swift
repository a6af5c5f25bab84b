import Glibc
import Mechanics

/// Where a deformation lies among the data of a law: features without rotation, all about as large as a
/// logarithmic stretch, and nothing a law of that symmetry can tell beyond them.
public enum CoveragePlacement: Sendable, Equatable {
  /// ½ ln(Ī1/3), ½ ln(Ī2/3), J.
  case isotropic
  /// Those three and, for every fibre direction a (unit vectors at rest): ln of its isochoric stretch
  /// ½ ln(a·C a J^(−2/3)) and of the isochoric stretch of the area across it ½ ln(a·cof C a J^(−4/3)); then
  /// for every pair of fibres the change of |cos| of the angle between them.
  case fibres([SIMD3<Double>])

  /// Number of features.
  public var width: Int {
    switch self {
    case .isotropic: 3
    case .fibres(let a): 3 + 2 * a.count + a.count * (a.count - 1) / 2
    }
  }

  /// The features of the undeformed state.
  public var rest: [Double] { (0..<width).map { $0 == 2 ? 1 : 0 } }

  /// The features of a right Cauchy–Green tensor (Mandel order); not finite for one that is no deformation.
  public func features(of C: [Double]) -> [Double] {
    let trace = C[0] + C[1] + C[2]
    let square = C.reduce(0) { $0 + $1 * $1 }
    let I2 = 0.5 * (trace * trace - square)
    let m = Mandel.matrix(C)
    let cof = [
      m[4] * m[8] - m[5] * m[5], m[2] * m[7] - m[1] * m[8], m[1] * m[5] - m[2] * m[4],
      m[0] * m[8] - m[2] * m[2], m[2] * m[1] - m[0] * m[5], m[0] * m[4] - m[1] * m[1],
    ]
    let I3 = m[0] * cof[0] + m[1] * cof[1] + m[2] * cof[2]
    let third = log(I3) / 3
    let own = [0.5 * (log(trace / 3) - third), 0.5 * (log(I2 / 3) - 2 * third), I3.squareRoot()]
    guard case .fibres(let directions) = self else { return own }
    func form(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> Double {
      var sum = 0.0
      for i in 0..<3 { for j in 0..<3 { sum += a[i] * m[3 * i + j] * b[j] } }
      return sum
    }
    func across(_ a: SIMD3<Double>) -> Double {
      let x = cof[0] * a.x * a.x + cof[3] * a.y * a.y + cof[5] * a.z * a.z
      return x + 2 * (cof[1] * a.x * a.y + cof[2] * a.x * a.z + cof[4] * a.y * a.z)
    }
    var out = own
    for a in directions {
      out += [0.5 * (log(form(a, a)) - third), 0.5 * (log(across(a)) - 2 * third)]
    }
    for (i, a) in directions.enumerated() {
      for b in directions[..<i] {
        let now = abs(form(a, b)) / (form(a, a) * form(b, b)).squareRoot()
        out.append(now - abs((a * b).sum()))
      }
    }
    return out
  }
}

/// The convex hull of points in a plane, and the distance from it.
struct PlanarHull: Sendable, Equatable {
  private let corners: [SIMD2<Double>]

  /// Of at least one point.
  init(_ points: [SIMD2<Double>]) { corners = PlanarHull.corners(points) }

  /// 0 inside.
  func distance(_ y: SIMD2<Double>) -> Double {
    guard corners.count > 2 else {
      return corners.count == 2
        ? PlanarHull.segment(y, corners[0], corners[1]) : PlanarHull.length(y - corners[0])
    }
    var inside = true
    var nearest = Double.infinity
    for i in corners.indices {
      let (a, b) = (corners[i], corners[(i + 1) % corners.count])
      if PlanarHull.cross(b - a, y - a) < 0 { inside = false }
      nearest = min(nearest, PlanarHull.segment(y, a, b))
    }
    return inside ? 0 : nearest
  }

  private static func cross(_ a: SIMD2<Double>, _ b: SIMD2<Double>) -> Double {
    a.x * b.y - a.y * b.x
  }

  private static func length(_ a: SIMD2<Double>) -> Double { (a * a).sum().squareRoot() }

  private static func segment(
    _ y: SIMD2<Double>, _ a: SIMD2<Double>, _ b: SIMD2<Double>
  ) -> Double {
    let d = b - a
    let square = (d * d).sum()
    let t = square > 0 ? min(max(((y - a) * d).sum() / square, 0), 1) : 0
    return length(y - a - t * d)
  }

  /// Counter-clockwise (Andrew's monotone chain).
  private static func corners(_ points: [SIMD2<Double>]) -> [SIMD2<Double>] {
    let sorted = points.sorted { ($0.x, $0.y) < ($1.x, $1.y) }
    func half(_ points: [SIMD2<Double>]) -> [SIMD2<Double>] {
      var chain: [SIMD2<Double>] = []
      for p in points {
        while chain.count > 1,
          cross(chain[chain.count - 1] - chain[chain.count - 2], p - chain[chain.count - 2]) <= 0
        {
          chain.removeLast()
        }
        if chain.last != p { chain.append(p) }
      }
      return chain
    }
    let lower = half(sorted)
    let upper = half(sorted.reversed())
    let hull = lower.dropLast() + upper.dropLast()
    return hull.isEmpty ? [sorted[0]] : Array(hull)
  }
}
