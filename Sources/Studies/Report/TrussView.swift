import Foundation
import Geometry

/// A truss in one picture: the undeformed bars as thin dashes, the deformed ones coloured by a value of
/// each, with a colour bar.
struct TrussView {
  /// Joints (m), bars, displacement of every joint (m).
  let joints: [SIMD3<Double>], bars: [SIMD2<Int32>], displacement: [SIMD3<Double>]
  /// The value of every bar, and its name and unit.
  let values: [Double], label: String
  /// Displacement components of a joint: 2 or 3.
  let dimension: Int

  private static let width = 1080.0, margin = 48.0, barRoom = 150.0

  /// The `<svg>` element.
  func svg() -> String {
    let extent = SurfaceView.extent(joints)
    let size = max(extent.x, extent.y, extent.z)
    let largest = displacement.map { ($0 * $0).sum().squareRoot() }.max() ?? 0
    let times =
      largest == 0 || largest > 0.03 * size ? 1 : Scale.roundStep(0.05 * size / largest)
    let camera = Camera(
      mesh: Mesh(dimension: dimension, points: joints, blocks: []), displaced: joints)
    let before = joints.map(camera.project)
    let after = zip(joints, displacement).map { camera.project($0 + times * $1) }
    let all = before + after
    let low = all.reduce(all[0]) { pointwiseMin($0, $1) }
    let high = all.reduce(all[0]) { pointwiseMax($0, $1) }
    let span = high - low
    let room = Self.width - 2 * Self.margin - Self.barRoom
    let scale = min(room / max(span.x, 1e-12), 480 / max(span.y, 1e-12))
    let height = max(scale * span.y + 2 * Self.margin, 260)
    func at(_ p: SIMD2<Double>) -> String {
      let q = scale * (p - low) + SIMD2(Self.margin, Self.margin)
      return "\(Show.pixel(q.x)) \(Show.pixel(q.y))"
    }
    let (least, most) = (values.min() ?? 0, values.max() ?? 1)
    var out = "<svg class=\"surface\" viewBox=\"0 0 \(Show.pixel(Self.width)) "
    out += "\(Show.pixel(height))\" role=\"img\" aria-label=\"bars, deformed, coloured by "
    out += "\(Show.escape(label))\">\n<path fill=\"none\" stroke=\"var(--soft)\" "
    out += "stroke-dasharray=\"4 3\" d=\""
    for bar in bars { out += "M\(at(before[Int(bar.x)]))L\(at(before[Int(bar.y)]))" }
    out += "\"/>\n"
    for (i, bar) in bars.enumerated() {
      let t = most > least ? (values[i] - least) / (most - least) : 0.5
      out += "<path stroke=\"\(ColourScale.hex(t))\" stroke-width=\"4\" stroke-linecap=\"round\" "
      out += "d=\"M\(at(after[Int(bar.x)]))L\(at(after[Int(bar.y)]))\"/>\n"
    }
    for p in after {
      let q = scale * (p - low) + SIMD2(Self.margin, Self.margin)
      out += "<circle cx=\"\(Show.pixel(q.x))\" cy=\"\(Show.pixel(q.y))\" r=\"4\" "
      out += "fill=\"var(--ink)\"/>"
    }
    out += "\n" + scaleBar(least, most, height)
    let note = times == 1 ? "deformed" : "deformed, displacements × \(Show.number(times))"
    out += "<text class=\"label\" x=\"\(Show.pixel(Self.margin))\" y=\"20\">\(note)</text>\n"
    return out + "</svg>\n"
  }

  private func scaleBar(_ low: Double, _ high: Double, _ height: Double) -> String {
    let (x, top, tall, steps) = (Self.width - 110, 56.0, min(height - 96, 300), 48)
    var out = ""
    for i in 0..<steps {
      let y = top + tall * (1 - Double(i + 1) / Double(steps))
      out += "<rect x=\"\(Show.pixel(x))\" y=\"\(Show.pixel(y))\" width=\"16\" "
      out += "height=\"\(Show.pixel(tall / Double(steps) + 0.6))\" "
      out += "fill=\"\(ColourScale.hex((Double(i) + 0.5) / Double(steps)))\"/>"
    }
    for (value, y) in [(high, top - 8), (low, top + tall + 16)] {
      let text = Show.number(value).replacingOccurrences(of: "-", with: "−")
      out += "<text class=\"tick\" x=\"\(Show.pixel(x))\" y=\"\(Show.pixel(y))\">\(text)</text>"
    }
    out += "<text class=\"label\" x=\"\(Show.pixel(Self.width - 8))\" y=\"24\" "
    return out + "text-anchor=\"end\">\(Show.escape(label))</text>\n"
  }
}
