import Contact
import DDA

/// An edge of a block, or a part of one, that lies on a line of the case.
struct EdgePart: Sendable {
  let edge: BlockEdge
  /// Its ends on the edge, in the direction of the line; where they lie on it, 0 to 1.
  let start: Point, end: Point, range: ClosedRange<Double>
  /// Whether it is the whole edge.
  let isWhole: Bool
  /// Whether the block lies left of the line.
  let isLeft: Bool
}

/// A straight line from one point to another, on which edges are looked for.
private struct EdgeLine {
  let from: Point, tangent: Point, length: Double
  /// Distance up to which a corner lies on the line.
  let tolerance: Double

  /// The part of an edge that lies on the line; nil where none does.
  func part(_ edge: BlockEdge, of outline: [Point]) -> EdgePart? {
    let (a, b) = (outline[edge.edge], outline[(edge.edge + 1) % outline.count])
    guard abs((a - from).cross(tangent)) <= tolerance, abs((b - from).cross(tangent)) <= tolerance
    else { return nil }
    let (s, e) = ((a - from).dot(tangent), (b - from).dot(tangent))
    let (low, high) = (max(min(s, e), 0), min(max(s, e), length))
    guard high - low > tolerance else { return nil }
    // On the edge itself, which may lie a little beside the line.
    func at(_ x: Double) -> Point {
      abs(x - s) <= tolerance ? a : abs(x - e) <= tolerance ? b : a + (x - s) / (e - s) * (b - a)
    }
    return EdgePart(
      edge: edge, start: at(low), end: at(high), range: low / length...high / length,
      isWhole: high - low >= abs(e - s) - 2 * tolerance, isLeft: e > s)
  }
}

extension BlockCase {
  /// The edges on the line of a row, from its beginning to its end.
  /// - Throws: `InputError` where they leave a part of it bare, or blocks on both sides could be
  ///   meant.
  func edges(_ row: CaseValue, _ table: BlockTable) throws(InputError) -> [EdgePart] {
    let (p, q) = (vector(row.need("from")), vector(row.need("to")))
    guard p != q else { throw row.need("to").error("is where the line begins; give it a length") }
    let (tangent, length) = CornerSearch.direction(p, q)
    let line = EdgeLine(
      from: p, tangent: tangent, length: length, tolerance: touchTolerance(table))
    let own = try row["block"].map(table.block)
    var parts: [EdgePart] = []
    for b in own.map({ $0...$0 }) ?? 0...table.blocks.count - 1
    where own != nil || !table.blocks[b].isFixed {
      let outline = table.blocks[b].polygon.vertices
      parts += outline.indices.compactMap {
        line.part(BlockEdge(block: b, edge: $0), of: outline)
      }
    }
    let whose = own == nil ? "a free block" : "this block"
    guard !parts.isEmpty else {
      throw row.need("from").error(
        "no edge of \(whose) lies on the line from \(Show.point(p)) to \(Show.point(q)); "
          + "give two points of an edge as it is at the start")
    }
    guard parts.allSatisfy({ $0.isLeft == parts[0].isLeft }) else {
      throw row.error(
        "blocks \(parts.first { $0.isLeft }!.edge.block) and \(parts.first { !$0.isLeft }!.edge.block) "
          + "lie on either side of the line; say under 'block' which is meant")
    }
    let covered = parts.reduce(0) { $0 + $1.range.upperBound - $1.range.lowerBound }
    guard (1 - covered) * length <= Double(2 * parts.count + 2) * line.tolerance else {
      throw row.need("to").error(
        "edges of \(whose) lie on only \(Show.number(covered * length)) m of the "
          + "\(Show.number(length)) m of the line; end it where they end")
    }
    return parts.sorted { $0.range.lowerBound < $1.range.lowerBound }
  }
}
