import Mechanics

/// A manifold M = {(x, y(x))}: the graph of a map from n coordinates to m responses, in the metric in
/// which distances on it are measured.
///
/// The seam of everything learned: a constitutive law is one (strain → stress), a learned solution
/// another (boundary data → field). Projection of incomplete observations, coverage and geometry are
/// written once, against this protocol.
public protocol Manifold: Sendable {
  /// Number n of coordinates x.
  var coordinateCount: Int { get }
  /// Number m of responses y.
  var responseCount: Int { get }
  /// The metric of a state (x, y).
  var metric: StateMetric { get }
  /// Whether y is the gradient of a potential of x: then m = n and ∂y/∂x is symmetric.
  var isPotential: Bool { get }
  /// Whether that potential is promised to be convex, so that x ↦ y is monotone.
  var isConvex: Bool { get }
  /// Fills responses and tangents from the coordinates of every point; NaN where the map has no value.
  /// Nothing is allocated.
  func evaluate(_ batch: inout ManifoldBatch)
  /// How far coordinates lie outside of what was learned from: 0 inside, in units of the region's own
  /// extent outside, infinite where the map has no value.
  func distanceFromData(_ coordinates: [Double]) -> Double
}

extension Manifold {
  /// Nothing is promised unless a manifold says so.
  public var isPotential: Bool { false }
  /// Nothing is promised unless a manifold says so.
  public var isConvex: Bool { false }
}

/// The metric of a state (x, y): d² = ½ Δx·A·Δx + ½ Δy·B·Δy.
///
/// For a constitutive state A is the reference stiffness C and B its inverse, so that d² is an energy
/// density in J/m³.
public struct StateMetric: Sendable, Equatable {
  /// A (n × n) and B (m × m), row by row, symmetric and positive definite.
  public let coordinates: [Double], responses: [Double]

  /// From both blocks, row by row.
  public init(coordinates: [Double], responses: [Double]) {
    self.coordinates = coordinates
    self.responses = responses
  }

  /// A = C and B = C⁻¹ for a reference stiffness C (n × n, row by row): the energy metric of a
  /// constitutive state.
  /// - Throws: `ParameterError` where C is not positive definite.
  public init(stiffness C: [Double]) throws(ParameterError) {
    guard let inverse = SmallMatrix.inverse(C) else {
      throw ParameterError("stiffness at rest", C[0], "is not that of a positive definite matrix")
    }
    self.init(coordinates: C, responses: inverse)
  }

  /// Half the squared length of (x, y).
  public func squareDistance(_ x: [Double], _ y: [Double]) -> Double {
    0.5 * StateMetric.form(coordinates, x) + 0.5 * StateMetric.form(responses, y)
  }

  private static func form(_ A: [Double], _ x: [Double]) -> Double {
    let n = x.count
    precondition(A.count == n * n, "\(A.count) entries of a metric for \(n) components")
    var sum = 0.0
    for i in 0..<n { for j in 0..<n { sum += x[i] * A[n * i + j] * x[j] } }
    return sum
  }
}

/// Points of a manifold in groups of eight, structure of arrays.
///
/// Coordinate `i` of group `g` stands at `coordinates[n * g + i]`, response `a` at `responses[m * g + a]`,
/// ∂y_a/∂x_i at `tangents[(m * g + a) * n + i]`.
public struct ManifoldBatch: Sendable {
  /// Groups of eight points, coordinates and responses per point.
  public let groups: Int, coordinateCount: Int, responseCount: Int
  /// x, y and ∂y/∂x.
  public var coordinates: [Lanes], responses: [Lanes], tangents: [Lanes]
  /// Scratch memory of a manifold that is a constitutive law: the points as a law takes them, and what
  /// other measures need. Made by the first evaluation and kept, so that later ones allocate nothing.
  public var points = PointBatch(groups: 0), hencky = HenckyScratch()

  /// An all-zero batch.
  public init(groups: Int, coordinateCount n: Int, responseCount m: Int) {
    precondition(groups >= 0 && n > 0 && m > 0, "ManifoldBatch(\(groups), \(n), \(m))")
    self.groups = groups
    coordinateCount = n
    responseCount = m
    coordinates = Array(repeating: Lanes(), count: groups * n)
    responses = Array(repeating: Lanes(), count: groups * m)
    tangents = Array(repeating: Lanes(), count: groups * n * m)
  }

  /// Number of points.
  public var count: Int { 8 * groups }
}
