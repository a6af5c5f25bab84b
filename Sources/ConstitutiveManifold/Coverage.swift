import Manifold
import Mechanics

/// The region that the data of a fit covered, and how far a query lies outside it.
///
/// A deformation is placed by features that know no rotation (see `CoveragePlacement`): for an isotropic
/// law the logarithms of its normalised isochoric invariants, y = ½ (ln Ī1/3, ln Ī2/3), and its volume
/// ratio J; for fibres their stretches as well. The region is the convex hull of all training points and
/// the undeformed state; for an isotropic law the hull in y times the range of J. Distances are in these
/// units, about those of a logarithmic stretch. Modes with the same invariants are one deformation to an
/// isotropic law: uniaxial compression lies where equibiaxial tension was measured.
///
/// `score` tells more than inside and outside: also the gaps between the tests.
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

  /// Training points, `placement.width` features each.
  public let points: [Double]
  /// What was covered in every mode.
  public let ranges: [Range]
  /// How deformations become features.
  public let placement: CoveragePlacement
  /// A query this close to the region still counts as inside.
  public static let tolerance = 0.02

  private let hull: PlanarHull
  private let volumes: ClosedRange<Double>
  private let cloud: [Double]

  /// From what a file holds.
  public init(points: [Double], ranges: [Range], placement: CoveragePlacement = .isotropic) {
    let n = placement.width
    precondition(points.count % n == 0, "\(points.count) numbers are no rows of \(n)")
    self.points = points
    self.ranges = ranges
    self.placement = placement
    var corners = [SIMD2<Double>.zero]
    var (low, high) = (1.0, 1.0)
    for p in stride(from: 0, to: points.count, by: n) {
      corners.append(SIMD2(points[p], points[p + 1]))
      low = min(low, points[p + 2])
      high = max(high, points[p + 2])
    }
    hull = PlanarHull(corners)
    volumes = low...high
    cloud = points + placement.rest
  }

  /// The region of tests that were learned from.
  public init(of tests: [HomogeneousTest], placement: CoveragePlacement = .isotropic) {
    var points: [Double] = []
    var ranges: [HomogeneousMode: Range] = [:]
    for test in tests where !test.heldOut {
      let rest = test.mode == .simpleShear ? 0.0 : 1
      for p in 0..<test.count {
        points += placement.features(of: test.deformation(p).rightCauchyGreen)
        let value = test.stretches[p]
        let old = ranges[test.mode] ?? Range(mode: test.mode, lower: rest, upper: rest)
        ranges[test.mode] = Range(
          mode: test.mode, lower: min(old.lower, value), upper: max(old.upper, value))
      }
    }
    self.init(
      points: points, ranges: HomogeneousMode.allCases.compactMap { ranges[$0] },
      placement: placement)
  }

  /// The region of right Cauchy–Green tensors (Mandel order, six numbers each).
  public init(ofStates C: [Double], placement: CoveragePlacement = .isotropic) {
    precondition(C.count % 6 == 0, "\(C.count) numbers are no Mandel vectors")
    let points = stride(from: 0, to: C.count, by: 6).flatMap {
      placement.features(of: Array(C[$0..<$0 + 6]))
    }
    self.init(points: points, ranges: [], placement: placement)
  }

  /// Distance of a right Cauchy–Green tensor (Mandel order) from the covered region; 0 inside, infinite
  /// for a tensor that is no deformation.
  public func distance(to C: [Double]) -> Double {
    let y = placement.features(of: C)
    guard y.allSatisfy({ $0.isFinite }) else { return .infinity }
    guard placement == .isotropic else {
      return ConvexHullDistance(cloud, width: placement.width).distance(to: y[...])
    }
    let volume = max(volumes.lowerBound - y[2], y[2] - volumes.upperBound, 0)
    return max(hull.distance(SIMD2(y[0], y[1])), volume)
  }

  /// Whether a right Cauchy–Green tensor (Mandel order) lies in the covered region, to `tolerance`.
  public func covers(_ C: [Double]) -> Bool { distance(to: C) <= Coverage.tolerance }

  /// The score of the data and the undeformed state, ready for many queries; nil for fewer than two
  /// points.
  public var score: LawCoverageScore? {
    let floor = [Double](repeating: Coverage.tolerance, count: placement.width)
    guard let score = CoverageScore(points: cloud, width: placement.width, floor: floor) else {
      return nil
    }
    return LawCoverageScore(placement: placement, score: score)
  }
}

/// The coverage score of deformations.
public struct LawCoverageScore: Sendable {
  /// How deformations become features.
  public let placement: CoveragePlacement
  /// The score of features.
  public let score: CoverageScore

  /// Score and p-value of a right Cauchy–Green tensor (Mandel order).
  public func callAsFunction(_ C: [Double]) -> CoverageScore.Answer {
    score(placement.features(of: C))
  }
}
