// The nearest point of a facet.
//
// Segments and triangles in closed form (Ericson, Real-Time Collision Detection, 2005, §5.1); the others by
// Gauss–Newton steps for the foot of the perpendicular, and, where that leaves the facet, by the best point of
// its edges. Near a facet, at a distance small beside its radius of curvature, a step divides the error by
// the ratio of the two, so that a few steps reach round-off.

/// A point of a facet and its distance from where we asked.
struct FacetPoint {
  /// Reference coordinates.
  var x: SIMD2<Double>
  var point: SIMD3<Double>
  var squareDistance: Double
}

extension Facet {
  /// The nearest point of the facet.
  func nearest(to p: SIMD3<Double>) -> FacetPoint {
    switch shape {
    case .line2: return at(SIMD2(segment(point(0), point(1), p), 0), p)
    case .line3: return at(SIMD2(arc(point(0), point(1), point(2), p), 0), p)
    case .tri3: return at(triangle(point(0), point(1), point(2), p), p)
    case .tri6, .quad4, .quad8:
      if let foot = foot(p) { return at(foot, p) }
      var best = edge(0, p)
      for e in 1..<shape.cornerCount {
        let other = edge(e, p)
        if other.squareDistance < best.squareDistance { best = other }
      }
      return best
    }
  }

  private func at(_ x: SIMD2<Double>, _ p: SIMD3<Double>) -> FacetPoint {
    let point = point(at: x)
    let d = point - p
    return FacetPoint(x: x, point: point, squareDistance: dot(d, d))
  }

  /// The foot of the perpendicular, if it lies on the facet.
  private func foot(_ p: SIMD3<Double>) -> SIMD2<Double>? {
    var x = shape.centre
    for _ in 0..<40 {
      let (N, Ns, Nt) = shape.functions(at: x)
      let (r, a, b) = (p - sum(N), sum(Ns), sum(Nt))
      let (aa, ab, bb) = (dot(a, a), dot(a, b), dot(b, b))
      let det = aa * bb - ab * ab
      guard det > 0 else { return nil }
      let (ra, rb) = (dot(r, a), dot(r, b))
      let step = SIMD2(bb * ra - ab * rb, aa * rb - ab * ra) / det
      x += step
      let (s, t) = (x.x, x.y)
      guard abs(s) < 3, abs(t) < 3 else { return nil }
      if abs(step.x) + abs(step.y) < 1e-13 {
        let inside =
          shape.isTriangle
          ? s >= -1e-12 && t >= -1e-12 && s + t <= 1 + 1e-12
          : abs(s) <= 1 + 1e-12 && abs(t) <= 1 + 1e-12
        return inside ? x : nil
      }
    }
    return nil
  }

  /// The nearest point of edge e, from corner e to the next.
  private func edge(_ e: Int, _ p: SIMD3<Double>) -> FacetPoint {
    let corners = shape.cornerCount
    let (a, b) = (point(e), point((e + 1) % corners))
    let s = shape.isQuadratic ? arc(a, b, point(corners + e), p) : segment(a, b, p)
    return at(edgePoint(e, s), p)
  }

  /// Reference coordinates of a point s in [−1, 1] of an edge.
  func edgePoint(_ e: Int, _ s: Double) -> SIMD2<Double> {
    let r = 0.5 * (1 + s)
    if shape.isTriangle { return e == 0 ? [r, 0] : e == 1 ? [1 - r, r] : [0, 1 - r] }
    return e == 0 ? [s, -1] : e == 1 ? [1, s] : e == 2 ? [-s, 1] : [-1, -s]
  }
}

/// Where, in [−1, 1], the segment from a to b comes nearest to p.
private func segment(_ a: SIMD3<Double>, _ b: SIMD3<Double>, _ p: SIMD3<Double>) -> Double {
  let d = b - a
  let square = dot(d, d)
  if square == 0 { return -1 }
  return min(1, max(-1, 2 * dot(p - a, d) / square - 1))
}

/// Where, in [−1, 1], the parabola through a (−1), b (1) and m (0) comes nearest to p.
private func arc(
  _ a: SIMD3<Double>, _ b: SIMD3<Double>, _ m: SIMD3<Double>, _ p: SIMD3<Double>
) -> Double {
  // Two chords say on which half it is; steps from there, held within the facet.
  let (u, v) = (segment(a, m, p), segment(m, b, p))
  let (du, dv) = (
    0.5 * (1 - u) * a + 0.5 * (1 + u) * m - p, 0.5 * (1 - v) * m + 0.5 * (1 + v) * b - p
  )
  var s = dot(du, du) <= dot(dv, dv) ? 0.5 * (u - 1) : 0.5 * (v + 1)
  let (slope, bend) = (0.5 * (b - a), a + b - 2 * m)
  for _ in 0..<40 {
    let x = m + s * slope + 0.5 * s * s * bend
    let d = slope + s * bend
    let square = dot(d, d)
    if square == 0 { break }
    let next = min(1, max(-1, s + dot(p - x, d) / square))
    if abs(next - s) < 1e-14 { return next }
    s = next
  }
  return s
}

/// Coordinates (weights of b and c) of the point of a triangle that is nearest to p.
private func triangle(
  _ a: SIMD3<Double>, _ b: SIMD3<Double>, _ c: SIMD3<Double>, _ p: SIMD3<Double>
) -> SIMD2<Double> {
  let (ab, ac, ap) = (b - a, c - a, p - a)
  let (d1, d2) = (dot(ab, ap), dot(ac, ap))
  if d1 <= 0 && d2 <= 0 { return [0, 0] }
  let bp = p - b
  let (d3, d4) = (dot(ab, bp), dot(ac, bp))
  if d3 >= 0 && d4 <= d3 { return [1, 0] }
  let vc = d1 * d4 - d3 * d2
  if vc <= 0 && d1 >= 0 && d3 <= 0 { return [d1 / (d1 - d3), 0] }
  let cp = p - c
  let (d5, d6) = (dot(ab, cp), dot(ac, cp))
  if d6 >= 0 && d5 <= d6 { return [0, 1] }
  let vb = d5 * d2 - d1 * d6
  if vb <= 0 && d2 >= 0 && d6 <= 0 { return [0, d2 / (d2 - d6)] }
  let va = d3 * d6 - d5 * d4
  if va <= 0 && d4 - d3 >= 0 && d5 - d6 >= 0 {
    let w = (d4 - d3) / ((d4 - d3) + (d5 - d6))
    return [1 - w, w]
  }
  let sum = va + vb + vc
  return sum != 0 ? [vb / sum, vc / sum] : [0, 0]
}
