import Contact
import Foundation

/// Blocks at one time: outlines filled by speed, fixed ones grey, and what every closed contact does.
struct BlockView {
  let result: BlockResult
  let state: BlockResult.State
  /// Corners of the window, m, the same for all pictures of a page; the speed of the brightest colour, m/s.
  let window: (lower: Point, upper: Point), topSpeed: Double

  /// Contacts that a picture shows as dots.
  static let mostDots = 10_000

  private static let width = 1080.0, tallest = 620.0

  /// Window around the free blocks at some states (all blocks where none is free), with some room.
  static func window(
    _ result: BlockResult, _ states: [BlockResult.State]
  ) -> (lower: Point, upper: Point) {
    var (lower, upper) = (Point(repeating: .infinity), Point(repeating: -.infinity))
    let anyFree = result.isFixed.contains(false)
    for state in states {
      var first = 0
      for (b, n) in result.corners.enumerated() {
        defer { first += n }
        if anyFree && result.isFixed[b] { continue }
        for c in first..<first + n {
          let p = Point(state.points[3 * c], state.points[3 * c + 1])
          (lower, upper) = (pointwiseMin(lower, p), pointwiseMax(upper, p))
        }
      }
    }
    let size = max(abs(lower.x), abs(lower.y), abs(upper.x), abs(upper.y))
    let room = max(0.12 * (upper - lower).max(), 1e-6 * size, 1e-9)
    return (lower - Point(repeating: room), upper + Point(repeating: room))
  }

  /// Radius of a contact's dot in pixels: 4, less where blocks are small on the screen.
  static func dotRadius(_ result: BlockResult, scale: Double) -> Double {
    guard let state = result.states.first else { return 4 }
    var sizes: [Double] = []
    var first = 0
    for n in result.corners {
      var (lower, upper) = (Point(repeating: .infinity), Point(repeating: -.infinity))
      for c in first..<first + n {
        let p = Point(state.points[3 * c], state.points[3 * c + 1])
        (lower, upper) = (pointwiseMin(lower, p), pointwiseMax(upper, p))
      }
      first += n
      sizes.append((upper - lower).min())
    }
    guard !sizes.isEmpty else { return 4 }
    sizes.sort()
    return min(max(0.14 * scale * sizes[sizes.count / 2], 1), 4)
  }

  /// The `<svg>` element.
  func svg() -> String {
    let span = window.upper - window.lower
    let scale = min(Self.width / span.x, Self.tallest / span.y)
    let size = scale * span
    func at(_ p: Point) -> String {
      // No screen is this large, and no whole number overflows.
      let x = min(max(scale * (p.x - window.lower.x), -1e7), 1e7)
      let y = min(max(scale * (window.upper.y - p.y), -1e7), 1e7)
      return "\(Show.pixel(x)) \(Show.pixel(y))"
    }
    var out = "<svg class=\"surface\" viewBox=\"0 0 \(Show.pixel(size.x)) \(Show.pixel(size.y))\" "
    out += "style=\"max-height: \(Show.pixel(Self.tallest))px\" role=\"img\" "
    out += "aria-label=\"blocks at \(Show.number(state.time)) s\">\n"
    var first = 0
    for (b, n) in result.corners.enumerated() {
      let path = (first..<first + n).map { c in
        at(Point(state.points[3 * c], state.points[3 * c + 1]))
      }
      first += n
      out += "<path d=\"M\(path.joined(separator: "L"))Z\" fill=\"\(fill(b))\" "
      out += "stroke=\"var(--edge)\" stroke-width=\"1\"/>\n"
    }
    let radius = Show.pixel(Self.dotRadius(result, scale: scale))
    for c in state.contacts where state.contacts.count <= Self.mostDots {
      let q = at(c.point).split(separator: " ")
      let kind = c.state == .sliding ? "hollow s2" : "dot s1"
      out += "<circle class=\"\(kind)\" cx=\"\(q[0])\" cy=\"\(q[1])\" r=\"\(radius)\"/>"
    }
    return out + "</svg>\n"
  }

  private func fill(_ b: Int) -> String {
    if result.isFixed[b] { return "var(--body)" }
    let v = Point(state.velocity[3 * b], state.velocity[3 * b + 1]).length
    return ColourScale.hex(topSpeed > 0 ? v / topSpeed : 0)
  }
}
