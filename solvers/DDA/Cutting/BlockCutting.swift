import Contact
import Glibc

/// Cuts a domain into blocks along joints.
///
/// Traces are split where they meet, ends that separate nothing are removed, and what remains encloses the
/// blocks. Where a block would enclose another one, or a hole, that no joint ties to its outline, it is no simple
/// polygon: it is then cut along horizontal lines from that island outwards. `CutBlocks` says how many there
/// were: such a bridge is a joint like others to what is made of the blocks.
///
/// ```swift
/// var cutting = try BlockCutting(outline: [Point(0, 0), Point(20, 0), Point(20, 10), Point(0, 10)])
/// cutting.jointSets = [JointSet(dip: 0.5, spacing: 1), JointSet(dip: 2, spacing: 1.5, length: 4, gap: 1)]
/// let blocks = try cutting.cut().blocks
/// ```
public struct BlockCutting: Sendable {
  /// Outline of the domain, m.
  public let outline: Polygon
  /// Holes in it, for instance tunnels, m.
  public let holes: [Polygon]
  /// Joint sets that fill the domain.
  public var jointSets: [JointSet] = []
  /// Single joints: two points each, or more for a bent one, m. They may reach out of the domain.
  public var traces: [[Point]] = []
  /// Laws of single joints, one per trace: numbers into `DDADefinition.edgeLaws`. Where nil, and beyond the end,
  /// materials decide.
  public var traceLaws: [Int?] = []
  /// Nodes closer than this are one, m, and so are a node and a joint closer than half of it: traces bend by
  /// about that much, and blocks between joints are not thinner. The domain's sides stay where they are.
  /// 1e-6 of the domain's diagonal unless set.
  public var tolerance: Double

  /// - Parameters:
  ///   - outline: corners in order around the domain, in either sense (a slope profile closed by its base).
  ///   - holes: the same for holes, inside the outline and apart from one another.
  /// - Throws: `DDAError` where a line crosses itself or another, or a coordinate is no number.
  public init(outline: [Point], holes: [[Point]] = []) throws(DDAError) {
    self.outline = try BlockCutting.polygon(outline, "outline")
    var inner: [Polygon] = []
    for (i, h) in holes.enumerated() { inner.append(try BlockCutting.polygon(h, "hole \(i)")) }
    self.holes = inner
    let (lower, upper) = self.outline.bounds
    tolerance = 1e-6 * (upper - lower).length
    for (i, hole) in inner.enumerated() {
      guard self.outline.contains(hole.vertices[0]), !BlockCutting.meet(hole, self.outline) else {
        throw DDAError(
          "hole \(i)", "is not inside the outline", "draw what it cuts off into the outline")
      }
      for (j, other) in inner[..<i].enumerated() {
        let apart = !BlockCutting.meet(hole, other) && !other.contains(hole.vertices[0])
        guard apart, !hole.contains(other.vertices[0]) else {
          throw DDAError("hole \(i)", "meets hole \(j)", "give one outline around both")
        }
      }
    }
  }

  /// Area to be cut, m².
  public var area: Double { holes.reduce(outline.area) { $0 - $1.area } }

  /// The traces of all joint sets, then the single ones.
  /// - Throws: `DDAError` where a set or a trace is none.
  public func allTraces() throws(DDAError) -> [[Point]] { try tracesAndSets().traces }

  /// All traces, and the joint sets that the first of them belong to.
  func tracesAndSets() throws(DDAError) -> (traces: [[Point]], sets: [Int]) {
    var (all, sets): ([[Point]], [Int]) = ([], [])
    let (lower, upper) = outline.bounds
    for (i, set) in jointSets.enumerated() {
      do {
        all += try set.traces(lower: lower, upper: upper)
      } catch {
        throw DDAError("\(error.place) \(i)", error.problem, error.remedy)
      }
      sets += Array(repeating: i, count: all.count - sets.count)
    }
    for (i, trace) in traces.enumerated() {
      guard trace.count > 1 else {
        throw DDAError("trace \(i)", "has \(trace.count) points", "give two or more")
      }
      for p in trace where !(p.x.isFinite && p.y.isFinite) {
        throw DDAError("trace \(i)", "has a point that is not a number", "give coordinates in m")
      }
    }
    return (all + traces, sets)
  }

  private static func polygon(_ points: [Point], _ name: String) throws(DDAError) -> Polygon {
    do {
      return try Polygon(points)
    } catch {
      let parts = error.description.split(separator: ";", maxSplits: 1)
      let remedy = parts.count > 1 ? parts[1].drop { $0 == " " } : "correct it"
      throw DDAError(name, String(parts[0]), String(remedy))
    }
  }

  private static func meet(_ p: Polygon, _ q: Polygon) -> Bool {
    let (v, w) = (p.vertices, q.vertices)
    return v.indices.contains { i in
      w.indices.contains { j in
        Predicates.segmentsMeet(v[i], v[(i + 1) % v.count], w[j], w[(j + 1) % w.count])
      }
    }
  }
}

/// What a cutting leaves.
public struct CutBlocks: Sendable, Equatable {
  /// Counter-clockwise, without corners on straight edges (but where laws meet); ordered by their first point in x,
  /// then y.
  public var blocks: [Polygon] = []
  /// What made every edge: the k-th of a block leads from its vertex k to the next. Where lines lie on one another
  /// it is the outline or hole, else the first of the single joints, else the first joint set, else a bridge; where
  /// lines follow one another along one edge, the one that has most of it.
  public var origins: [[EdgeOrigin]] = []
  /// The law that the joint set or single joint gave to every edge, as `BlockDefinition.edgeLaws` takes it.
  public var edgeLaws: [[Int?]] = []
  /// Traces given, and those of which nothing bounds a block: outside, dangling, or on top of another.
  public var traces = 0, droppedTraces = 0
  /// Length of ends inside the domain that separate nothing and were removed, m.
  public var danglingLength = 0.0
  /// Horizontal cuts that were added so that blocks around islands are simple polygons; their length, m.
  public var bridges = 0, bridgeLength = 0.0
}
