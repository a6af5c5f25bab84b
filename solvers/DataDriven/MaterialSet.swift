import Geometry
import Manifold

/// What is known of a material: the set of states that it admits, through its nearest-point projection.
public protocol MaterialSet {
  /// The metric in which nearest is meant.
  var metric: EnergyMetric { get }
  /// Replaces each state by the nearest that the material admits; both `[point * 2m + i]` in the
  /// metric's coordinates. The points are the same, in the same order, from call to call, so that what
  /// was found last can shorten the search.
  /// - Returns: false where a state has no projection that can be computed.
  mutating func project(_ states: [Double], into nearest: inout [Double]) -> Bool
  /// Forgets what was found for earlier states.
  mutating func restart()
  /// Admissible states drawn at random, one for each of `states`: another place to start from.
  func sample(about states: [Double], seed: UInt64) -> [Double]
}

/// Measured states of a material.
public struct MaterialData: Sendable {
  /// The metric.
  public let metric: EnergyMetric
  /// The states as a search tree over their coordinates.
  public let tree: KDTree

  /// Strains and stresses (Pa) `[state * m + i]`.
  /// - Throws: `DataDrivenError` for no state, unequal numbers, or a number that is not finite.
  public init(
    strains: [Double], stresses: [Double], metric: EnergyMetric
  ) throws(DataDrivenError) {
    let m = metric.componentCount
    guard strains.count == stresses.count, strains.count % m == 0, !strains.isEmpty else {
      throw DataDrivenError(
        "data", "\(strains.count) strains and \(stresses.count) stresses",
        "give \(m) of each for every state")
    }
    for i in strains.indices where !(strains[i].isFinite && stresses[i].isFinite) {
      throw DataDrivenError(
        "data state \(i / m)", "is not finite", "remove it, or project it onto a manifold first")
    }
    self.metric = metric
    tree = KDTree(
      points: metric.coordinates(strains: strains, stresses: stresses), dimension: 2 * m)
  }

  /// Number of states.
  public var count: Int { tree.count }

  func sample(_ pointCount: Int, seed: UInt64) -> [Double] {
    var random = SplitMix64(seed: seed)
    let width = tree.dimension
    return (0..<pointCount).flatMap { _ in
      let state = Int(random.next() % UInt64(count))
      return tree.points[width * state..<width * (state + 1)]
    }
  }
}

/// The data themselves: the nearest measured state, found from the one of the last iteration.
/// Source: Kirchdoerfer & Ortiz, CMAME 304 (2016).
public struct NearestData: MaterialSet {
  /// The data.
  public let data: MaterialData
  /// Threads of the search; they do not change the result.
  public var workers = 1
  /// The state that each point was given last, or −1.
  public private(set) var assignment: [Int32] = []
  private var squares: [Double] = []

  /// Over data.
  public init(_ data: MaterialData) { self.data = data }

  /// The data's metric.
  public var metric: EnergyMetric { data.metric }

  /// The nearest data.
  public mutating func project(_ states: [Double], into nearest: inout [Double]) -> Bool {
    let width = data.tree.dimension
    let points = states.count / width
    if assignment.count != points {
      assignment = Array(repeating: -1, count: points)
      squares = Array(repeating: 0, count: points)
    }
    guard states.reduce(0, { $0 + $1 * 0 }) == 0 else { return false }
    data.tree.nearest(
      to: states, indices: &assignment, squareDistances: &squares, warm: true, workers: workers)
    for (p, state) in assignment.enumerated() {
      for i in 0..<width { nearest[width * p + i] = data.tree.points[width * Int(state) + i] }
    }
    return true
  }

  /// Forgets the assignment.
  public mutating func restart() { assignment = [] }

  /// Any of the data.
  public func sample(about states: [Double], seed: UInt64) -> [Double] {
    data.sample(states.count / data.tree.dimension, seed: seed)
  }
}
