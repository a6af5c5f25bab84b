import Contact
import Coupling
import DDA
import Foundation
import Geometry

/// A border of a block system: points of blocks, and the lines between them.
public struct DDABorder: Sendable {
  /// A point of a block, m, at the start.
  public struct BlockPoint: Sendable, Equatable {
    /// Number of the block; the place.
    public var block: Int, point: Point
    /// By its parts.
    public init(_ block: Int, _ point: Point) { (self.block, self.point) = (block, point) }
  }

  /// Name, and for every point of the border the points of blocks that go with it: one, or two where blocks meet.
  public var name: String, points: [[BlockPoint]]
  /// Lines between points, by number.
  public var lines: [[Int32]]
  /// The skin that the border is; nil where it has points of other blocks.
  private(set) var skin: SurfaceSkin?

  /// Points one after another along a line, each belonging to one block unless more are given.
  public init(_ name: String, points: [[BlockPoint]]) {
    (self.name, self.points) = (name, points)
    lines = points.count < 2 ? [] : (0..<points.count - 1).map { [Int32($0), Int32($0 + 1)] }
  }

  /// An edge of a block: its two corners, from a corner to the next.
  public init(_ name: String, block: Int, edge: Int, of definition: DDADefinition) {
    let corners = definition.blocks[block].polygon.vertices
    let ends = [corners[edge], corners[(edge + 1) % corners.count]]
    self.init(name, points: ends.map { [BlockPoint(block, $0)] })
  }

  /// The surface of a skin, by which blocks touch the body of another participant: guided, or on springs.
  public init(_ name: String, skin: SurfaceSkin, of definition: DDADefinition) {
    self.init(
      name,
      points: skin.points.indices.map { k in
        skin.borderPoints(at: k).map { BlockPoint(definition.border[$0].block, skin.points[k]) }
      })
    if skin.isClosed { lines.append([Int32(points.count - 1), 0]) }
    self.skin = skin
  }

  /// What the coupling sees of it.
  var border: Border {
    let places = points.map { SIMD3($0[0].point.x, $0[0].point.y, 0) }
    return Border(
      InterfaceMesh(name: name, dimension: 2, points: places, cells: lines),
      reads: skin == nil ? [.displacement, .force, .elastic] : [.displacement, .elastic],
      writes: [.displacement, .velocity, .force],
      takesFullSprings: false)
  }
}
