// Where a source facet lies over a target facet.
//
// Both are seen along the target's normal, in its plane; the source polygon is cut by the target's edges one
// after another (Sutherland & Hodgman, CACM 17, 1974), the rest is fanned into triangles with Gauss points.
// Integrals of products of shape functions are then exact on flat facets whose quadrilaterals are
// parallelograms. In a plane the overlap is an interval.

/// A facet seen along a direction: its corners in two coordinates.
struct FlatFacet {
  let count: Int
  let corners: InlineArray<4, SIMD2<Double>>

  init(_ facet: Facet, origin: SIMD3<Double>, _ e1: SIMD3<Double>, _ e2: SIMD3<Double>) {
    count = facet.shape.cornerCount
    var corners = InlineArray<4, SIMD2<Double>>(repeating: .zero)
    for a in 0..<count {
      let d = facet.point(a) - origin
      corners[a] = SIMD2(dot(d, e1), dot(d, e2))
    }
    self.corners = corners
  }

  /// Positive where the corners run counter-clockwise.
  var area: Double {
    var twice = 0.0
    for a in 1..<count - 1 { twice += cross(corners[a] - corners[0], corners[a + 1] - corners[0]) }
    return 0.5 * twice
  }

  /// Linear or bilinear shape functions at a place: the inverse map by Newton's method, exact in one step on
  /// triangles and parallelograms.
  func functions(at p: SIMD2<Double>) -> SIMD4<Double> {
    if count == 3 {
      let (a, b, d) = (corners[1] - corners[0], corners[2] - corners[0], p - corners[0])
      let det = cross(a, b)
      let (s, t) = (cross(d, b) / det, cross(a, d) / det)
      return SIMD4(1 - s - t, s, t, 0)
    }
    let mean = 0.25 * (corners[0] + corners[1] + corners[2] + corners[3])
    let a = 0.25 * (corners[1] + corners[2] - corners[0] - corners[3])
    let b = 0.25 * (corners[2] + corners[3] - corners[0] - corners[1])
    let twist = 0.25 * (corners[0] - corners[1] + corners[2] - corners[3])
    var (s, t) = (0.0, 0.0)
    for _ in 0..<20 {
      let r = p - mean - s * a - t * b - s * t * twist
      let (da, db) = (a + t * twist, b + s * twist)
      let det = cross(da, db)
      if det == 0 { break }
      let (ds, dt) = (cross(r, db) / det, cross(da, r) / det)
      (s, t) = (s + ds, t + dt)
      if abs(ds) + abs(dt) < 1e-14 || (twist == .zero) { break }
    }
    let (l, r, d, u) = (0.5 * (1 - s), 0.5 * (1 + s), 0.5 * (1 - t), 0.5 * (1 + t))
    return SIMD4(l * d, r * d, r * u, l * u)
  }
}

/// A convex polygon of at most eight corners.
struct Polygon {
  private(set) var count = 0
  private(set) var corners = InlineArray<16, SIMD2<Double>>(repeating: .zero)

  /// The part of a facet that lies over another, counter-clockwise whatever the orders of both.
  init(_ facet: FlatFacet, within other: FlatFacet) {
    let isTurned = facet.area < 0
    for a in 0..<facet.count { append(facet.corners[isTurned ? facet.count - 1 - a : a]) }
    let flip = other.area < 0
    for e in 0..<other.count {
      let (a, b) = (other.corners[e], other.corners[(e + 1) % other.count])
      if flip { cut(from: b, to: a) } else { cut(from: a, to: b) }
      if count < 3 { return }
    }
  }

  private mutating func append(_ p: SIMD2<Double>) {
    corners[count] = p
    count += 1
  }

  /// Keeps what is left of the line from a to b.
  private mutating func cut(from a: SIMD2<Double>, to b: SIMD2<Double>) {
    let old = self
    count = 0
    for i in 0..<old.count {
      let (p, q) = (old.corners[i], old.corners[(i + 1) % old.count])
      let (hp, hq) = (cross(b - a, p - a), cross(b - a, q - a))
      if hp >= 0 { append(p) }
      if (hp > 0 && hq < 0) || (hp < 0 && hq > 0) { append(p + hp / (hp - hq) * (q - p)) }
    }
  }

  var area: Double {
    if count < 3 { return 0 }
    var twice = 0.0
    for a in 1..<count - 1 { twice += cross(corners[a] - corners[0], corners[a + 1] - corners[0]) }
    return 0.5 * twice
  }

  var middle: SIMD2<Double> {
    var sum = SIMD2<Double>.zero
    for a in 0..<count { sum += corners[a] }
    return sum / Double(count)
  }

  /// Calls `use` at Gauss points with their areas; exact to degree 2, or 4 if `isRich`.
  func integrate(isRich: Bool, _ use: (SIMD2<Double>, Double) -> Void) {
    for i in 1..<count - 1 {
      let (a, b, c) = (corners[0], corners[i], corners[i + 1])
      let area = 0.5 * cross(b - a, c - a)
      if area <= 0 { continue }
      // Points (1 − 2l, l, l) and their permutations, each with the weight w.
      // Source: Strang & Fix 1973 (degree 2); Dunavant, IJNME 21 (1985) (degree 4).
      func ring(_ l: Double, _ w: Double) {
        let centre = l * (a + b + c)
        use(centre + (1 - 3 * l) * a, w * area)
        use(centre + (1 - 3 * l) * b, w * area)
        use(centre + (1 - 3 * l) * c, w * area)
      }
      if isRich {
        ring(0.44594849091596488631832925388305, 0.22338158967801146569500700843312)
        ring(0.091576213509770743459571463402202, 0.10995174365532186763832632490021)
      } else {
        ring(1 / 6.0, 1 / 3.0)
      }
    }
  }
}

private func cross(_ a: SIMD2<Double>, _ b: SIMD2<Double>) -> Double { a.x * b.y - a.y * b.x }
