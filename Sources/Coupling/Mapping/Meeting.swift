import Geometry

extension InterfaceMesh {
  /// Its facets in registers.
  var facets: [Facet] { cells.map { Facet($0, points, dimension: dimension) } }

  /// Points row by row, for `KDTree`.
  var coordinates: [Double] { points.flatMap { [$0.x, $0.y, $0.z] } }

  /// Mean side length of the facets, m; in a cloud the mean distance to the nearest other point.
  public var meanSize: Double {
    if !cells.isEmpty { return facets.reduce(0) { $0 + $1.size } / Double(cells.count) }
    return points.isEmpty ? 0 : spacings().reduce(0, +) / Double(points.count)
  }

  /// Distance of every point to the nearest one elsewhere (of seven neighbours), m.
  func spacings() -> [Double] {
    let k = min(8, points.count)
    guard k > 1 else { return Array(repeating: 0, count: points.count) }
    let x = coordinates
    var (indices, squares) = (
      [Int32](repeating: -1, count: k * points.count),
      [Double](repeating: 0, count: k * points.count)
    )
    KDTree(points: x, dimension: 3).nearest(k, to: x, indices: &indices, squareDistances: &squares)
    return points.indices.map { i in
      for r in 1..<k where squares[i * k + r] > 0 { return squares[i * k + r].squareRoot() }
      return 0
    }
  }
}

/// Where every target point meets the source: the nearest point of the nearest facet.
struct Meeting {
  /// Facets of the source; empty for a cloud, and then the rest is empty too.
  let facets: [Facet]
  let tree: BoxTree?
  /// Nearest facet and point of it for every target point.
  private(set) var facet: [Int32] = []
  private(set) var found: [FacetPoint] = []
  /// Side length by which gaps are judged.
  let size: Double
  /// The gap that was allowed, in facet sizes.
  let tolerance: Double

  init(
    _ source: InterfaceMesh, _ target: InterfaceMesh, tolerance: Double,
    report: inout MappingReport
  ) throws(CouplingError) {
    self.tolerance = tolerance
    facets = source.facets
    tree = facets.isEmpty ? nil : BoxTree(facets)
    size = max(source.meanSize, target.meanSize)
    report.size = size
    if let tree {
      facet.reserveCapacity(target.points.count)
      found.reserveCapacity(target.points.count)
      for p in target.points {
        let best = tree.nearest(to: p) { facets[$0].nearest(to: p).squareDistance }
        facet.append(Int32(best))
        found.append(facets[best].nearest(to: p))
      }
      try judge(source, target, tolerance, &report)
    } else {
      try judgeCloud(source, target, tolerance, &report)
    }
  }

  /// Of points as far but for round-off the first is named.
  private static let same = 1 + 1e-9

  /// Gaps and overhangs over facets.
  private func judge(
    _ source: InterfaceMesh, _ target: InterfaceMesh, _ tolerance: Double,
    _ report: inout MappingReport
  ) throws(CouplingError) {
    let border = BorderEdges(source)
    var (worst, worstExcess) = (-1, 0.0)
    var nearest = Double.infinity
    for (t, p) in target.points.enumerated() {
      let hit = found[t]
      let distance = hit.squareDistance.squareRoot()
      nearest = min(nearest, distance)
      let (over, height) = border.overhang(p, hit, facets[Int(facet[t])])
      let allowed = tolerance * max(size, facets[Int(facet[t])].size)
      let isOver = over > 1e-6 * size
      if isOver {
        report.overhangCount += 1
        if over > report.largestOverhang * Meeting.same {
          (report.largestOverhang, report.overhangPoint) = (over, t)
        }
      } else if distance > report.largestGap * Meeting.same {
        (report.largestGap, report.gapPoint, report.gapPlace) = (distance, t, p)
      }
      // Beyond the border a bent target may leave the last facet's plane, by up to half the way out; a wall
      // that stands on the border is another interface.
      let excess = (isOver ? height - 0.5 * over : distance) - allowed
      if excess > worstExcess * Meeting.same { (worst, worstExcess) = (t, excess) }
    }
    if worst >= 0 {
      throw Meeting.apart(
        source, target, found[worst].squareDistance.squareRoot(), worst, size, tolerance)
    }
    // All of it beyond the border: then within a facet of it, so that coarse facets may reach over.
    let beside = max(1, tolerance)
    if report.overhangCount == target.points.count && nearest > beside * size {
      throw Meeting.apart(source, target, nearest, nil, size, beside)
    }
  }

  /// A cloud has neither normal nor border: a point may be a local spacing away from the nearest.
  private func judgeCloud(
    _ source: InterfaceMesh, _ target: InterfaceMesh, _ tolerance: Double,
    _ report: inout MappingReport
  ) throws(CouplingError) {
    let spacings = source.spacings()
    var (worst, worstExcess, worstGap) = (-1, 0.0, 0.0)
    for (t, near) in nearestPoints(of: source, to: target).enumerated() {
      let distance = length(source.points[near] - target.points[t])
      if distance > report.largestGap * Meeting.same {
        (report.largestGap, report.gapPoint, report.gapPlace) = (distance, t, target.points[t])
      }
      let excess = distance - max(size, spacings[near]) * (1 + tolerance)
      if excess > worstExcess * Meeting.same {
        (worst, worstExcess, worstGap) = (t, excess, distance)
      }
    }
    if worst >= 0 { throw Meeting.apart(source, target, worstGap, worst, size, tolerance) }
  }

  private static func apart(
    _ source: InterfaceMesh, _ target: InterfaceMesh, _ gap: Double, _ at: Int?, _ size: Double,
    _ tolerance: Double
  ) -> CouplingError {
    let ratio = size > 0 ? " (\(short(gap / size)) facet sizes, \(short(tolerance)) allowed)" : ""
    let whereIt =
      at.map { "at point \($0) of '\(target.name)' \(place(target.points[$0]))" }
      ?? "or more everywhere"
    return CouplingError(
      "interfaces '\(source.name)' and '\(target.name)'",
      "do not meet: they are \(short(gap)) m apart \(whereIt)\(ratio)",
      "check units and placement of both meshes, or raise the gap tolerance")
  }
}

/// The nearest source point of every target point.
func nearestPoints(of source: InterfaceMesh, to target: InterfaceMesh) -> [Int] {
  var indices = [Int32](repeating: -1, count: target.points.count)
  var squares = [Double](repeating: 0, count: target.points.count)
  KDTree(points: source.coordinates, dimension: 3)
    .nearest(to: target.coordinates, indices: &indices, squareDistances: &squares)
  return indices.map { Int($0) }
}

/// The rim of an interface: edges (in a plane, points) that belong to one facet only.
private struct BorderEdges {
  private var points: Set<Int32> = [], edges: Set<UInt64> = []
  private let isFlat: Bool

  init(_ mesh: InterfaceMesh) {
    isFlat = mesh.dimension == 2
    // Edges as pairs of corners, sorted; those that come once are the rim.
    var keys: [UInt64] = []
    for cell in mesh.cells {
      let corners = FacetShape(dimension: mesh.dimension, nodeCount: cell.count)!.cornerCount
      for e in 0..<corners {
        let a = UInt64(cell[e])
        let b = isFlat ? a : UInt64(cell[(e + 1) % corners])
        keys.append(min(a, b) << 32 | max(a, b))
      }
    }
    keys.sort()
    var i = 0
    while i < keys.count {
      var j = i + 1
      while j < keys.count && keys[j] == keys[i] { j += 1 }
      if j == i + 1 {
        edges.insert(keys[i])
        points.insert(Int32(keys[i] >> 32))
        points.insert(Int32(keys[i] & 0xffff_ffff))
      }
      i = j
    }
  }

  /// How far p lies beyond the rim, along the facet, and above it; along is 0 where the nearest point is not
  /// on the rim.
  func overhang(
    _ p: SIMD3<Double>, _ hit: FacetPoint, _ facet: Facet
  ) -> (along: Double, above: Double) {
    let d = p - hit.point
    let n = facet.normal(at: hit.x)
    let along = length(d - dot(d, n) * n)
    return (along == 0 || !isOnRim(hit.x, facet) ? 0 : along, abs(dot(d, n)))
  }

  private func isOnRim(_ x: SIMD2<Double>, _ facet: Facet) -> Bool {
    let close = 1e-9
    let corners = facet.shape.cornerCount
    if isFlat {
      return points.contains(facet.nodes[0]) && x.x < close - 1
        || points.contains(facet.nodes[1]) && x.x > 1 - close
    }
    for e in 0..<corners {
      // Distance from edge e in reference coordinates.
      let away =
        facet.shape.isTriangle
        ? (e == 0 ? x.y : e == 1 ? 1 - x.x - x.y : x.x)
        : (e == 0 ? 1 + x.y : e == 1 ? 1 - x.x : e == 2 ? 1 - x.y : 1 + x.x)
      if away > close { continue }
      let (a, b) = (facet.nodes[e], facet.nodes[(e + 1) % corners])
      if edges.contains(UInt64(min(a, b)) << 32 | UInt64(max(a, b))) { return true }
      for (corner, node) in [(e, a), ((e + 1) % corners, b)] where points.contains(node) {
        let offset = x - facet.edgePoint(corner, -1)
        if abs(offset.x) + abs(offset.y) < close { return true }
      }
    }
    return false
  }
}
