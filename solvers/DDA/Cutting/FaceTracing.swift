import Contact

/// Closed walks around the faces of an arrangement inside the domain, by half-edges: the next edge is the first
/// one clockwise from where the walk came from, so that the face stays on the left.
struct FaceTracing {
  /// A closed line of different nodes.
  struct Loop {
    var nodes: [Int32]
    /// Edges of the arrangement: the k-th leads from node k to the next.
    var edges: [Int32]
    /// Counter-clockwise: around a face; clockwise: around an island in it.
    var isOuter: Bool
  }
  /// Per face, the loops that its walk consists of. A block is one outer loop and nothing else.
  private(set) var walks: [[Loop]] = []

  private let arrangement: Arrangement
  /// Half-edges that leave a node, counter-clockwise: `leaving[first[n]..<first[n + 1]]`. Half-edge 2e runs
  /// along edge e, 2e + 1 against it.
  private var first: [Int32], leaving: [Int32]
  /// Scratch: position of a node on the walk's stack, or −1.
  private var onStack: [Int32]

  init(_ arrangement: Arrangement) {
    self.arrangement = arrangement
    let edges = arrangement.edges
    first = Array(repeating: 0, count: arrangement.points.count + 1)
    leaving = Array(repeating: 0, count: 2 * edges.count)
    onStack = Array(repeating: -1, count: arrangement.points.count)
    for e in edges {
      first[Int(e.a) + 1] += 1
      first[Int(e.b) + 1] += 1
    }
    for n in 1..<first.count { first[n] += first[n - 1] }
    var fill = first
    for h in 0..<Int32(2 * edges.count) {
      let n = Int(origin(h))
      leaving[Int(fill[n])] = h
      fill[n] += 1
    }
    for n in arrangement.points.indices where first[n] < first[n + 1] { sortAround(n) }
    trace()
  }

  private func origin(_ h: Int32) -> Int32 {
    let e = arrangement.edges[Int(h >> 1)]
    return h & 1 == 0 ? e.a : e.b
  }

  private mutating func sortAround(_ n: Int) {
    let points = arrangement.points, o = points[n]
    func isUpper(_ p: Point) -> Bool { p.y > o.y || p.y == o.y && p.x > o.x }
    let range = Int(first[n])..<Int(first[n + 1])
    let sorted = leaving[range].sorted { g, h in
      let (p, q) = (points[Int(origin(g ^ 1))], points[Int(origin(h ^ 1))])
      if isUpper(p) != isUpper(q) { return isUpper(p) }
      return Predicates.orientation(o, p, q) > 0
    }
    leaving.replaceSubrange(range, with: sorted)
  }

  private mutating func trace() {
    var rank = Array(repeating: Int32(0), count: leaving.count)
    for (k, h) in leaving.enumerated() { rank[Int(h)] = Int32(k) }
    var isDone = Array(repeating: false, count: leaving.count)
    for start in leaving.indices where !isDone[start] {
      var walk: [Int32] = []
      var h = Int32(start), isInside = true
      repeat {
        isDone[Int(h)] = true
        walk.append(h)
        // The domain is to the left of its sides: a walk against one is outside.
        if h & 1 == 1, arrangement.edges[Int(h >> 1)].isBoundary { isInside = false }
        let node = Int(origin(h ^ 1)), k = rank[Int(h ^ 1)]
        h = leaving[Int(k == first[node] ? first[node + 1] - 1 : k - 1)]
      } while h != start
      if isInside { walks.append(loops(of: walk)) }
    }
  }

  /// Takes a walk, given by its half-edges, apart where it comes by a node again; what runs to and fro along an
  /// edge is left out.
  ///
  /// It starts at its first point in x, which lies on the outer loop if there is one: any other loop then
  /// begins with the node that it hangs on.
  private mutating func loops(of cycle: [Int32]) -> [Loop] {
    let points = arrangement.points
    let start = cycle.indices.min {
      isBefore(points[Int(origin(cycle[$0]))], points[Int(origin(cycle[$1]))])
    }!
    let walk = cycle[start...] + cycle[..<start]
    var found: [Loop] = []
    var stack: [Int32] = []
    func close(_ halves: ArraySlice<Int32>) {
      guard halves.count > 2 else { return }
      let nodes = halves.map(origin)
      found.append(
        Loop(nodes: nodes, edges: halves.map { $0 >> 1 }, isOuter: turnsLeft(nodes)))
    }
    for h in walk {
      let n = Int(origin(h)), k = Int(onStack[n])
      if k < 0 {
        onStack[n] = Int32(stack.count)
        stack.append(h)
      } else {
        close(stack[k...])
        for m in stack[(k + 1)...] { onStack[Int(origin(m))] = -1 }
        stack.removeSubrange((k + 1)...)
        // The walk goes on from the node by another edge.
        stack[k] = h
      }
    }
    close(stack[...])
    for m in stack { onStack[Int(origin(m))] = -1 }
    return found
  }

  /// Whether a closed line runs counter-clockwise: it does where it turns left at its first point in x.
  private func turnsLeft(_ nodes: [Int32]) -> Bool {
    let points = arrangement.points, n = nodes.count
    let k = nodes.indices.min { isBefore(points[Int(nodes[$0])], points[Int(nodes[$1])]) }!
    return Predicates.orientation(
      points[Int(nodes[(k + n - 1) % n])], points[Int(nodes[k])],
      points[Int(nodes[(k + 1) % n])]) > 0
  }
}

/// Order by x, then y.
func isBefore(_ p: Point, _ q: Point) -> Bool { p.x < q.x || p.x == q.x && p.y < q.y }
