import Contact
import Mechanics

/// A traction along part of an edge of a block, linear between two points; it moves with the block.
///
/// Pa (N per m of edge and m of thickness), on the length that the edge has at the start: strains
/// are small. Work on every unknown of the block is the exact integral ∫ Tᵀ q ds (Shi 1988), in
/// blocks of either order.
public struct EdgeLoad: Sendable {
  /// What the two components of a traction are.
  public enum Axes: Sendable, Equatable {
    /// Along x and y of space, whatever the block does.
    case space
    /// x along the edge from `start` to `end`, y along its outward normal (positive: it pulls,
    /// negative: it presses); both turn with the block: in a step they are as it begins.
    case edge
  }

  /// Block, and two different points on one of its edges, at the start.
  public var block: Int, start: Point, end: Point
  /// Traction at the two points, Pa; times the history.
  public var tractionAtStart: Point, tractionAtEnd: Point
  /// What the components are.
  public var axes: Axes
  /// Factor of the traction over time.
  public var history: TimeHistory

  /// Linear from `traction` to `tractionAtEnd`, which is the same unless given.
  public init(
    block: Int, from start: Point, to end: Point, traction: Point, tractionAtEnd: Point? = nil,
    axes: Axes = .space, history: TimeHistory = .constant(1)
  ) {
    (self.block, self.start, self.end) = (block, start, end)
    (tractionAtStart, self.tractionAtEnd) = (traction, tractionAtEnd ?? traction)
    (self.axes, self.history) = (axes, history)
  }
}

extension DDADefinition {
  /// The edge of a block on which two points lie, to 1e-6 of its length; nil where there is none.
  func edge(of block: Int, _ p: Point, _ q: Point) -> Int? {
    let corners = blocks[block].polygon.vertices
    return corners.indices.first { e in
      let from = corners[e]
      let (t, length) = CornerSearch.direction(from, corners[(e + 1) % corners.count])
      return [p, q].allSatisfy { point in
        let (d, tolerance) = (point - from, 1e-6 * length)
        let s = d.dot(t)
        return abs(d.cross(t)) <= tolerance && s >= -tolerance && s <= length + tolerance
      }
    }
  }
}

/// Gauss points of edge loads, block by block.
///
/// A linear traction on a quadratic displacement is a cubic: two points per load integrate it
/// exactly.
struct EdgeLoads: Sendable {
  private struct Spot: Sendable {
    /// Number of the load, place in the block's frame, force at factor 1, N: in that frame where it
    /// turns.
    let load: Int, X: Point, force: Point, turns: Bool
  }

  private var spots: [Spot] = []
  /// Spots of block b: first[b] ..< first[b + 1]; empty where there are no loads.
  private var first: [Int] = []
  private let histories: [TimeHistory]

  init(_ d: DDADefinition) {
    histories = d.edgeLoads.map(\.history)
    guard !d.edgeLoads.isEmpty else { return }
    var byBlock = [[Spot]](repeating: [], count: d.blocks.count)
    for (n, load) in d.edgeLoads.enumerated() {
      let centre = d.blocks[load.block].polygon.centroid
      let corners = d.blocks[load.block].polygon.vertices
      let e = d.edge(of: load.block, load.start, load.end)!
      let along = corners[(e + 1) % corners.count] - corners[e]
      let (t, length) = CornerSearch.direction(load.start, load.end)
      let outward = Point(along.y, -along.x) / along.length
      for (s, weight) in GaussRule.two {
        var q = (1 - s) * load.tractionAtStart + s * load.tractionAtEnd
        if load.axes == .edge { q = q.x * t + q.y * outward }
        byBlock[load.block].append(
          Spot(
            load: n, X: load.start + s * (load.end - load.start) - centre,
            force: weight * length * d.thickness * q, turns: load.axes == .edge))
      }
    }
    first = [0]
    for list in byBlock {
      spots += list
      first.append(spots.count)
    }
  }

  /// Whether there are none.
  var isEmpty: Bool { first.isEmpty }

  /// Adds the generalised force of all loads on a block at a time.
  func add(
    _ b: Int, _ geometry: BlockGeometry, _ state: BlockState, time: Double,
    into out: inout [Lanes]
  ) {
    guard !first.isEmpty else { return }
    for n in first[b]..<first[b + 1] {
      let spot = spots[n]
      let f = histories[spot.load](time) * spot.force
      geometry.addForce(
        b, spot.turns ? geometry.turned(f, state.angle[b]) : f, at: spot.X, state, into: &out, at: 0
      )
    }
  }
}
