/// Whether two polygons at rest on one another overlap anywhere: the answer at the few places where loops of an
/// entrance block meet and counting cannot tell a fit without play (a dovetail) or rounding from overlap.
///
/// Each outline is cut where the other touches or crosses it. If the insides overlap, the inner side of some
/// piece lies inside the other polygon; the middle of each piece decides. Cost: edges squared.
enum EntranceFit {
  /// Whether the inside of `a` moved by `shift` meets the inside of `b` by more than some tolerances.
  static func overlaps(_ a: Polygon, movedBy shift: Point, _ b: Polygon, tolerance: Double) -> Bool
  {
    let moved = Polygon(unchecked: a.vertices.map { $0 + shift })
    return enters(moved, b, tolerance) || enters(b, moved, tolerance)
  }

  /// Whether the inner side of a piece of the outline of `p` lies inside `q`.
  private static func enters(_ p: Polygon, _ q: Polygon, _ tolerance: Double) -> Bool {
    for i in p.vertices.indices {
      let from = p.vertices[i], to = p.vertices[i + 1 == p.vertices.count ? 0 : i + 1]
      let (tangent, length) = CornerSearch.direction(from, to)
      var cuts = [0, length]
      for j in q.vertices.indices {
        let u = q.vertices[j] - from
        let v = q.vertices[j + 1 == q.vertices.count ? 0 : j + 1] - from
        let (s, t) = (u.dot(tangent.left), v.dot(tangent.left))
        if abs(s) <= tolerance { cuts.append(u.dot(tangent)) }
        if s * t < 0 { cuts.append((u + (s / (s - t)) * (v - u)).dot(tangent)) }
      }
      cuts.sort()
      for (c, d) in zip(cuts, cuts.dropFirst())
      where c >= 0 && d <= length && d - c > 32 * tolerance {
        let x = from + 0.5 * (c + d) * tangent + 8 * tolerance * tangent.left
        if q.contains(x), q.distanceToOutline(x) > 4 * tolerance { return true }
      }
    }
    return false
  }
}
