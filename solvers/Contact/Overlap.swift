extension Polygon {
  /// Whether the insides of two polygons overlap; touching is none. Overlaps thinner than `tolerance` m, such as
  /// rounding leaves between neighbours, pass.
  public func overlaps(_ other: Polygon, tolerance: Double) -> Bool {
    let (a, b) = (bounds, other.bounds)
    guard a.lower.x < b.upper.x - tolerance, b.lower.x < a.upper.x - tolerance,
      a.lower.y < b.upper.y - tolerance, b.lower.y < a.upper.y - tolerance
    else { return false }
    return entersDeeply(other, tolerance) || other.entersDeeply(self, tolerance)
      || crosses(other, tolerance)
  }

  /// Whether a corner, a middle of an edge or the centroid of this polygon lies inside another, farther than
  /// the tolerance from its outline.
  private func entersDeeply(_ other: Polygon, _ tolerance: Double) -> Bool {
    var probes = vertices
    for i in vertices.indices {
      probes.append(0.5 * (vertices[i] + vertices[(i + 1) % vertices.count]))
    }
    let middle = centroid
    if contains(middle) { probes.append(middle) }
    return probes.contains { other.contains($0) && other.distanceToOutline($0) > tolerance }
  }

  /// Whether an edge of one passes through an edge of the other, on both by more than the tolerance.
  private func crosses(_ other: Polygon, _ tolerance: Double) -> Bool {
    for i in vertices.indices {
      let (p, q) = (vertices[i], vertices[(i + 1) % vertices.count])
      let n = (q - p).left / (q - p).length
      for j in other.vertices.indices {
        let (r, s) = (other.vertices[j], other.vertices[(j + 1) % other.vertices.count])
        let m = (s - r).left / (s - r).length
        let (u, v) = ((r - p).dot(n), (s - p).dot(n))
        let (x, y) = ((p - r).dot(m), (q - r).dot(m))
        if min(u, v) < -tolerance, max(u, v) > tolerance, min(x, y) < -tolerance,
          max(x, y) > tolerance
        {
          return true
        }
      }
    }
    return false
  }

  /// Distance of a point from the outline.
  public func distanceToOutline(_ p: Point) -> Double {
    var least = Double.infinity
    for i in vertices.indices {
      let (a, b) = (vertices[i], vertices[(i + 1) % vertices.count])
      let d = b - a
      let t = min(max((p - a).dot(d) / d.dot(d), 0), 1)
      least = min(least, (p - a - t * d).length)
    }
    return least
  }
}
