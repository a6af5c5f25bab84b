/// A piece of the boundary of an entrance block: one corner against one edge, the cover C(0,1).
///
/// The reference point of A on the cover means: that corner lies on that edge, and the polygons touch.
public struct ContactCover: Sendable, Equatable {
  /// Which of the two polygons gives the corner; the other one gives the edge.
  public enum Corner: UInt8, Sendable {
    /// A corner of the moving polygon against an edge of the standing one.
    case ofA
    /// A corner of the standing polygon against an edge of the moving one.
    case ofB
  }
  /// Whose corner.
  public let corner: Corner
  /// Number of the corner, and of the edge (from vertex `edge` to the next) of the other polygon.
  public let vertex: Int, edge: Int
  /// Ends, m; the entrance block lies to the left of the way from start to end.
  public let start: Point, end: Point

  /// Unit normal out of the entrance block: A leaves B along it.
  public var normal: Point {
    let d = end - start
    return Point(d.y, -d.x) / d.length
  }
}

// The outline of B run along the outline of −A (their convolution; Guibas, Ramshaw & Stolfi, FOCS 1983):
// an edge of one is placed on a corner of the other where its direction lies in the turn of that corner.
//
//        ___ u₂
//       /          edge d belongs to corner v if u₁, d, u₂ turn the same way
//   v  o           convex v: a cover that may bound E (the local entrance test)
//       \          reflex v: traversed backwards; never a boundary, but it closes the loops
//        \ u₁
//
// The pieces form closed loops whose winding number about a point counts the parts of A ∩ B with the reference
// point there. Parallel edges are decided as if −A were turned left a hair: first B's edge, then A's.

/// One directed piece of the convolution.
struct CoverCandidate {
  let cover: ContactCover
  /// At an inward corner: two parts of the overlap join there, so it lies inside the entrance block.
  let isReflex: Bool
  /// At an inward corner that is straight but for rounding: the overlap that it means has no thickness.
  let isStraight: Bool
}

extension CoverCandidate {
  /// All pieces for polygons A and B, shifted by the reference point; the cone tests are exact. Corners closer
  /// than `tolerance` to the line through their neighbours are marked straight.
  static func all(
    _ a: Polygon, _ b: Polygon, reference: Point, tolerance: Double
  ) -> [CoverCandidate] {
    let (p, q) = (a.vertices, b.vertices)
    var found: [CoverCandidate] = []
    let (turnA, turnB) = (turns(p), turns(q))
    for (e, b0) in q.indices.lazy.map({ ($0, q[$0]) }) {
      let b1 = q[e + 1 == q.count ? 0 : e + 1]
      for v in p.indices where turnA[v] != 0 {
        let (previous, corner, next) = neighbours(p, v)
        // −A runs its edges backwards, which swaps the ends of each.
        let (s, t) = (
          Predicates.turn(corner, previous, b0, b1), Predicates.turn(b0, b1, next, corner)
        )
        let isReflex = turnA[v] < 0
        guard isReflex ? s <= 0 && t < 0 : s > 0 && t >= 0 else { continue }
        found.append(
          CoverCandidate(
            .ofA, v, e, b0 - corner + reference, b1 - corner + reference, isReflex,
            isReflex && isStraight(previous, corner, next, tolerance)))
      }
    }
    for (e, a0) in p.indices.lazy.map({ ($0, p[$0]) }) {
      let a1 = p[e + 1 == p.count ? 0 : e + 1]
      for v in q.indices where turnB[v] != 0 {
        let (previous, corner, next) = neighbours(q, v)
        let (s, t) = (
          Predicates.turn(previous, corner, a1, a0), Predicates.turn(a1, a0, corner, next)
        )
        let isReflex = turnB[v] < 0
        guard isReflex ? s < 0 && t <= 0 : s >= 0 && t > 0 else { continue }
        found.append(
          CoverCandidate(
            .ofB, v, e, corner - a0 + reference, corner - a1 + reference, isReflex,
            isReflex && isStraight(previous, corner, next, tolerance)))
      }
    }
    return found
  }

  private init(
    _ corner: ContactCover.Corner, _ vertex: Int, _ edge: Int, _ from: Point, _ to: Point,
    _ isReflex: Bool, _ isStraight: Bool
  ) {
    cover = ContactCover(
      corner: corner, vertex: vertex, edge: edge, start: isReflex ? to : from,
      end: isReflex ? from : to)
    self.isReflex = isReflex
    self.isStraight = isStraight
  }

  private static func isStraight(_ a: Point, _ b: Point, _ c: Point, _ tolerance: Double) -> Bool {
    let (u, v) = (b - a, c - b)
    return abs(u.cross(v)) <= 4 * tolerance * max(u.length, v.length)
  }

  /// Positive at each corner that turns outwards, negative at those that turn inwards.
  private static func turns(_ v: [Point]) -> [Double] {
    v.indices.map {
      let (a, b, c) = neighbours(v, $0)
      return Predicates.orientation(a, b, c)
    }
  }

  private static func neighbours(_ v: [Point], _ i: Int) -> (Point, Point, Point) {
    (v[i == 0 ? v.count - 1 : i - 1], v[i], v[i + 1 == v.count ? 0 : i + 1])
  }
}
