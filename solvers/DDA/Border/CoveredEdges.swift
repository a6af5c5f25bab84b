import Contact
import Mechanics

/// Edges inside a body that is made of several blocks, and how its surface goes on where two of the blocks meet.
///
/// Seen alone, every block of such a body has an outward corner where two of them meet in one plane, and what slides over the
/// joint may catch at the side of the next one: by a hair, and only now and then, which is worse. Here a corner between an
/// edge of the surface and a covered one is taken for what it is of the body: one corner of both blocks, from the last
/// surface point before it to the next one after it. One of the two stands for both, the one behind which the surface begins.
struct CoveredEdges: Sendable {
  /// A corner of a block.
  struct Corner: Sendable {
    let block: Int, corner: Int
  }

  /// Of edges, by the corner that they begin at; of corners. Empty where no edge is covered.
  private var isCovered: [Bool] = [], isHidden: [Bool] = []
  /// Where the surface comes from, at corners that stand for two; by number among all corners.
  private var before: [Int: Corner] = [:]
  private let firstCorner: [Int]

  init(_ d: DDADefinition, _ geometry: BlockGeometry) {
    firstCorner = geometry.firstCorner
    guard d.blocks.contains(where: { $0.coveredEdges.contains(true) }) else { return }
    isCovered = d.blocks.flatMap { block in
      block.coveredEdges.isEmpty
        ? Array(repeating: false, count: block.polygon.vertices.count) : block.coveredEdges
    }
    isHidden = Array(repeating: false, count: isCovered.count)
    // Corners at which the surface of a block ends, by place.
    var ends: [Point: [Corner]] = [:]
    for (b, block) in d.blocks.enumerated() where !block.coveredEdges.isEmpty {
      let count = block.polygon.vertices.count
      for c in 0..<count {
        let (own, previous) = (block.coveredEdges[c], block.coveredEdges[(c + count - 1) % count])
        if own, previous { isHidden[firstCorner[b] + c] = true }
        if own, !previous {
          ends[block.polygon.vertices[c], default: []].append(Corner(block: b, corner: c))
        }
      }
    }
    for (b, block) in d.blocks.enumerated() where !block.coveredEdges.isEmpty {
      let count = block.polygon.vertices.count
      for c in 0..<count
      where !block.coveredEdges[c] && block.coveredEdges[(c + count - 1) % count] {
        let end = ends[block.polygon.vertices[c]]?.first { d.areGrouped($0.block, b) }
        guard let end else { continue }
        let size = d.blocks[end.block].polygon.vertices.count
        isHidden[firstCorner[end.block] + end.corner] = true
        before[firstCorner[b] + c] = Corner(
          block: end.block, corner: (end.corner + size - 1) % size)
      }
    }
  }

  /// Whether there are none.
  @inline(__always)
  var isEmpty: Bool { isCovered.isEmpty }

  /// The surface point before a corner, where that is of another block.
  @inline(__always)
  func previous(_ b: Int, _ corner: Int) -> Corner? {
    before.isEmpty ? nil : before[firstCorner[b] + corner]
  }

  /// Whether a corner of block a may touch an edge of block b, the corners being where they are; `angle` as in
  /// `CornerSearch.covers`.
  func permits(
    _ a: Int, _ corner: Int, _ b: Int, _ edge: Int, _ all: UnsafeBufferPointer<Point>,
    angle: Double
  ) -> Bool {
    if isCovered[firstCorner[b] + edge] || isHidden[firstCorner[a] + corner] { return false }
    guard let previous = before[firstCorner[a] + corner] else { return true }
    func place(_ b: Int, _ c: Int) -> Point {
      all[firstCorner[b] + c % (firstCorner[b + 1] - firstCorner[b])]
    }
    let p = place(a, corner)
    let (back, on) = (place(previous.block, previous.corner) - p, place(a, corner + 1) - p)
    guard back.cross(on) < CornerSearch.angleTolerance * back.length * on.length else {
      return false
    }
    let t = CornerSearch.direction(place(b, edge), place(b, edge + 1)).tangent
    return back.cross(t) > -angle * back.length
  }
}

extension DDAModel {
  /// Whether edges are covered is said of all edges of a block or of none.
  static func checkCovered(_ d: DDADefinition) throws(DDAError) {
    for (b, block) in d.blocks.enumerated() where !block.coveredEdges.isEmpty {
      let edges = block.polygon.vertices.count
      guard block.coveredEdges.count == edges else {
        throw DDAError(
          "block \(b)",
          "says of \(block.coveredEdges.count) edges whether they are covered, and has \(edges)",
          "say it of every edge, or of none at all")
      }
    }
  }
}
