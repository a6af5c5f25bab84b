/// What is wrong with an outline or with the numbers of a joint, and what to do: one line.
public struct ContactError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What is wrong and the remedy.
  public let description: String
  /// One line.
  public init(_ description: String) { self.description = description }
}

/// A simple polygon, convex or not: vertices in m, counter-clockwise, no two neighbours equal.
public struct Polygon: Sendable, Equatable {
  /// Counter-clockwise.
  public let vertices: [Point]

  /// From vertices in either sense; repeated neighbours are dropped.
  /// - Throws: `ContactError` where a coordinate is no number, fewer than three vertices remain, the
  ///   area vanishes, or edges cross or touch.
  public init(_ points: [Point]) throws(ContactError) {
    for (i, p) in points.enumerated() where !(p.x.isFinite && p.y.isFinite) {
      throw ContactError("vertex \(i) is not a number; give finite coordinates in m")
    }
    var kept: [Point] = []
    for p in points where kept.last != p { kept.append(p) }
    while kept.count > 1, kept.first == kept.last { kept.removeLast() }
    guard kept.count >= 3 else {
      throw ContactError("has \(kept.count) different vertices; a polygon needs three")
    }
    if let (i, j) = Polygon.crossing(kept) {
      throw ContactError("edges \(i) and \(j) cross or touch; give the corners in order around it")
    }
    let area = Polygon.doubleArea(kept)
    guard area != 0 else { throw ContactError("has no area; move its vertices off one line") }
    vertices = area > 0 ? kept : kept.reversed()
  }

  /// From vertices known to be simple and counter-clockwise.
  package init(unchecked vertices: [Point]) { self.vertices = vertices }

  /// Area in m².
  public var area: Double { 0.5 * Polygon.doubleArea(vertices) }

  /// Centre of area.
  public var centroid: Point {
    let o = vertices[0]
    var (sum, area) = (Point(), 0.0)
    for i in 1..<vertices.count - 1 {
      let (a, b) = (vertices[i] - o, vertices[i + 1] - o)
      let J = a.cross(b)
      area += J
      sum += J * (a + b)
    }
    return o + sum / (3 * area)
  }

  /// Least and largest coordinates.
  public var bounds: (lower: Point, upper: Point) {
    var (lower, upper) = (vertices[0], vertices[0])
    for v in vertices {
      lower = pointwiseMin(lower, v)
      upper = pointwiseMax(upper, v)
    }
    return (lower, upper)
  }

  /// Whether a point lies inside or on the boundary, exactly.
  public func contains(_ p: Point) -> Bool {
    var inside = false
    for i in vertices.indices {
      let (a, b) = (vertices[i], vertices[(i + 1) % vertices.count])
      let side = Predicates.orientation(a, b, p)
      if side == 0, min(a.x, b.x) <= p.x, p.x <= max(a.x, b.x), min(a.y, b.y) <= p.y,
        p.y <= max(a.y, b.y)
      {
        return true
      }
      if (a.y > p.y) != (b.y > p.y), (b.y > a.y) == (side > 0) { inside.toggle() }
    }
    return inside
  }

  /// Whether no corner turns inwards.
  public var isConvex: Bool {
    let n = vertices.count
    return vertices.indices.allSatisfy {
      Predicates.orientation(vertices[$0], vertices[($0 + 1) % n], vertices[($0 + 2) % n]) >= 0
    }
  }

  private static func doubleArea(_ v: [Point]) -> Double {
    let o = v[0]
    return (1..<v.count - 1).reduce(0) { $0 + (v[$1] - o).cross(v[$1 + 1] - o) }
  }

  /// The first two edges that meet where they should not.
  private static func crossing(_ v: [Point]) -> (Int, Int)? {
    let n = v.count
    for i in 0..<n {
      let (a, b) = (v[i], v[(i + 1) % n])
      // The next edge may only share the corner, not fold back.
      let c = v[(i + 2) % n]
      if Predicates.orientation(a, b, c) == 0, (b - a).dot(c - b) < 0 { return (i, (i + 1) % n) }
      for j in stride(from: i + 2, to: n, by: 1) where !(i == 0 && j == n - 1) {
        if Predicates.segmentsMeet(a, b, v[j], v[(j + 1) % n]) { return (i, j) }
      }
    }
    return nil
  }
}

extension Polygon {
  /// ∫ xᵖ y^q dA over the polygon, about the origin of its coordinates; exact (simplex integration: Shi,
  /// Block System Modeling by DDA, 1993). Shift a polygon to its centroid first, or digits are lost.
  public func moment(_ p: Int, _ q: Int) -> Double {
    var total = 0.0
    for i in vertices.indices {
      let (a, b) = (vertices[i], vertices[(i + 1) % vertices.count])
      var sum = 0.0
      for s in 0...p {
        for t in 0...q {
          let weight = Polygon.binomial(s + t, t) * Polygon.binomial(p + q - s - t, q - t)
          sum +=
            weight * Polygon.power(a.x, s) * Polygon.power(b.x, p - s) * Polygon.power(a.y, t)
            * Polygon.power(b.y, q - t)
        }
      }
      total += a.cross(b) * sum
    }
    return total * Polygon.factorial(p) * Polygon.factorial(q) / Polygon.factorial(p + q + 2)
  }

  private static func factorial(_ n: Int) -> Double {
    (1...max(n, 1)).reduce(1) { $0 * Double($1) }
  }
  private static func binomial(_ n: Int, _ k: Int) -> Double {
    (0..<k).reduce(1) { $0 * Double(n - $1) / Double($1 + 1) }
  }
  private static func power(_ x: Double, _ n: Int) -> Double { (0..<n).reduce(1) { p, _ in p * x } }
}
