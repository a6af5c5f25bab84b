import Contact

/// Segments in the plane, split until they meet only in common nodes.
///
/// Three rules are applied until none finds anything to do: nodes closer than the tolerance are one; a node
/// closer than half of that to an edge lies on it, and the edge is led through it; edges that cross get a node
/// where they do. (Half: in a triangle with sides above the tolerance not two nodes can then be so close to
/// the edges opposite, and rule two cannot go round in a circle.) Corners of the domain never move, nodes on its sides move only along them (so that the domain
/// keeps its area to rounding), and all others give way. Whether edges cross is decided exactly; only where
/// they cross is rounded, and the next round looks again at what rounding has moved (cf. the iterated snap
/// rounding of Halperin & Packer, Comput. Geom. 23 (2002)). Candidates come from a uniform grid, so that a
/// round is nearly linear in the edges.
struct Arrangement {
  /// From node a to node b.
  struct Edge {
    var a: Int32, b: Int32
    /// Side of the domain (which lies to the left), or −1.
    var side: Int32
    /// Trace, or `boundary`, or `bridge`.
    var trace: Int32
    /// Of all lines on it, the one whose joint it is (`EdgeOwners`).
    var owner: Int32
    var isBoundary: Bool { side >= 0 }
  }
  static let boundary: Int32 = -1, bridge: Int32 = -2

  /// Nodes; the first are the domain's corners, one per side, which starts there.
  private(set) var points: [Point] = []
  /// Per node: side of the domain that it lies on, `corner`, or `free`.
  private var place: [Int32] = []
  private static let free: Int32 = -1, corner: Int32 = -2
  private var sideEnd: [Int32] = []
  var edges: [Edge] = []
  let tolerance: Double
  /// Rounds before input is refused; a handful is usual.
  private static let roundLimit = 100

  /// - Parameter rings: outline counter-clockwise, holes clockwise.
  init(rings: [[Point]], tolerance: Double) {
    self.tolerance = tolerance
    for ring in rings {
      let first = Int32(points.count), n = Int32(ring.count)
      for k in 0..<n {
        let side = first + k
        sideEnd.append(first + (k + 1) % n)
        edges.append(
          Edge(
            a: side, b: sideEnd[Int(side)], side: side, trace: Arrangement.boundary,
            owner: EdgeOwners.boundary))
        place.append(Arrangement.corner)
      }
      points += ring
    }
  }

  /// One more segment.
  mutating func add(_ a: Point, _ b: Point, trace: Int32, owner: Int32) {
    let n = Int32(points.count)
    points += [a, b]
    place += [Arrangement.free, Arrangement.free]
    edges.append(Edge(a: n, b: n + 1, side: -1, trace: trace, owner: owner))
  }

  /// Ends of an edge.
  func ends(_ e: Edge) -> (Point, Point) { (points[Int(e.a)], points[Int(e.b)]) }

  /// Splits edges until they meet only in nodes.
  /// - Throws: `DDAError` where that takes too many rounds.
  mutating func settle() throws(DDAError) {
    for _ in 0..<Arrangement.roundLimit {
      removeDoubles()
      let used = nodesInUse()
      let grid = makeGrid(used)
      if mergeNodes(used, grid) { continue }
      if splitAtNodes(used, grid) { continue }
      if splitAtCrossings(grid) { continue }
      return
    }
    throw DDAError(
      "cutting", "does not settle with a tolerance of \(tolerance) m", "give a smaller tolerance")
  }

  /// Nodes of edges, in the order in which they may claim others: corners, then sides, then free ones.
  private func nodesInUse() -> [Int32] {
    var isUsed = Array(repeating: false, count: points.count)
    for e in edges {
      isUsed[Int(e.a)] = true
      isUsed[Int(e.b)] = true
    }
    let used = points.indices.filter { isUsed[$0] }
    return used.filter { place[$0] == Arrangement.corner }.map(Int32.init)
      + used.filter { place[$0] >= 0 }.map(Int32.init)
      + used.filter { place[$0] == Arrangement.free }.map(Int32.init)
  }

  private func makeGrid(_ used: [Int32]) -> SegmentGrid {
    var (lower, upper) = (points[Int(used[0])], points[Int(used[0])])
    for n in used {
      lower = pointwiseMin(lower, points[Int(n)])
      upper = pointwiseMax(upper, points[Int(n)])
    }
    return SegmentGrid(
      lower: lower, upper: upper, segments: edges.map { ends($0) }, pad: 2 * tolerance)
  }

  /// The nearest point on the straight side of the domain.
  private func onSide(_ side: Int32, _ p: Point) -> Point {
    let a = points[Int(side)], d = points[Int(sideEnd[Int(side)])] - a
    return a + (p - a).dot(d) / d.dot(d) * d
  }

  // MARK: Nodes that are one

  /// Moves ends of edges to the nearest node that claims them.
  private mutating func mergeNodes(_ used: [Int32], _ grid: SegmentGrid) -> Bool {
    var target = points.indices.map(Int32.init)
    var head = Array(repeating: Int32(-1), count: grid.count)
    var next = Array(repeating: Int32(-1), count: points.count)
    var changed = false
    for n in used {
      let p = points[Int(n)]
      var (claim, best) = (n, tolerance)
      grid.cells(near: p, reach: tolerance) { cell in
        var m = head[cell]
        while m >= 0 {
          let distance = (points[Int(m)] - p).length
          if distance < best, mayJoin(n, m) { (claim, best) = (m, distance) }
          m = next[Int(m)]
        }
      }
      if claim != n {
        target[Int(n)] = claim
        changed = true
      } else {
        let cell = grid.index(p)
        next[Int(n)] = head[cell]
        head[cell] = n
      }
    }
    for i in edges.indices where changed {
      edges[i].a = target[Int(edges[i].a)]
      edges[i].b = target[Int(edges[i].b)]
    }
    return changed
  }

  /// Whether node n may move to node m without bending the domain.
  private func mayJoin(_ n: Int32, _ m: Int32) -> Bool {
    let (own, other) = (place[Int(n)], place[Int(m)])
    if own == Arrangement.free { return true }
    if own == Arrangement.corner { return false }
    return own == other || m == own || m == sideEnd[Int(own)]
  }

  /// Drops edges that have vanished or are there twice, and sorts the others. What is left of doubles is the joint
  /// of their first owner.
  private mutating func removeDoubles() {
    func key(_ e: Edge) -> UInt64 { UInt64(min(e.a, e.b)) << 32 | UInt64(max(e.a, e.b)) }
    // Of edges between the same nodes stays a side, else the first trace, else a bridge.
    func rank(_ e: Edge) -> Int32 { e.trace == Arrangement.bridge ? .max : e.trace }
    edges.removeAll { $0.a == $0.b }
    edges.sort { (key($0), rank($0)) < (key($1), rank($1)) }
    var kept: [Edge] = []
    kept.reserveCapacity(edges.count)
    for e in edges {
      if let last = kept.indices.last, key(kept[last]) == key(e) {
        kept[last].owner = min(kept[last].owner, e.owner)
      } else {
        kept.append(e)
      }
    }
    edges = kept
  }

  // MARK: Nodes on edges, and crossings

  /// A node at parameter t of an edge.
  private struct Split {
    var edge: Int32, t: Double, node: Int32
  }

  private mutating func splitAtNodes(_ used: [Int32], _ grid: SegmentGrid) -> Bool {
    var splits: [Split] = []
    for n in used {
      let p = points[Int(n)]
      let isFree = place[Int(n)] == Arrangement.free
      var (side, best) = (Split(edge: -1, t: 0, node: n), 0.5 * tolerance)
      for i in grid.segments(in: grid.index(p)) {
        let e = edges[Int(i)]
        guard e.a != n, e.b != n, isFree || !e.isBoundary else { continue }
        let (a, b) = ends(e)
        let d = b - a, t = (p - a).dot(d) / d.dot(d)
        guard t > 0, t < 1 else { continue }
        let distance = (p - a - t * d).length
        // Nodes this close could not be made one: they lie on different sides at a sharp corner.
        let isTight = min((p - a).length, (p - b).length) < tolerance
        guard distance < (isTight ? 5e-4 : 0.5) * tolerance else { continue }
        if !e.isBoundary {
          splits.append(Split(edge: i, t: t, node: n))
        } else if distance < best {
          (side.edge, side.t, best) = (i, t, distance)
        }
      }
      guard side.edge >= 0 else { continue }
      place[Int(n)] = edges[Int(side.edge)].side
      points[Int(n)] = onSide(place[Int(n)], p)
      splits.append(side)
    }
    return apply(&splits)
  }

  private mutating func splitAtCrossings(_ grid: SegmentGrid) -> Bool {
    var pairs: [UInt64] = []
    for cell in 0..<grid.count {
      let list = grid.segments(in: cell)
      for i in list.indices {
        for j in i + 1..<list.endIndex where cross(edges[Int(list[i])], edges[Int(list[j])]) {
          pairs.append(UInt64(list[i]) << 32 | UInt64(list[j]))
        }
      }
    }
    pairs.sort()
    var splits: [Split] = []
    for (k, pair) in pairs.enumerated() where k == 0 || pairs[k - 1] != pair {
      let (i, j) = (Int32(pair >> 32), Int32(pair & 0xFFFF_FFFF))
      let (e, f) = (edges[Int(i)], edges[Int(j)])
      let (a, b) = ends(e), (c, d) = ends(f)
      let denominator = (b - a).cross(d - c)
      let t = (c - a).cross(d - c) / denominator, u = (c - a).cross(b - a) / denominator
      let node = Int32(points.count)
      let side = max(e.side, f.side)
      let p = a + t * (b - a)
      points.append(side >= 0 ? onSide(side, p) : p)
      place.append(side >= 0 ? side : Arrangement.free)
      splits += [Split(edge: i, t: t, node: node), Split(edge: j, t: u, node: node)]
    }
    return apply(&splits)
  }

  /// Whether two edges pass through one another; exact.
  private func cross(_ e: Edge, _ f: Edge) -> Bool {
    if e.isBoundary && f.isBoundary { return false }
    if e.a == f.a || e.a == f.b || e.b == f.a || e.b == f.b { return false }
    let (a, b) = ends(e), (c, d) = ends(f)
    if max(a.x, b.x) < min(c.x, d.x) || max(c.x, d.x) < min(a.x, b.x)
      || max(a.y, b.y) < min(c.y, d.y) || max(c.y, d.y) < min(a.y, b.y)
    {
      return false
    }
    let p = Predicates.orientation(a, b, c), q = Predicates.orientation(a, b, d)
    guard p > 0 && q < 0 || p < 0 && q > 0 else { return false }
    let r = Predicates.orientation(c, d, a), s = Predicates.orientation(c, d, b)
    return r > 0 && s < 0 || r < 0 && s > 0
  }

  private mutating func apply(_ splits: inout [Split]) -> Bool {
    guard !splits.isEmpty else { return false }
    splits.sort { ($0.edge, $0.t, $0.node) < ($1.edge, $1.t, $1.node) }
    for (k, split) in splits.enumerated() {
      let isLast = k + 1 == splits.count || splits[k + 1].edge != split.edge
      var piece = edges[Int(split.edge)]
      if k > 0, splits[k - 1].edge == split.edge { piece.a = splits[k - 1].node }
      piece.b = split.node
      edges.append(piece)
      if isLast { edges[Int(split.edge)].a = split.node }
    }
    return true
  }
}
