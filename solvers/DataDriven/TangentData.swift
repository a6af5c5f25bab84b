import Geometry

/// The tangent space of the data: each state is projected on the plane of m dimensions that fits its k
/// nearest data best, their weighted principal directions in the metric.
///
/// Clean data give one order more than the nearest point (the error is the square of their spacing);
/// under noise the plane averages over k. The neighbours must span m directions: fewer leave a plane of
/// fewer dimensions, and states that cannot move across it. Sources: Ibañez et al., Arch. Comput. Methods Eng. 25 (2018);
/// Eggersmann, Stainier, Ortiz & Reese, CMAME 373 (2021).
public struct TangentData: MaterialSet {
  /// How the neighbours count.
  public enum Weighting: String, Sendable {
    /// All alike. The plane jumps when a neighbour is exchanged, so that iterations on noisy data may
    /// end in a small cycle.
    case uniform
    /// (1 − d²/d_k²)², which fades to nothing at the last neighbour: the plane moves continuously.
    case smooth
  }

  /// The data.
  public let data: MaterialData
  /// Number of neighbours.
  public let neighbours: Int
  /// How they count.
  public let weighting: Weighting
  /// Threads of the search; they do not change the result.
  public var workers = 1

  private var indices: [Int32] = [], squares: [Double] = []
  private var fit: PlaneFit

  /// - Throws: `DataDrivenError` where `neighbours` is below m + 1 or above the number of data.
  public init(
    _ data: MaterialData, neighbours k: Int, weighting: Weighting = .uniform
  ) throws(DataDrivenError) {
    let m = data.metric.componentCount
    guard k > m, k <= data.count else {
      throw DataDrivenError(
        "tangent space", "\(k) neighbours for \(m) components from \(data.count) data",
        "give between \(m + 1) and \(data.count)")
    }
    self.data = data
    neighbours = k
    self.weighting = weighting
    fit = PlaneFit(width: 2 * m, planeDimension: m)
  }

  /// The data's metric.
  public var metric: EnergyMetric { data.metric }

  /// The nearest points of the local planes.
  public mutating func project(_ states: [Double], into nearest: inout [Double]) -> Bool {
    let (width, k) = (data.tree.dimension, neighbours)
    let points = states.count / width
    if indices.count != points * k {
      indices = Array(repeating: -1, count: points * k)
      squares = Array(repeating: 0, count: points * k)
    }
    guard states.reduce(0, { $0 + $1 * 0 }) == 0 else { return false }
    data.tree.nearest(
      k, to: states, indices: &indices, squareDistances: &squares, warm: true, workers: workers)
    for p in 0..<points {
      let reach = weighting == .smooth ? squares[k * p + k - 1] : 0
      fit.begin()
      for r in k * p..<k * (p + 1) {
        let fade = reach > 0 ? 1 - squares[r] / reach : 1
        fit.add(data.tree.points, at: width * Int(indices[r]), weight: fade * fade)
      }
      fit.spread(data.tree.points, indices[k * p..<k * (p + 1)]) { rank in
        let fade = reach > 0 ? 1 - squares[k * p + rank] / reach : 1
        return fade * fade
      }
      fit.project(states, at: width * p, into: &nearest)
    }
    return true
  }

  /// Forgets the neighbours.
  public mutating func restart() { indices = [] }

  /// Any of the data.
  public func sample(about states: [Double], seed: UInt64) -> [Double] {
    data.sample(states.count / data.tree.dimension, seed: seed)
  }
}

/// The weighted mean of some points and their principal directions, of which the first few span a plane.
struct PlaneFit {
  let width: Int, planeDimension: Int
  private var mean: [Double], offset: [Double], covariance: [Double], directions: [Double]
  private var order: [Int]
  private var total = 0.0

  init(width: Int, planeDimension: Int) {
    self.width = width
    self.planeDimension = planeDimension
    mean = Array(repeating: 0, count: width)
    offset = mean
    covariance = Array(repeating: 0, count: width * width)
    directions = covariance
    order = Array(0..<width)
  }

  /// Starts a new set of points.
  mutating func begin() {
    for i in 0..<width { mean[i] = 0 }
    total = 0
  }

  /// Counts a point into the mean.
  mutating func add(_ points: [Double], at: Int, weight: Double) {
    for i in 0..<width { mean[i] += weight * points[at + i] }
    total += weight
  }

  /// The covariance about the mean, and its directions.
  mutating func spread(_ points: [Double], _ indices: ArraySlice<Int32>, weight: (Int) -> Double) {
    for i in 0..<width { mean[i] /= total }
    for i in covariance.indices { covariance[i] = 0 }
    for (rank, index) in indices.enumerated() {
      let w = weight(rank)
      for i in 0..<width { offset[i] = points[width * Int(index) + i] - mean[i] }
      for i in 0..<width {
        for j in 0...i { covariance[width * i + j] += w * offset[i] * offset[j] }
      }
    }
    for i in 0..<width { for j in 0..<i { covariance[width * j + i] = covariance[width * i + j] } }
    PrincipalDirections.diagonalise(&covariance, into: &directions, width)
    order.sort { covariance[(width + 1) * $0] > covariance[(width + 1) * $1] }
  }

  /// The nearest point of the plane through the mean; directions along which the points do not extend
  /// at all are left out.
  mutating func project(_ states: [Double], at: Int, into nearest: inout [Double]) {
    let largest = covariance[(width + 1) * order[0]]
    for i in 0..<width {
      offset[i] = states[at + i] - mean[i]
      nearest[at + i] = mean[i]
    }
    for rank in 0..<planeDimension {
      let row = width * order[rank]
      guard covariance[(width + 1) * order[rank]] > 1e-28 * largest else { break }
      var along = 0.0
      for i in 0..<width { along += directions[row + i] * offset[i] }
      for i in 0..<width { nearest[at + i] += along * directions[row + i] }
    }
  }
}
