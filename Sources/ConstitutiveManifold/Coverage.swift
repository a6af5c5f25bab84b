import Glibc
import Mechanics

/// The region that the data of a fit covered, and how far a query lies outside it.
///
/// A deformation is placed by the logarithms of its normalised isochoric invariants,
/// y = ½ (ln Ī1/3, ln Ī2/3), and by its volume ratio J. The region is the convex hull in y of all
/// training points and the undeformed state, times the range of J. Distances are in these units, about
/// those of a logarithmic stretch. Modes with the same invariants are one deformation to an isotropic
/// law: uniaxial compression lies where equibiaxial tension was measured.
public struct Coverage: Sendable, Equatable {
  /// Stretches (or shears) that the tests of one mode covered; 1 (or 0) included.
  public struct Range: Sendable, Equatable {
    /// The mode, and the least and largest stretch (or shear) of its tests.
    public let mode: HomogeneousMode, lower: Double, upper: Double

    /// Any values.
    public init(mode: HomogeneousMode, lower: Double, upper: Double) {
      self.mode = mode
      self.lower = lower
      self.upper = upper
    }
  }

  /// Training points, three numbers each: y1, y2, J.
  public let points: [Double]
  /// What was covered in every mode.
  public let ranges: [Range]
  /// A query this close to the region still counts as inside.
  public static let tolerance = 0.02

  private let hull: [SIMD2<Double>]
  private let volumes: ClosedRange<Double>

  /// From what a file holds.
  public init(points: [Double], ranges: [Range]) {
    precondition(points.count % 3 == 0, "\(points.count) numbers are no triples")
    self.points = points
    self.ranges = ranges
    var corners = [SIMD2<Double>.zero]
    var (low, high) = (1.0, 1.0)
    for p in stride(from: 0, to: points.count, by: 3) {
      corners.append(SIMD2(points[p], points[p + 1]))
      low = min(low, points[p + 2])
      high = max(high, points[p + 2])
    }
    hull = convexHull(corners)
    volumes = low...high
  }

  /// The region of tests that were learned from.
  public init(of tests: [HomogeneousTest]) {
    var points: [Double] = []
    var ranges: [HomogeneousMode: Range] = [:]
    for test in tests where !test.heldOut {
      let rest = test.mode == .simpleShear ? 0.0 : 1
      for p in 0..<test.count {
        let F = test.deformation(p)
        let y = Coverage.place(F.rightCauchyGreen)
        points += [y.y.x, y.y.y, y.J]
        let value = test.stretches[p]
        let old = ranges[test.mode] ?? Range(mode: test.mode, lower: rest, upper: rest)
        ranges[test.mode] = Range(
          mode: test.mode, lower: min(old.lower, value), upper: max(old.upper, value))
      }
    }
    self.init(points: points, ranges: HomogeneousMode.allCases.compactMap { ranges[$0] })
  }

  /// Distance of a right Cauchy–Green tensor (Mandel order) from the covered region; 0 inside, infinite
  /// for a tensor that is no deformation.
  public func distance(to C: [Double]) -> Double {
    let (y, J) = Coverage.place(C)
    guard y.x.isFinite, y.y.isFinite, J.isFinite else { return .infinity }
    let volume = max(volumes.lowerBound - J, J - volumes.upperBound, 0)
    return max(hullDistance(y), volume)
  }

  /// Whether a right Cauchy–Green tensor (Mandel order) lies in the covered region, to `tolerance`.
  public func covers(_ C: [Double]) -> Bool { distance(to: C) <= Coverage.tolerance }

  private static func place(_ C: [Double]) -> (y: SIMD2<Double>, J: Double) {
    let trace = C[0] + C[1] + C[2]
    let square = C.reduce(0) { $0 + $1 * $1 }
    let I2 = 0.5 * (trace * trace - square)
    let m = Mandel.matrix(C)
    let I3 =
      m[0] * (m[4] * m[8] - m[5] * m[5]) - m[1] * (m[1] * m[8] - m[5] * m[2])
      + m[2] * (m[1] * m[5] - m[4] * m[2])
    let third = log(I3) / 3
    return (
      SIMD2(0.5 * (log(trace / 3) - third), 0.5 * (log(I2 / 3) - 2 * third)), I3.squareRoot()
    )
  }

  private func hullDistance(_ y: SIMD2<Double>) -> Double {
    guard hull.count > 2 else {
      return hull.count == 2 ? segmentDistance(y, hull[0], hull[1]) : length(y - hull[0])
    }
    var inside = true
    var nearest = Double.infinity
    for i in hull.indices {
      let (a, b) = (hull[i], hull[(i + 1) % hull.count])
      if cross(b - a, y - a) < 0 { inside = false }
      nearest = min(nearest, segmentDistance(y, a, b))
    }
    return inside ? 0 : nearest
  }
}

private func cross(_ a: SIMD2<Double>, _ b: SIMD2<Double>) -> Double { a.x * b.y - a.y * b.x }
private func length(_ a: SIMD2<Double>) -> Double { (a * a).sum().squareRoot() }

private func segmentDistance(
  _ y: SIMD2<Double>, _ a: SIMD2<Double>, _ b: SIMD2<Double>
) -> Double {
  let d = b - a
  let square = (d * d).sum()
  let t = square > 0 ? min(max(((y - a) * d).sum() / square, 0), 1) : 0
  return length(y - a - t * d)
}

/// Corners of the convex hull, counter-clockwise (Andrew's monotone chain).
private func convexHull(_ points: [SIMD2<Double>]) -> [SIMD2<Double>] {
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
