import Geometry
import Manifold

/// Nearest-neighbour projection of states (ε, σ) in the 12-component energy metric on 10⁵ data states:
/// queries per second of one core.
enum NearestNeighbours {
  /// States of a stiffening six-component law with 2 % noise on both, in metric coordinates; or, without
  /// a law, a cloud that fills all twelve.
  static func states(_ count: Int, onManifold: Bool, seed: UInt64) -> [Double] {
    var random = SplitMix64(seed: seed)
    var out: [Double] = []
    out.reserveCapacity(12 * count)
    for _ in 0..<count {
      guard onManifold else {
        for _ in 0..<12 { out.append(random.normal(0, 1)) }
        continue
      }
      let strain = (0..<6).map { _ in random.normal(0, 1) }
      let mean = 0.3 * (strain[0] + strain[1] + strain[2])
      for e in strain { out.append(random.normal(e, 0.02)) }
      for (i, e) in strain.enumerated() {
        let ratio = e / (1 + e * e).squareRoot()
        out.append(random.normal(ratio + (i < 3 ? mean : 0), 0.02))
      }
    }
    return out
  }

  static func measure() -> Measurement {
    var m = Measurement()
    for (name, onManifold, count) in [("manifold", true, 40_000), ("cloud", false, 8_000)] {
      let points = states(100_000, onManifold: onManifold, seed: 1)
      let queries = states(count, onManifold: onManifold, seed: 2)
      var start = processorSeconds()
      let tree = KDTree(points: points, dimension: 12)
      m.add(name + "Build", processorSeconds() - start)
      var indices = [Int32](repeating: -1, count: count)
      var squares = [Double](repeating: 0, count: count)
      start = processorSeconds()
      tree.nearest(to: queries, indices: &indices, squareDistances: &squares)
      m.add(name, Double(count) / (processorSeconds() - start))
      start = processorSeconds()
      tree.nearest(to: queries, indices: &indices, squareDistances: &squares, warm: true)
      m.add(name + "Warm", Double(count) / (processorSeconds() - start))
    }
    return m
  }
}
