import Foundation
import Geometry

/// The undeformed and the deformed surface of a body in one picture of one scale, the deformed one
/// coloured by a nodal value, with a colour bar.
///
/// Facets that face the eye are drawn from back to front (painter's order), each divided so finely
/// that colours run smoothly over coarse cells and curved sides are round. Where a mesh shows more
/// facets than a page needs, nearby nodes are merged first.
struct SurfaceView {
  let mesh: Mesh
  /// Displacement of every node, m.
  let displacement: [SIMD3<Double>]
  /// The value that colours, one per node.
  let values: [Double]
  /// Name and unit beside the colour bar.
  let label: String
  /// Drawn displacements over true ones.
  let magnification: Double

  /// Chooses the magnification: 1 unless the motion is too small to be seen.
  init(mesh: Mesh, displacement: [SIMD3<Double>], values: [Double], label: String) {
    self.mesh = mesh
    self.displacement = displacement
    self.values = values
    self.label = label
    let extent = SurfaceView.extent(mesh.points)
    let size = max(extent.x, extent.y, extent.z)
    let largest = displacement.map { ($0 * $0).sum().squareRoot() }.max() ?? 0
    let visible = largest == 0 || largest > 0.03 * size
    magnification = visible ? 1 : Scale.roundStep(0.05 * size / largest)
  }

  /// The `<svg>` element.
  func svg() -> String {
    let camera = Camera(mesh: mesh, displaced: displaced)
    let facets = VisibleFacets(mesh, limit: 20_000)
    let low = facets.nodes.joined().map { values[$0] }.min() ?? 0
    let high = facets.nodes.joined().map { values[$0] }.max() ?? 1
    let before = SurfaceImage(facets, at: mesh.points, values: nil, range: (low, high), camera)
    let after = SurfaceImage(facets, at: displaced, values: values, range: (low, high), camera)
    // The undeformed outline is drawn in both places, so the second must have room for both.
    let layout = Layout(before.bounds, after.bounds.union(before.bounds))
    var out = "<svg class=\"surface\" viewBox=\"0 0 \(Show.pixel(Layout.width)) "
    out += "\(Show.pixel(layout.height))\" role=\"img\" "
    out += "aria-label=\"undeformed and deformed shape, coloured by \(Show.escape(label))\">\n"
    let first = before.paint(scale: layout.scale, offset: layout.first)
    let second = after.paint(scale: layout.scale, offset: layout.second)
    var style: [String: String] = first.classes
    style.merge(second.classes) { a, _ in a }
    out += "<style>"
    out += style.keys.sorted().map { ".\($0){fill:\(style[$0]!);stroke:\(style[$0]!)}" }.joined()
    out += ".face path{stroke-width:.5;stroke-linejoin:round}"
    out += ".face .edge{fill:none;stroke:#10141c;stroke-opacity:.28;stroke-width:.5}"
    out += ".ghost{fill:none;stroke:var(--soft);stroke-width:1;stroke-dasharray:4 3}</style>\n"
    out += "<g class=\"face\">\(first.paths)</g>\n<g class=\"face\">\(second.paths)</g>\n"
    let ghost = before.outline(scale: layout.scale, offset: layout.second)
    out += "<path class=\"ghost\" d=\"\(ghost)\"/>\n"
    out += caption("undeformed", at: layout.firstCaption)
    let times = magnification == 1 ? "" : ", displacements × \(Show.number(magnification))"
    out += caption("deformed\(times)", at: layout.secondCaption)
    out += colourBar(low, high, height: layout.height) + axes(camera, height: layout.height)
    return out + "</svg>\n"
  }

  private var displaced: [SIMD3<Double>] {
    zip(mesh.points, displacement).map { $0 + magnification * $1 }
  }

  static func extent(_ points: [SIMD3<Double>]) -> SIMD3<Double> {
    guard let first = points.first else { return SIMD3() }
    var (low, high) = (first, first)
    for p in points {
      low = pointwiseMin(low, p)
      high = pointwiseMax(high, p)
    }
    return high - low
  }

  private func caption(_ text: String, at p: (Double, Double)) -> String {
    "<text class=\"label\" x=\"\(Show.pixel(p.0))\" y=\"\(Show.pixel(p.1))\">\(text)</text>\n"
  }

  private func colourBar(_ low: Double, _ high: Double, height: Double) -> String {
    let x = Layout.width - 92
    let tall = min(height - 84, 300)
    let top = (height - tall) / 2 + 12
    let steps = 64
    var out = ""
    for i in 0..<steps {
      let y = top + tall * (1 - Double(i + 1) / Double(steps))
      out += "<rect x=\"\(Show.pixel(x))\" y=\"\(Show.pixel(y))\" width=\"16\" "
      out += "height=\"\(Show.pixel(tall / Double(steps) + 0.6))\" "
      out += "fill=\"\(ColourScale.hex((Double(i) + 0.5) / Double(steps)))\"/>"
    }
    let axis = Chart.Axis(label: "")
    let ticks = Scale([low, high], axis, from: 0, to: 1, ticks: 6).ticks
      .filter { $0 >= low - 1e-12 * abs(low) && $0 <= high + 1e-12 * abs(high) }
    for t in ticks where high > low {
      let y = top + tall * (1 - (t - low) / (high - low))
      let text = Show.number(t, digits: 5).replacingOccurrences(of: "-", with: "−")
      out += "<path class=\"axis\" d=\"M\(Show.pixel(x + 16)) \(Show.pixel(y))h4\"/>"
      out +=
        "<text class=\"tick\" x=\"\(Show.pixel(x + 23))\" y=\"\(Show.pixel(y + 4))\">\(text)</text>"
    }
    out += "<text class=\"label\" x=\"\(Show.pixel(Layout.width - 8))\" "
    out += "y=\"\(Show.pixel(top - 26))\" text-anchor=\"end\">\(Show.escape(label))</text>\n"
    for (value, y) in [(high, top - 8), (low, top + tall + 16)] {
      let word = value == high ? "max" : "min"
      let text = Show.number(value, digits: 4).replacingOccurrences(of: "-", with: "−")
      out +=
        "<text class=\"tick\" x=\"\(Show.pixel(x))\" y=\"\(Show.pixel(y))\">\(word) \(text)</text>"
    }
    return out
  }

  /// The little triad of coordinate axes at the bottom left.
  private func axes(_ camera: Camera, height: Double) -> String {
    var out = ""
    let names = ["x", "y", "z"]
    for i in 0..<mesh.dimension {
      var e = SIMD3<Double>()
      e[i] = 1
      let d = camera.project(e)
      guard (d.x * d.x + d.y * d.y).squareRoot() > 0.15 else { continue }
      let (x, y) = (34 + 24 * d.x, height - 36 + 24 * d.y)
      out +=
        "<path class=\"axis\" d=\"M34 \(Show.pixel(height - 36))L\(Show.pixel(x)) \(Show.pixel(y))\"/>"
      out += "<text class=\"tick\" x=\"\(Show.pixel(34 + 34 * d.x))\" "
      out += "y=\"\(Show.pixel(height - 32 + 34 * d.y))\" text-anchor=\"middle\">\(names[i])</text>"
    }
    return out + "\n"
  }
}

/// A parallel projection.
struct Camera {
  /// From the body to the eye, to the right of the picture, and up in it: unit vectors.
  let toEye: SIMD3<Double>, right: SIMD3<Double>, up: SIMD3<Double>

  /// Looks at a plane body from the front, at a flat one nearly so, at others from a corner.
  init(mesh: Mesh, displaced: [SIMD3<Double>]) {
    let e = SurfaceView.extent(displaced)
    let thin = [e.x, e.y, e.z].sorted()
    var eye = SIMD3(0.42, -0.78, 0.46)
    var vertical = SIMD3(0.0, 0, 1)
    if mesh.dimension == 2 {
      eye = SIMD3(0, 0, 1)
      vertical = SIMD3(0, 1, 0)
    } else if thin[0] < 0.35 * thin[1] {
      if e.z == thin[0] {
        eye = SIMD3(0.1, -0.3, 0.95)
        vertical = SIMD3(0, 1, 0)
      } else if e.y == thin[0] {
        eye = SIMD3(0.25, -0.9, 0.36)
      } else {
        eye = SIMD3(0.9, -0.25, 0.36)
      }
    }
    toEye = Camera.unit(eye)
    right = Camera.unit(Camera.cross(vertical, toEye))
    up = Camera.cross(toEye, right)
  }

  /// Position in the picture, y downwards.
  func project(_ p: SIMD3<Double>) -> SIMD2<Double> { SIMD2((right * p).sum(), -(up * p).sum()) }

  static func cross(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> SIMD3<Double> {
    SIMD3(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)
  }

  static func unit(_ a: SIMD3<Double>) -> SIMD3<Double> {
    let n = (a * a).sum().squareRoot()
    return n > 0 ? a / n : a
  }
}

/// Where the two shapes stand in the picture.
private struct Layout {
  static let width = 1080.0
  let scale: Double, height: Double
  let first: SIMD2<Double>, second: SIMD2<Double>
  let firstCaption: (Double, Double), secondCaption: (Double, Double)

  init(_ a: SurfaceImage.Bounds, _ b: SurfaceImage.Bounds) {
    let (left, bar, gap, head, foot) = (64.0, 168.0, 48.0, 34.0, 26.0)
    let room = Layout.width - left - bar
    let beside = a.size.x + b.size.x
    let sideBySide = beside < 2.4 * max(a.size.y, b.size.y)
    if sideBySide {
      scale = min((room - gap) / beside, 520 / max(a.size.y, b.size.y))
      let tall = scale * max(a.size.y, b.size.y)
      let spare = max(0, (room - gap - scale * beside) / 3)
      height = head + tall + foot
      let x1 = left + spare
      let x2 = x1 + scale * a.size.x + gap + spare
      first = SIMD2(x1, head + (tall - scale * a.size.y)) - scale * a.low
      second = SIMD2(x2, head + (tall - scale * b.size.y)) - scale * b.low
      firstCaption = (x1, 18)
      secondCaption = (x2, 18)
    } else {
      scale = min(room / max(a.size.x, b.size.x), 560 / (a.size.y + b.size.y))
      let y2 = head + scale * a.size.y + head + 10
      height = y2 + scale * b.size.y + foot
      first = SIMD2(left, head) - scale * a.low
      second = SIMD2(left, y2) - scale * b.low
      firstCaption = (left, 18)
      secondCaption = (left, y2 - 14)
    }
  }
}
