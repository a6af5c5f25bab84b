/// Corners of one polygon near edges of another that they could touch from outside.
///
/// A corner may touch an edge where it turns outwards and both edges at it stay on the edge's outer side:
/// the cover C(0,1) of the entrance block (Shi, Sci. China Tech. Sci. 58 (2015)). Nearly parallel edges pass,
/// so that a face on a face keeps two contacts.
public enum CornerSearch {
  /// Corners turn inwards, and edges look away, only beyond this sine of an angle (about 3°).
  public static let angleTolerance = 0.05

  /// Unit vector along an edge, and its length.
  @inline(__always)
  public static func direction(
    _ a: Point, _ b: Point
  ) -> (tangent: Point, length: Double) {
    let d = b - a
    let length = d.length
    return (d / length, length)
  }

  /// Calls `body` with corner and edge for every cover within `reach` of being touched.
  ///
  /// - Parameters:
  ///   - corners, edges: current vertices of the polygons, counter-clockwise.
  ///   - box: bounds of the edges' polygon, widened by the reach.
  ///   - reach: distance along and in front of an edge, m.
  ///   - depth: distance behind an edge, m: less than blocks are thick, or far sides would be seen.
  ///   - angle: sine of an angle by which edges at the corner may lie behind the other edge; by how much they may still
  ///     turn.
  @inline(__always)
  public static func covers(
    corners: UnsafeBufferPointer<Point>, edges: UnsafeBufferPointer<Point>,
    lower: Point, upper: Point, reach: Double, depth: Double, angle: Double = angleTolerance,
    _ body: (_ corner: Int, _ edge: Int) -> Void
  ) {
    let n = corners.count
    for c in 0..<n {
      let p = corners[c]
      guard p.x >= lower.x, p.x <= upper.x, p.y >= lower.y, p.y <= upper.y else { continue }
      let next = corners[c + 1 == n ? 0 : c + 1] - p
      let previous = corners[c == 0 ? n - 1 : c - 1] - p
      let (a, b) = (next.length, previous.length)
      // Inward corners cannot be the first to touch.
      guard previous.cross(next) < angleTolerance * a * b else { continue }
      for e in edges.indices {
        let from = edges[e], to = edges[e + 1 == edges.count ? 0 : e + 1]
        let (t, length) = direction(from, to)
        let normal = Point(t.y, -t.x)
        let d = p - from
        let gap = d.dot(normal)
        guard gap > -depth, gap < reach else { continue }
        let s = d.dot(t)
        guard s > -reach, s < length + reach else { continue }
        guard normal.dot(next) > -angle * a, normal.dot(previous) > -angle * b else { continue }
        body(c, e)
      }
    }
  }
}
