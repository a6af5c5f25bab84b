import Glibc
import LinearAlgebra
import Manifold
import Mechanics

/// Seeded states of a law where its data are, as points z = (C^½ H, C^(−½) T)/√2 whose Euclidean distances
/// are those of the energy metric.
package struct CoveredStates {
  /// Hencky strains that the data reached, by test, in the order of their stretches.
  private let curves: [[[Double]]]
  private let coverage: Coverage
  private let manifold: LawManifold<Law>
  private let root: DenseMatrix, inverseRoot: DenseMatrix

  /// Nil for a law of small strains and without training tests.
  package init?(_ law: Law, _ tests: [HomogeneousTest], _ coverage: Coverage) {
    guard law.pair == .rightCauchyGreen, let manifold = try? LawManifold(law) else { return nil }
    curves = tests.filter { !$0.heldOut }.map { test in
      let order = test.stretches.indices.sorted {
        (test.stretches[$0], $0) < (test.stretches[$1], $1)
      }
      return order.map { Hencky.strain(rightCauchyGreen: test.deformation($0).rightCauchyGreen) }
    }
    guard curves.contains(where: { $0.count > 1 }) else { return nil }
    self.coverage = coverage
    self.manifold = manifold
    let C = DenseMatrix(rows: 6, columns: 6, values: law.stiffnessAtRest)
    guard let (values, V) = try? C.symmetricEigen(), values.allSatisfy({ $0 > 0 }) else {
      return nil
    }
    var (root, inverse) = (DenseMatrix(rows: 6, columns: 6), DenseMatrix(rows: 6, columns: 6))
    for k in 0..<6 {
      for j in 0..<6 {
        for i in 0..<6 {
          root[i, j] += V[i, k] * V[j, k] * (0.5 * values[k]).squareRoot()
          inverse[i, j] += V[i, k] * V[j, k] / (2 * values[k]).squareRoot()
        }
      }
    }
    (self.root, inverseRoot) = (root, inverse)
  }

  /// Strains along the curves of the tests.
  package func alongTests(_ count: Int, _ random: inout SplitMix64) -> [[Double]] {
    let curves = curves.filter { $0.count > 1 }
    return (0..<count).map { i in
      let curve = curves[i % curves.count]
      let segment = Int(random.next() % UInt64(curve.count - 1))
      let t = random.uniform(0, 1)
      return zip(curve[segment], curve[segment + 1]).map { (1 - t) * $0 + t * $1 }
    }
  }

  /// Strains in the covered region: convex combinations of data and the undeformed state, in the axes of
  /// the tests.
  package func covered(_ count: Int, _ random: inout SplitMix64) -> [[Double]] {
    let all = curves.joined().map { $0 } + [[Double](repeating: 0, count: 6)]
    var out: [[Double]] = []
    // Combinations of covered states that are not covered themselves are rare.
    for _ in 0..<20 * count where out.count < count {
      var H = [Double](repeating: 0, count: 6)
      var total = 0.0
      for _ in 0..<4 {
        let share = -log(1 - random.uniform(0, 1))
        let from = all[Int(random.next() % UInt64(all.count))]
        for c in 0..<6 { H[c] += share * from[c] }
        total += share
      }
      for c in 0..<6 { H[c] /= total }
      if coverage.covers(Hencky.rightCauchyGreen(strain: H)) { out.append(H) }
    }
    return out
  }

  /// A strain turned by a random rotation.
  package func turned(_ H: [Double], _ random: inout SplitMix64) -> [Double] {
    let q = (0..<4).map { _ in random.normal(0, 1) }
    let n = q.reduce(0) { $0 + $1 * $1 }
    let (w, x, y, z) = (q[0], q[1], q[2], q[3])
    // The rotation of the quaternion q, divided by its squared length.
    let first: [Double] = [n - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)]
    let second: [Double] = [2 * (x * y + w * z), n - 2 * (x * x + z * z), 2 * (y * z - w * x)]
    let third: [Double] = [2 * (x * z - w * y), 2 * (y * z + w * x), n - 2 * (x * x + y * y)]
    let R = (first + second + third).map { $0 / n }
    let m = Mandel.matrix(H)
    var turned = [Double](repeating: 0, count: 9)
    for i in 0..<3 {
      for j in 0..<3 {
        for k in 0..<3 {
          for l in 0..<3 { turned[3 * i + j] += R[3 * i + k] * m[3 * k + l] * R[3 * j + l] }
        }
      }
    }
    return Mandel.vector(turned)
  }

  /// The states of strains, twelve numbers each: H, then T in Pa.
  package func states(_ strains: [[Double]]) -> [Double] {
    let groups = (strains.count + 7) / 8
    var batch = ManifoldBatch(groups: groups, coordinateCount: 6, responseCount: 6)
    for p in 0..<8 * groups where !strains.isEmpty {
      let H = strains[min(p, strains.count - 1)]
      for c in 0..<6 { batch.coordinates[6 * (p / 8) + c][p % 8] = H[c] }
    }
    manifold.evaluate(&batch)
    var out: [Double] = []
    for p in strains.indices {
      out += strains[p]
      for c in 0..<6 { out.append(batch.responses[6 * (p / 8) + c][p % 8]) }
    }
    return out
  }

  /// States in the coordinates z.
  package func metric(_ states: [Double]) -> [Double] {
    var out: [Double] = []
    out.reserveCapacity(states.count)
    for p in stride(from: 0, to: states.count, by: 12) {
      out += root.times(Array(states[p..<p + 6]))
      out += inverseRoot.times(Array(states[p + 6..<p + 12]))
    }
    return out
  }

  /// Spectral norm of the derivative of the projection at `count` observations beside the manifold: covered
  /// states with noise of a share of their own size in the metric.
  package func expansions(
    _ count: Int, noise: Double, _ random: inout SplitMix64
  ) -> [Double] {
    let strains = covered(count, &random)
    var states = states(strains)
    let z = metric(states)
    for p in strains.indices {
      let size = (0..<12).reduce(0) { $0 + z[12 * p + $1] * z[12 * p + $1] }.squareRoot()
      let push = (0..<12).map { _ in noise * size * random.normal(0, 1) / 12.0.squareRoot() }
      // Back from z: H = √2 C^(−½) z, T = √2 C^½ z; both roots already hold their √2.
      let dH = inverseRoot.times(Array(push[..<6])).map { 2 * $0 }
      let dT = root.times(Array(push[6...])).map { 2 * $0 }
      for c in 0..<6 {
        states[12 * p + c] += dH[c]
        states[12 * p + 6 + c] += dT[c]
      }
    }
    var projection = Projection()
    projection.uncertainty = .none
    let observations = Observations(coordinateCount: 6, responseCount: 6, values: states)
    guard !strains.isEmpty, let found = try? projection.project(observations, onto: manifold)
    else { return [] }
    return found.expansion.indices
      .filter { found.converged[$0] && found.expansion[$0].isFinite }
      .map { found.expansion[$0] }.sorted()
  }
}
