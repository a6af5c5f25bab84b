import Contact

/// Repeatable draws (Steele, Lea & Flood 2014); the package's own lives in a module of another subject.
struct Draws: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
  mutating func integer(_ range: ClosedRange<Int>) -> Double {
    Double(Int.random(in: range, using: &self))
  }
  mutating func number(_ range: ClosedRange<Double>) -> Double {
    Double.random(in: range, using: &self)
  }
}

/// The Minkowski difference by brute force: both polygons cut into triangles, the sum as the union of the
/// convex sums of all pairs of triangles.
struct MinkowskiOracle {
  /// Half-planes n·x < c of each pair's sum.
  private var faces: [(n: Point, c: Double)] = []
  private var starts = [0]
  private(set) var lower = Point(), upper = Point()

  init(_ a: Polygon, _ b: Polygon) {
    let (p, q) = (Self.triangles(a.vertices), Self.triangles(b.vertices))
    for (triangles, whole) in [(p, a), (q, b)] {
      let area = triangles.reduce(0) { $0 + 0.5 * ($1[1] - $1[0]).cross($1[2] - $1[0]) }
      precondition(abs(area - whole.area) < 1e-12 * whole.area, "cut \(area) of \(whole.area)")
    }
    for s in p {
      for t in q {
        for i in 0..<3 {
          let m = t[(i + 1) % 3] - t[i]
          let out = Point(m.y, -m.x)
          faces.append((out, (0..<3).map { (t[i] - s[$0]).dot(out) }.max()!))
          let l = s[(i + 1) % 3] - s[i]
          let other = Point(-l.y, l.x)
          faces.append((other, (0..<3).map { (t[$0] - s[i]).dot(other) }.max()!))
        }
        starts.append(faces.count)
      }
    }
    lower = b.bounds.lower - a.bounds.upper
    upper = b.bounds.upper - a.bounds.lower
  }

  /// Whether A moved by x overlaps B; exact for small integers.
  func overlaps(_ x: Point) -> Bool { depth(x, isNormal: false) > 0 }

  /// How far inside the deepest convex sum x is, m; not positive where A moved by x overlaps nothing.
  func depth(_ x: Point) -> Double { depth(x, isNormal: true) }

  private func depth(_ x: Point, isNormal: Bool) -> Double {
    var deepest = -Double.infinity
    for k in 1..<starts.count {
      var least = Double.infinity
      for f in faces[starts[k - 1]..<starts[k]] {
        let gap = f.c - x.dot(f.n)
        least = min(least, isNormal ? gap / f.n.length : gap)
        if least <= deepest { break }
      }
      deepest = max(deepest, least)
    }
    return deepest
  }

  /// Ears cut off one by one.
  private static func triangles(_ polygon: [Point]) -> [[Point]] {
    var v = polygon
    var found: [[Point]] = []
    search: while v.count > 3 {
      for i in v.indices {
        let (a, b, c) = (v[(i + v.count - 1) % v.count], v[i], v[(i + 1) % v.count])
        // Exact signs: corners off a common line by a rounding error make false ears otherwise.
        let turn = Predicates.orientation(a, b, c)
        let isEar =
          turn > 0
          && v.allSatisfy { p in
            p == a || p == b || p == c || Predicates.orientation(a, b, p) < 0
              || Predicates.orientation(b, c, p) < 0 || Predicates.orientation(c, a, p) < 0
          }
        if turn == 0 || isEar {
          if isEar { found.append([a, b, c]) }
          v.remove(at: i)
          continue search
        }
      }
      preconditionFailure("no ear in \(v)")
    }
    if Predicates.orientation(v[0], v[1], v[2]) > 0 { found.append(v) }
    return found
  }
}

/// Random polygons with small integer coordinates, so that parallel edges, corners on corners and exact fits
/// are frequent, or with arbitrary ones.
enum RandomPolygon {
  static func convex(_ draws: inout Draws, size: Int) -> Polygon? {
    let points = (0..<Int(draws.integer(3...8))).map { _ in
      Point(draws.integer(0...size), draws.integer(0...size))
    }
    var hull: [Point] = []
    let sorted = points.sorted { ($0.x, $0.y) < ($1.x, $1.y) }
    for part in [sorted, sorted.reversed()] {
      let base = hull.count
      for p in part {
        while hull.count >= base + 2,
          (hull[hull.count - 1] - hull[hull.count - 2]).cross(p - hull[hull.count - 1]) <= 0
        {
          hull.removeLast()
        }
        hull.append(p)
      }
      hull.removeLast()
    }
    return try? Polygon(hull)
  }

  /// Points in any order that happen to make a simple outline: rarely convex, often with reflex corners.
  static func scattered(_ draws: inout Draws, size: Int) -> Polygon? {
    try? Polygon(
      (0..<Int(draws.integer(4...7))).map { _ in
        Point(draws.integer(0...size), draws.integer(0...size))
      })
  }

  /// A comb: columns of random height on a common base, maybe turned.
  static func comb(_ draws: inout Draws, size: Int) -> Polygon? {
    var points = [Point(0, 0)]
    var x = 0.0
    for _ in 0..<Int(draws.integer(2...4)) {
      let height = draws.integer(1...size)
      points.insert(Point(x, height), at: 0)
      x += draws.integer(1...2)
      points.insert(Point(x, height), at: 0)
    }
    points.insert(Point(x, 0), at: 0)
    let turned = draws.next() % 2 == 0
    return try? Polygon(points.map { turned ? $0.left : $0 })
  }

  /// A C with room inside and a mouth: the other may be caught in it.
  static func hook(_ draws: inout Draws, size: Int) -> Polygon? {
    let w = draws.integer(3...size + 2), h = draws.integer(3...size + 2)
    let mouth = draws.integer(1...Int(h) - 1)
    return try? Polygon([
      Point(0, 0), Point(w, 0), Point(w, mouth), Point(w - 1, mouth), Point(w - 1, 1), Point(1, 1),
      Point(1, h), Point(w, h), Point(w, h + 1), Point(0, h + 1),
    ])
  }

  static func any(_ draws: inout Draws) -> Polygon {
    while true {
      let size = Int(draws.integer(2...6))
      let p: Polygon? =
        switch draws.next() % 5 {
        case 0, 1: convex(&draws, size: size)
        case 2: scattered(&draws, size: size)
        case 3: comb(&draws, size: size)
        default: hook(&draws, size: size)
        }
      if let p { return p }
    }
  }

  /// Two polygons: both on the lattice, both turned alike (parallel to rounding), or turned differently.
  static func pair(_ draws: inout Draws) -> (Polygon, Polygon) {
    while true {
      let (a, b) = (any(&draws), any(&draws))
      let kind = draws.next() % 4
      guard kind > 1 else { return (a, b) }
      let (c, s) = (draws.number(0.5...1), draws.number(-1...1))
      let (d, t) = kind == 2 ? (c, s) : (draws.number(0.5...1), draws.number(-1...1))
      if let p = try? Polygon(a.vertices.map { c * $0 + s * $0.left }),
        let q = try? Polygon(b.vertices.map { d * $0 + t * $0.left })
      {
        return (p, q)
      }
    }
  }
}
