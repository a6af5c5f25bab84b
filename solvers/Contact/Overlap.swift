extension Polygon {
  /// Whether the insides of two polygons overlap; touching is none. Overlaps thinner than `tolerance` m, such as
  /// rounding leaves between neighbours, pass.
  public func overlaps(_ other: Polygon, tolerance: Double) -> Bool {
    let (a, b) = (bounds, other.bounds)
    guard a.lower.x < b.upper.x - tolerance, b.lower.x < a.upper.x - tolerance,
      a.lower.y < b.upper.y - tolerance, b.lower.y < a.upper.y - tolerance
    else { return false }
    return EntranceFit.overlaps(self, movedBy: Point(), other, tolerance: tolerance / 8)
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
