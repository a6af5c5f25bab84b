import Geometry

// Radial basis functions over many points: a partition of unity.
//
// The source is halved along its widest side until 16 points (plane) or 40 (space) are left; the
// ball around each such part, half again as large, is a cluster with an interpolant of its own. A target
// point takes the mean of the clusters it lies in, with weights φ(|x − c|/ρ) of Wendland's C2 function that
// fade out at their borders; one that lies in none takes the nearest cluster. Every interpolant reproduces
// linear functions, so their mean does. The weights are merged into sparse rows.
// Cost: linear in the number of points but for the searches. Source: Wendland, Scattered Data
// Approximation, 2005, ch. 15.4; Schneider, Schrader & Uekermann, CMAME 420 (2024).

extension Transfer {
  /// Most source points of one global interpolant, and most weights of its dense matrix.
  static let globalPoints = 1500, globalWeights = 4_000_000

  static func radialBasis(
    _ basis: RadialBasis, _ source: InterfaceMesh, _ target: InterfaceMesh,
    _ report: inout MappingReport
  ) throws(CouplingError) -> SparseMap {
    let spacings = source.spacings()
    if basis.family != .thinPlate, let radius = basis.supportRadius {
      let least = 2 * spacings.reduce(0, +) / Double(spacings.count)
      guard radius >= least, radius.isFinite else {
        throw CouplingError(
          "radial basis functions on interface '\(source.name)'",
          "the support radius \(short(radius)) m hardly reaches a neighbour",
          "give at least twice the mean spacing, \(short(least)) m, or none")
      }
    }
    let (n, m) = (source.points.count, target.points.count)
    let isGlobal = n <= globalPoints && n * m <= globalWeights
    let clusters =
      isGlobal
      ? [Cluster(members: (0..<Int32(n)).map { $0 }, targets: (0..<Int32(m)).map { $0 })]
      : Cluster.cover(source, target)
    report.clusterCount = isGlobal ? 0 : clusters.count
    let box = Facet.box(of: 0..<Int32(n), source.points)
    let whole = length(box.upper - box.lower)
    var sum = PartitionSum(rows: m, columns: n)
    for cluster in clusters where !cluster.targets.isEmpty {
      let places = cluster.targets.map { target.points[Int($0)] }
      let radius = Transfer.radius(
        of: basis, on: cluster.members, source.points, spacings, whole: whole)
      let interpolant = RadialInterpolant(
        basis, radius: radius, members: cluster.members, points: source.points, targets: places)
      report.regularisation = max(report.regularisation, interpolant.regularisation)
      sum.add(cluster, interpolant.weights(at: places), places)
    }
    return sum.map()
  }

  /// The reach of the function on some of the points.
  private static func radius(
    of basis: RadialBasis, on members: [Int32], _ points: [SIMD3<Double>], _ spacings: [Double],
    whole: Double
  ) -> Double {
    let box = Facet.box(of: members, points)
    let extent = length(box.upper - box.lower)
    if extent == 0 { return 1 }
    // Any scale gives the same plate; a large one keeps the matrix definite where a direction is left
    // out of the polynomial.
    if basis.family == .thinPlate { return 10 * extent }
    let spacing = members.reduce(0) { max($0, spacings[Int($1)]) }
    return basis.supportRadius ?? min(2 * whole, basis.widest * spacing)
  }
}

/// Source points within a ball and the target points that listen to them.
private struct Cluster {
  var centre = SIMD3<Double>.zero
  /// Infinite for the only cluster of a global map.
  var radius = Double.infinity
  var members: [Int32]
  var targets: [Int32]

  /// Balls that overlap and leave no source point and no target point out.
  static func cover(_ source: InterfaceMesh, _ target: InterfaceMesh) -> [Cluster] {
    let most = source.dimension == 2 ? 16 : 40
    var order = source.points.indices.map { Int32($0) }
    var clusters: [Cluster] = []
    split(&order, 0..<order.count, source.points, most: most, into: &clusters)
    let sources = BoxTree(boxes: source.points.map { ($0, $0) })
    let targets = BoxTree(boxes: target.points.map { ($0, $0) })
    var isCovered = [Bool](repeating: false, count: target.points.count)
    for c in clusters.indices {
      clusters[c].members = inside(clusters[c], sources, source.points)
      clusters[c].targets = inside(clusters[c], targets, target.points)
      for t in clusters[c].targets { isCovered[Int(t)] = true }
    }
    let centres = KDTree(
      points: clusters.flatMap { [$0.centre.x, $0.centre.y, $0.centre.z] }, dimension: 3)
    for (t, p) in target.points.enumerated() where !isCovered[t] {
      clusters[centres.nearest(to: [p.x, p.y, p.z]).index].targets.append(Int32(t))
    }
    return clusters
  }

  private static func inside(
    _ cluster: Cluster, _ tree: BoxTree, _ points: [SIMD3<Double>]
  ) -> [Int32] {
    var found: [Int32] = []
    let reach = SIMD3(repeating: cluster.radius)
    tree.touching(lower: cluster.centre - reach, upper: cluster.centre + reach) { i in
      let d = points[i] - cluster.centre
      if dot(d, d) < cluster.radius * cluster.radius { found.append(Int32(i)) }
    }
    return found.sorted()
  }

  private static func split(
    _ order: inout [Int32], _ range: Range<Int>, _ points: [SIMD3<Double>], most: Int,
    into clusters: inout [Cluster]
  ) {
    let (lower, upper) = Facet.box(of: order[range], points)
    let side = upper - lower
    guard range.count > most, side.max() > 0 else {
      let radius = max(0.75 * length(side), .leastNormalMagnitude)
      clusters.append(
        Cluster(centre: 0.5 * (lower + upper), radius: radius, members: [], targets: []))
      return
    }
    let axis = side.x >= side.y && side.x >= side.z ? 0 : side.y >= side.z ? 1 : 2
    order[range].sort {
      let (a, b) = (points[Int($0)][axis], points[Int($1)][axis])
      return a < b || (a == b && $0 < $1)
    }
    let middle = range.lowerBound + range.count / 2
    split(&order, range.lowerBound..<middle, points, most: most, into: &clusters)
    split(&order, middle..<range.upperBound, points, most: most, into: &clusters)
  }

  /// The weight of the cluster at a point before they are made to add up to one; never quite zero, for
  /// points that lie in no ball.
  func weight(at p: SIMD3<Double>) -> Double {
    if radius == .infinity { return 1 }
    let d = p - centre
    let value = RadialBasis(.wendlandC2).value(squareDistance: dot(d, d), radius: radius)
    return max(value, 1e-12)
  }
}

/// The rows of all clusters, kept until every one is there, then merged target by target.
private struct PartitionSum {
  private struct Part {
    var members: [Int32]
    var weights: [Double]
  }

  private var parts: [Part] = []
  /// For every target its (part, row of the part, weight of the cluster).
  private var uses: [[(part: Int32, row: Int32, weight: Double)]]
  private let columns: Int

  init(rows: Int, columns: Int) {
    uses = Array(repeating: [], count: rows)
    self.columns = columns
  }

  mutating func add(_ cluster: Cluster, _ weights: [Double], _ places: [SIMD3<Double>]) {
    for (row, t) in cluster.targets.enumerated() {
      uses[Int(t)].append((Int32(parts.count), Int32(row), cluster.weight(at: places[row])))
    }
    parts.append(Part(members: cluster.members, weights: weights))
  }

  func map() -> SparseMap {
    var map = SparseMap(columnCount: columns)
    var (sum, isTouched) = (
      [Double](repeating: 0, count: columns), [Bool](repeating: false, count: columns)
    )
    var touched: [Int32] = []
    for use in uses {
      let total = use.reduce(0) { $0 + $1.weight }
      for (part, row, weight) in use {
        let members = parts[Int(part)].members
        for (i, column) in members.enumerated() {
          if !isTouched[Int(column)] {
            isTouched[Int(column)] = true
            touched.append(column)
          }
          sum[Int(column)] +=
            weight / total * parts[Int(part)].weights[Int(row) * members.count + i]
        }
      }
      touched.sort()
      for column in touched {
        map.append(column, sum[Int(column)])
        (sum[Int(column)], isTouched[Int(column)]) = (0, false)
      }
      map.endRow()
      touched.removeAll(keepingCapacity: true)
    }
    return map
  }
}

extension Facet {
  /// The box of some points.
  static func box(
    of members: some Sequence<Int32>, _ points: [SIMD3<Double>]
  ) -> (lower: SIMD3<Double>, upper: SIMD3<Double>) {
    var lower = SIMD3<Double>(repeating: .infinity)
    var upper = SIMD3<Double>(repeating: -.infinity)
    for i in members {
      lower = pointwiseMin(lower, points[Int(i)])
      upper = pointwiseMax(upper, points[Int(i)])
    }
    return (lower, upper)
  }
}
