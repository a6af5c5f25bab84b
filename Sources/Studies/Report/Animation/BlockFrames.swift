import Contact
import DDA
import Foundation

// How the blocks of a run are packed into a page:
//
//   whole coordinate = round((x − origin) / quantum)      both axes, quantum = longest side / 2¹⁶
//   corners of a frame = corners of the frame before + differences, the first from zero
//   contacts of a frame: their number, then (corner − corner before) · 2 + (1 if it slides)
//   colours: one byte per block and frame, 255 at `top`
//
// Whole numbers go as base-128 groups, low ones first, the high bit says that more follow; differences that
// may be negative as 2n or −2n − 1. A frame of slow blocks costs a byte per coordinate. Rounding is of
// positions, never of differences, so that nothing drifts.

/// The blocks of a run at output times, small enough to stand in a page.
struct BlockFrames {
  /// What a block can be coloured by.
  struct Colour {
    let name: String, unit: String
    /// The value of the brightest colour.
    let top: Double
    /// A byte per frame and block.
    let bytes: [UInt8]
  }

  /// Bytes that frames may take, before base64 makes four of three.
  static let budget = 6_000_000

  /// Output times shown; of these every `stride`-th of the run, and the last.
  let shown: [Int], stride: Int
  /// m: where whole coordinates begin, and what one of them is.
  let origin: Point, quantum: Double
  /// Packed corners and contacts of all frames.
  let points: [UInt8], contacts: [UInt8]
  let colours: [Colour]

  /// All bytes.
  var size: Int { points.count + contacts.count + colours.reduce(0) { $0 + $1.bytes.count } }

  /// Takes as many output times as fit; nil where two are too many, or the run has less than two.
  init?(_ result: BlockResult, window: (lower: Point, upper: Point), budget: Int = budget) {
    guard result.states.count > 1 else { return nil }
    var stride = 1
    while true {
      let frames = BlockFrames(result, window: window, stride: stride)
      if frames.size <= budget {
        self = frames
        return
      }
      guard stride < result.states.count - 1 else { return nil }
      stride *= 2
    }
  }

  private init(_ result: BlockResult, window: (lower: Point, upper: Point), stride: Int) {
    let last = result.states.count - 1
    let shown = Array(Swift.stride(from: 0, to: last, by: stride)) + [last]
    (self.shown, self.stride) = (shown, stride)
    origin = window.lower
    quantum = (window.upper - window.lower).max() / 65_536
    var first = [0]
    for n in result.corners { first.append(first[first.count - 1] + n) }
    var (points, contacts) = (PackedNumbers(), PackedNumbers())
    var before = [Int](repeating: 0, count: 2 * first[first.count - 1])
    for i in shown {
      let state = result.states[i]
      for c in 0..<first[first.count - 1] {
        for (axis, zero) in [origin.x, origin.y].enumerated() {
          let q = ((state.points[3 * c + axis] - zero) / quantum).rounded()
          // No screen reaches that far, and no whole number overflows.
          let whole = Int(min(max(q, -1e9), 1e9))
          points.append(signed: whole - before[2 * c + axis])
          before[2 * c + axis] = whole
        }
      }
      let rows = state.contacts.filter { $0.state != .open }.map {
        (corner: first[$0.key.vertexBlock] + $0.key.vertex, slides: $0.state == .sliding)
      }.sorted { ($0.corner, $0.slides ? 1 : 0) < ($1.corner, $1.slides ? 1 : 0) }
      contacts.append(rows.count)
      var corner = 0
      for row in rows {
        contacts.append(2 * (row.corner - corner) + (row.slides ? 1 : 0))
        corner = row.corner
      }
    }
    (self.points, self.contacts) = (points.bytes, contacts.bytes)
    colours = BlockFrames.colours(result, shown, first)
  }

  // MARK: - Colours

  private static func colours(
    _ result: BlockResult, _ shown: [Int], _ first: [Int]
  ) -> [Colour] {
    let start = centres(result.states[0], first)
    let states = shown.map { result.states[$0] }
    let speed = states.flatMap { s in
      result.corners.indices.map { Point(s.velocity[3 * $0], s.velocity[3 * $0 + 1]).length }
    }
    let moved = states.flatMap { s in
      zip(centres(s, first), start).map { ($0 - $1).length }
    }
    let slip = states.flatMap { s in
      var largest = [Double](repeating: 0, count: result.corners.count)
      for c in s.contacts {
        for b in [c.key.vertexBlock, c.key.edgeBlock] {
          largest[b] = max(largest[b], abs(c.slip))
        }
      }
      return largest
    }
    return [
      colour("speed", "m/s", speed, result.isFixed),
      colour("von Mises stress", "Pa", states.flatMap(\.vonMises), result.isFixed),
      colour("displacement", "m", moved, result.isFixed),
      colour("slip of its contacts", "m", slip, result.isFixed),
    ]
  }

  /// Means of corners.
  private static func centres(_ state: BlockResult.State, _ first: [Int]) -> [Point] {
    zip(first, first.dropFirst()).map { from, to in
      var sum = Point()
      for c in from..<to { sum += Point(state.points[3 * c], state.points[3 * c + 1]) }
      return sum / Double(to - from)
    }
  }

  private static func colour(
    _ name: String, _ unit: String, _ values: [Double], _ isFixed: [Bool]
  ) -> Colour {
    let n = isFixed.count
    var top = 0.0
    for (i, v) in values.enumerated() where !isFixed[i % n] && v.isFinite { top = max(top, v) }
    let bytes = values.map { v in
      top > 0 && v.isFinite ? UInt8((255 * min(max(v / top, 0), 1)).rounded()) : 0
    }
    return Colour(name: name, unit: unit, top: top, bytes: bytes)
  }

  // MARK: - Text

  /// One JSON object, for the page's script.
  ///
  /// - Parameters:
  ///   - size: Of the stage, m. - radius: Of dots, in pixels of 1/1080 of its width.
  ///   - decimals: Of times.
  func json(_ result: BlockResult, size: Point, decimals: Int, radius: Double) -> String {
    var corners = PackedNumbers()
    for n in result.corners { corners.append(n) }
    let palette = (0..<64).map { JSONValue.string(ColourScale.hex(Double($0) / 63)) }
    let object = JSONValue.object([
      ("times", .array(shown.map { .number(result.states[$0].time) })),
      ("origin", .array([.number(origin.x), .number(origin.y)])),
      ("quantum", .number(quantum)), ("size", .array([.number(size.x), .number(size.y)])),
      ("decimals", JSONValue(decimals)), ("radius", .number(radius)),
      ("blocks", JSONValue(result.corners.count)),
      ("corners", .string(PackedNumbers.text(corners.bytes))),
      ("fixed", .string(PackedNumbers.text(result.isFixed.map { $0 ? 1 : 0 }))),
      ("points", .string(PackedNumbers.text(points))),
      ("contacts", .string(PackedNumbers.text(contacts))), ("palette", .array(palette)),
      (
        "colours",
        .array(
          colours.map {
            .object([
              ("name", .string($0.name)), ("unit", .string($0.unit)), ("top", .number($0.top)),
              ("label", .string(Show.number($0.top))),
              ("values", .string(PackedNumbers.text($0.bytes))),
            ])
          })
      ),
    ])
    return object.line
  }
}

/// Whole numbers in as few bytes as their size needs.
struct PackedNumbers {
  private(set) var bytes: [UInt8] = []

  /// A number that is not negative.
  mutating func append(_ n: Int) {
    var rest = n
    while rest > 127 {
      bytes.append(UInt8(rest & 127) | 128)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  /// A number of either sign.
  mutating func append(signed n: Int) { append(n < 0 ? -2 * n - 1 : 2 * n) }

  /// Base64.
  static func text(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }
}
