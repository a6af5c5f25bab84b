import Manifold

/// A learned law: each state is projected on M_θ = {(ε, σ_θ(ε))}.
public struct ManifoldStates<M: Manifold>: MaterialSet {
  /// The law.
  public let manifold: M
  /// Its metric.
  public let metric: EnergyMetric
  /// How states are projected; several starts where the law is not convex.
  public var projection = Projection()

  /// - Throws: `DataDrivenError` where the manifold's metric is not an energy metric (its second block
  ///   the inverse of the first) or it has not as many responses as coordinates.
  public init(_ manifold: M) throws(DataDrivenError) {
    let m = manifold.coordinateCount
    guard manifold.responseCount == m else {
      throw DataDrivenError(
        "manifold", "has \(m) coordinates and \(manifold.responseCount) responses",
        "give a law of as many stresses as strains")
    }
    metric = try EnergyMetric(stiffness: manifold.metric.coordinates)
    let (A, B) = (manifold.metric.coordinates, manifold.metric.responses)
    for i in 0..<m {
      for j in 0..<m {
        let entry = (0..<m).reduce(0.0) { $0 + A[m * i + $1] * B[m * $1 + j] }
        guard abs(entry - (i == j ? 1 : 0)) <= 1e-8 else {
          throw DataDrivenError(
            "manifold", "its metric is not C and C⁻¹", "measure strains by C and stresses by C⁻¹")
        }
      }
    }
    self.manifold = manifold
    projection.uncertainty = .none
    projection.measuresExpansion = false
  }

  /// The nearest states of the manifold; false where one of them was not found.
  public mutating func project(_ states: [Double], into nearest: inout [Double]) -> Bool {
    let m = metric.componentCount
    let (strains, stresses) = (metric.strains(states), metric.stresses(states))
    var values = [Double](repeating: 0, count: states.count)
    for p in 0..<states.count / (2 * m) {
      for i in 0..<m {
        values[2 * m * p + i] = strains[m * p + i]
        values[2 * m * p + m + i] = stresses[m * p + i]
      }
    }
    guard values.reduce(0, { $0 + $1 * 0 }) == 0 else { return false }
    let seen = Observations(coordinateCount: m, responseCount: m, values: values)
    guard let found = try? projection.project(seen, onto: manifold),
      found.converged.allSatisfy({ $0 })
    else { return false }
    nearest = metric.coordinates(strains: found.coordinates, stresses: found.responses)
    return nearest.reduce(0, { $0 + $1 * 0 }) == 0
  }

  /// Nothing is kept.
  public mutating func restart() {}

  /// Nearest states of what scatters about `states` as far as these reach.
  public func sample(about states: [Double], seed: UInt64) -> [Double] {
    var random = SplitMix64(seed: seed)
    let size = states.reduce(0) { $0 + $1 * $1 } / Double(max(states.count, 1))
    let scattered = states.map { random.normal($0, size.squareRoot()) }
    var (copy, nearest) = (self, scattered)
    return copy.project(scattered, into: &nearest) ? nearest : states
  }
}
