import Contact
import Glibc

extension BlockCutting {
  /// Passes over islands before input is refused; each pass ties all islands that it sees.
  private static let passLimit = 200

  /// Cuts the domain.
  ///
  /// Cost: about n log n in the number of pieces that traces are split into.
  /// - Throws: `DDAError` where a joint set, a trace or the tolerance is none, where there are more laws
  ///   of traces than traces, where the domain has parts thinner than the tolerance, or where blocks do
  ///   not add up to the domain to 1e-10.
  public func cut() throws(DDAError) -> CutBlocks {
    try validateTolerance()
    let (given, sets) = try tracesAndSets()
    guard traceLaws.count <= traces.count else {
      throw DDAError(
        "trace laws", "are \(traceLaws.count) for \(traces.count) traces", "give one per trace")
    }
    let owners = EdgeOwners(self, sets: sets)
    var arrangement = Arrangement(
      rings: [outline.vertices] + holes.map { $0.vertices.reversed() }, tolerance: tolerance)
    let (lower, upper) = outline.bounds
    let margin = 0.1 * (upper - lower)
    for (i, trace) in given.enumerated() {
      for k in 1..<trace.count {
        guard let (a, b) = clip(trace[k - 1], trace[k], lower - margin, upper + margin) else {
          continue
        }
        arrangement.add(a, b, trace: Int32(i), owner: owners.owner(ofTrace: i))
      }
    }
    var result = CutBlocks()
    result.traces = given.count
    for _ in 0..<BlockCutting.passLimit {
      try arrangement.settle()
      arrangement.removeOutside()
      result.danglingLength += arrangement.removeDangling()
      let faces = FaceTracing(arrangement)
      let bridges = arrangement.bridges(for: faces.walks)
      if bridges.isEmpty {
        try finish(&result, arrangement, faces, owners)
        return result
      }
      for (a, b) in bridges {
        arrangement.add(a, b, trace: Arrangement.bridge, owner: EdgeOwners.bridge)
      }
      result.bridges += bridges.count
    }
    throw DDAError("cutting", "finds islands again and again", "give another tolerance")
  }

  private func validateTolerance() throws(DDAError) {
    let (lower, upper) = outline.bounds
    let size = (upper - lower).length
    let magnitude = max(abs(lower.x), abs(lower.y), abs(upper.x), abs(upper.y))
    // Below, rounding of coordinates would no longer be small beside the tolerance.
    let least = max(1e-11 * size, 1e4 * magnitude.ulp)
    guard tolerance >= least, tolerance < 0.1 * size else {
      throw DDAError(
        "tolerance", "is \(tolerance) m", "give one from \(least) to below \(0.1 * size) m")
    }
    for (name, ring) in [("outline", outline)] + holes.enumerated().map({ ("hole \($0)", $1) }) {
      let v = ring.vertices
      for i in v.indices where (v[(i + 1) % v.count] - v[i]).length <= tolerance {
        throw DDAError(
          name, "has an edge \(i) shorter than the tolerance of \(tolerance) m",
          "drop a corner or give a smaller tolerance")
      }
    }
    for (i, hole) in holes.enumerated() {
      for other in [outline] + holes[..<i] {
        let gap = min(
          hole.vertices.reduce(.infinity) { min($0, other.distanceToOutline($1)) },
          other.vertices.reduce(.infinity) { min($0, hole.distanceToOutline($1)) })
        guard gap > 2 * tolerance else {
          throw DDAError(
            "hole \(i)", "leaves a wall thinner than twice the tolerance of \(tolerance) m",
            "move it or give a smaller tolerance")
        }
      }
    }
  }

  /// The part of a segment in a box (Liang & Barsky 1984); as it is where all of it lies there.
  private func clip(_ a: Point, _ b: Point, _ lower: Point, _ upper: Point) -> (Point, Point)? {
    var (from, to) = (0.0, 1.0)
    for axis in 0..<2 {
      let d = b[axis] - a[axis]
      if d == 0 {
        guard lower[axis] <= a[axis], a[axis] <= upper[axis] else { return nil }
        continue
      }
      let (s, t) = ((lower[axis] - a[axis]) / d, (upper[axis] - a[axis]) / d)
      from = max(from, min(s, t))
      to = min(to, max(s, t))
    }
    guard from < to else { return nil }
    let p = from > 0 ? a + from * (b - a) : a, q = to < 1 ? a + to * (b - a) : b
    return (p, q)
  }

  private func finish(
    _ result: inout CutBlocks, _ arrangement: Arrangement, _ faces: FaceTracing,
    _ owners: EdgeOwners
  ) throws(DDAError) {
    let points = arrangement.points
    var outlines = faces.walks.map { walk in
      straightened(
        walk[0].nodes.map { points[Int($0)] },
        walk[0].edges.map { arrangement.edges[Int($0)].owner }, owners)
    }
    outlines.sort { isBefore($0.corners[0], $1.corners[0]) }
    result.blocks = outlines.map { Polygon(unchecked: $0.corners) }
    result.origins = outlines.map { $0.owners.map(owners.origin) }
    result.edgeLaws = outlines.map { $0.owners.map(owners.law) }
    var isKept = Array(repeating: false, count: result.traces)
    for e in arrangement.edges {
      if e.trace >= 0 { isKept[Int(e.trace)] = true }
      let (a, b) = arrangement.ends(e)
      if e.trace == Arrangement.bridge { result.bridgeLength += (b - a).length }
    }
    result.droppedTraces = isKept.count { !$0 }
    let sum = result.blocks.reduce(0) { $0 + $1.area }
    guard abs(sum - area) <= 1e-10 * area else {
      throw DDAError(
        "cutting", "gives blocks of \(sum) m² in a domain of \(area) m²",
        "give another tolerance, and report the case")
    }
  }

  /// A closed line from its first point in x, without points that lie on the straight line between their
  /// neighbours to rounding, and the owners of its edges: of several on one edge the one that has most of it.
  ///
  /// Such a point stays where the edge has one law before and another behind it: each part keeps its own.
  private func straightened(
    _ line: [Point], _ owner: [Int32], _ owners: EdgeOwners
  ) -> (corners: [Point], owners: [Int32]) {
    let n = line.count
    let start = line.indices.min { isBefore(line[$0], line[$1]) }!
    var kept: [Point] = []
    // First piece of every edge, counted from the start.
    var first: [Int] = []
    func own(_ k: Int) -> Int32 { owner[(start + k) % n] }
    for k in 0..<n {
      let p = line[(start + k) % n], next = line[(start + k + 1) % n]
      if let last = kept.last, owners.law(own(k - 1)) == owners.law(own(k)) {
        let chord = next - last
        let magnitude = max(abs(p.x), abs(p.y), abs(last.x), abs(last.y), chord.length)
        let isStraight = abs(chord.cross(p - last)) <= 8 * magnitude.ulp * chord.length
        if isStraight, (p - last).dot(next - p) > 0 { continue }
      }
      kept.append(p)
      first.append(k)
    }
    let ends = first.dropFirst() + [n]
    return (
      kept,
      zip(first, ends).map { from, to in
        if to == from + 1 { return own(from) }
        var length: [Int32: Double] = [:]
        for k in from..<to {
          length[own(k), default: 0] += (line[(start + k + 1) % n] - line[(start + k) % n]).length
        }
        return length.min { (-$0.value, $0.key) < (-$1.value, $1.key) }!.key
      }
    )
  }
}

extension Arrangement {
  /// Drops edges outside the domain.
  mutating func removeOutside() {
    let sides = StripIndex(edges.filter(\.isBoundary).map { ends($0) })
    edges = edges.filter { e in
      let (a, b) = ends(e)
      return e.isBoundary || sides.isInside(0.5 * (a + b))
    }
  }

  /// Drops edges that end in nothing, again and again; their length.
  mutating func removeDangling() -> Double {
    var degree = Array(repeating: Int32(0), count: points.count)
    // The exclusive or of a node's edges is, at the last, the one that is left.
    var left = degree
    for (i, e) in edges.enumerated() {
      for n in [Int(e.a), Int(e.b)] {
        degree[n] += 1
        left[n] ^= Int32(i)
      }
    }
    var isGone = Array(repeating: false, count: edges.count)
    var length = 0.0
    for start in points.indices {
      var n = start
      while degree[n] == 1 {
        let i = Int(left[n]), e = edges[i]
        isGone[i] = true
        let (a, b) = ends(e)
        length += (b - a).length
        for m in [Int(e.a), Int(e.b)] {
          degree[m] -= 1
          left[m] ^= Int32(i)
        }
        n = Int(e.a) == n ? Int(e.b) : Int(e.a)
      }
    }
    edges = edges.indices.filter { !isGone[$0] }.map { edges[$0] }
    return length
  }

  /// Cuts along x that tie islands to what is around them.
  ///
  /// An island that floats is tied at its first and last point in x; one that hangs on a node or a joint, at
  /// the one of the two that is not that node. Each cut ties an island or divides a face, so that passes end.
  func bridges(for walks: [[FaceTracing.Loop]]) -> [(Point, Point)] {
    var rays: [(Int32, Double)] = []
    for walk in walks where walk.count != 1 || !walk[0].isOuter {
      let floats = !walk.contains { $0.isOuter }
      let loops = floats ? [walk.flatMap(\.nodes)] : walk.filter { !$0.isOuter }.map(\.nodes)
      for nodes in loops {
        let low = nodes.min { isBefore(points[Int($0)], points[Int($1)]) }!
        let high = nodes.max { isBefore(points[Int($0)], points[Int($1)]) }!
        if floats || low != nodes[0] { rays.append((low, -1)) }
        if floats || low == nodes[0] { rays.append((high, 1)) }
      }
    }
    guard !rays.isEmpty else { return [] }
    let strips = StripIndex(edges.map { ends($0) })
    return rays.compactMap { node, sign in
      let p = points[Int(node)]
      return strips.firstHit(from: p, towards: sign).map { (p, $0) }
    }
  }
}
