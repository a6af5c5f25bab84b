/// The entrance block of two polygons: where the reference point of A must not be.
///
/// E(A, B) = { b − a + a₀ : a ∈ A, b ∈ B }. A moves without turning and carries a₀ along; A and B overlap
/// exactly where a₀ is inside E and touch where it is on the boundary, so that the contact of two polygons is
/// that of a point and one outline. The boundary consists of covers, each a corner against an edge.
/// Source: Shi, Contact theory, Sci. China Tech. Sci. 58 (2015).
///
/// The inside is open: a peg in a slot of exactly its width touches both sides and overlaps nothing, and both
/// sides are covers, one upon the other. A fit without play or way out (a dovetail) is a single point that no
/// cover shows; `overlaps` knows it. Cost: corners times edges if both are convex, else about its square.
public struct EntranceBlock: Sendable {
  /// a₀, m.
  public let reference: Point
  /// The boundary. For convex polygons one closed outline, counter-clockwise by the edges of B, then of A;
  /// where several corners touch at once, their covers coincide.
  public let covers: [ContactCover]
  /// Distance in m below which a point counts as on the boundary.
  public let tolerance: Double
  /// Loops whose winding number counts the parts of A ∩ B.
  private let loops: [ContactCover]
  private let a: Polygon, b: Polygon

  /// A boundary point found from another point.
  public struct Entrance: Sendable, Equatable {
    /// Number of the cover.
    public let cover: Int
    /// The point of the cover, m.
    public let point: Point
    /// Fraction of the motion before contact (0…1), or distance in m with `nearest`, negative inside.
    public let value: Double
  }

  /// - Parameters:
  ///   - a: the polygon that moves.
  ///   - b: the polygon that stands.
  ///   - reference: a₀; with zero, E holds the displacements of A that make it overlap B.
  public init(_ a: Polygon, _ b: Polygon, reference: Point = Point()) {
    (self.a, self.b, self.reference) = (a, b, reference)
    var size = max(abs(reference.x), abs(reference.y))
    for v in a.vertices + b.vertices { size = max(size, abs(v.x), abs(v.y)) }
    // About 500 units in the last place of the coordinates.
    tolerance = 1e-13 * size
    let candidates = CoverCandidate.all(a, b, reference: reference, tolerance: tolerance)
    loops = candidates.map(\.cover)
    covers =
      candidates.contains(where: \.isReflex)
      ? EntranceClip(candidates: candidates, tolerance: tolerance).boundary() : loops
  }

  /// Whether A and B overlap where they are.
  public var overlaps: Bool { overlaps(at: reference) }

  /// Whether A and B overlap once a₀ has moved to `point`; touching is none.
  public func overlaps(at point: Point) -> Bool {
    guard !touches(at: point) else { return false }
    // Where loops meet, their order is one of rounding, or the point a fit without play: ask the outlines.
    guard loops.count(where: { EntranceBlock.offset($0, point).distance <= tolerance }) < 2 else {
      return EntranceFit.overlaps(a, movedBy: point - reference, b, tolerance: tolerance)
    }
    var winding = 0
    for c in loops where (c.start.y > point.y) != (c.end.y > point.y) {
      let side = Predicates.orientation(c.start, c.end, point)
      if c.end.y > c.start.y {
        if side > 0 { winding += 1 }
      } else if side < 0 {
        winding -= 1
      }
    }
    return winding > 0
  }

  /// Whether A and B touch without overlap once a₀ has moved to `point`.
  public func touches(at point: Point) -> Bool {
    covers.contains { EntranceBlock.offset($0, point).distance <= tolerance }
  }

  /// The first cover that a₀ meets on its way from `point` by `motion` (both in m), or nothing. Of covers met
  /// at once, the one most against the motion; sliding along a cover or leaving it meets nothing.
  public func firstEntrance(from point: Point, motion: Point) -> Entrance? {
    var best: (entrance: Entrance, speed: Double)?
    let slack = tolerance / max(motion.length, Double.leastNormalMagnitude)
    for (i, c) in covers.enumerated() {
      let (tangent, length) = CornerSearch.direction(c.start, c.end)
      let normal = Point(tangent.y, -tangent.x)
      let speed = -motion.dot(normal)
      guard speed > 1e-14 * motion.length else { continue }
      let distance = (point - c.start).dot(normal)
      guard distance >= -tolerance, distance <= speed * (1 + slack) else { continue }
      let fraction = min(max(distance / speed, 0), 1)
      let hit = point + fraction * motion
      let s = (hit - c.start).dot(tangent)
      guard s >= -tolerance, s <= length + tolerance else { continue }
      if let b = best {
        let sooner = fraction - b.entrance.value
        guard sooner < -slack || sooner <= slack && speed > b.speed else { continue }
      }
      best = (Entrance(cover: i, point: hit, value: fraction), speed)
    }
    return best?.entrance
  }

  /// The boundary point closest to a place of a₀: the shortest way apart (or together). The value is the
  /// distance in m, negative where A and B overlap.
  public func nearest(to point: Point) -> Entrance {
    var best = (cover: 0, point: Point(), distance: Double.infinity)
    for (i, c) in covers.enumerated() {
      let (foot, distance) = EntranceBlock.offset(c, point)
      if distance < best.distance { best = (i, foot, distance) }
    }
    let sign = overlaps(at: point) ? -1.0 : 1.0
    return Entrance(cover: best.cover, point: best.point, value: sign * best.distance)
  }

  /// Closest point of a cover, and the distance.
  private static func offset(_ c: ContactCover, _ p: Point) -> (foot: Point, distance: Double) {
    let d = c.end - c.start
    let t = min(max((p - c.start).dot(d) / d.dot(d), 0), 1)
    let foot = c.start + t * d
    return (foot, (p - foot).length)
  }
}
