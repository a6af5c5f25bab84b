import Foundation

/// A chart with two axes, drawn as SVG: curves, points, shaded ranges.
///
/// Colours are the page's CSS variables (`--c1` …), so that one picture serves light and dark pages.
struct Chart {
  /// Points in data coordinates.
  struct Series {
    enum Style { case line, dashed, points, bars, lineAndPoints, area }
    var name: String
    var style: Style
    /// Number of the page's colour, from 1 to 6; 0 is the ink.
    var colour: Int
    var points: [(x: Double, y: Double)]
    /// Hollow points (a test that was held out).
    var hollow = false
    /// Of an area: its other border, a value for every point.
    var floor: [Double] = []
  }

  /// How values map to an axis.
  struct Axis {
    var label: String
    var isLogarithmic = false
    /// Drawn even if no value lies there.
    var includes: [Double] = []
    /// Whole ticks only.
    var isCount = false
  }

  var x: Axis
  var y: Axis
  var series: [Series]
  /// Ranges of x that are shaded, with a caption.
  var shaded: [(ClosedRange<Double>, String)] = []
  var width = 560.0
  var height = 340.0
  /// For readers that do not see the picture.
  var title: String

  /// The `<svg>` element.
  func svg() -> String {
    let floors = series.flatMap { s in zip(s.points, s.floor).map { (x: $0.x, y: $1) } }
    let points = (series.flatMap(\.points) + floors).filter { ok($0.x, x) && ok($0.y, y) }
    let xs = Scale(points.map(\.x) + x.includes, x, from: left, to: width - right, ticks: 7)
    let ys = Scale(points.map(\.y) + y.includes, y, from: height - bottom, to: top, ticks: 6)
    var out = "<svg class=\"chart\" viewBox=\"0 0 \(Show.pixel(width)) \(Show.pixel(height))\" "
    out += "role=\"img\" aria-label=\"\(Show.escape(title))\">\n"
    out += shading(xs) + grid(xs, ys)
    for s in series { out += draw(s, xs, ys) }
    out += labels(xs, ys) + legend()
    return out + "</svg>\n"
  }

  private var left: Double { 64 }
  private var right: Double { 14 }
  private var top: Double { 14 + 18 * Double(legendRows.count) }
  private var bottom: Double { 48 }

  private func ok(_ v: Double, _ axis: Axis) -> Bool {
    v.isFinite && (!axis.isLogarithmic || v > 0)
  }

  private func shading(_ xs: Scale) -> String {
    shaded.map { range, caption in
      let a = xs.clamped(range.lowerBound)
      let b = xs.clamped(range.upperBound)
      return "<rect class=\"shade\" x=\"\(Show.pixel(a))\" y=\"\(Show.pixel(top))\" "
        + "width=\"\(Show.pixel(max(0, b - a)))\" height=\"\(Show.pixel(height - top - bottom))\">"
        + "<title>\(Show.escape(caption))</title></rect>\n"
    }.joined()
  }

  private func grid(_ xs: Scale, _ ys: Scale) -> String {
    var d = ""
    for t in xs.ticks {
      d += "M\(Show.pixel(xs[t])) \(Show.pixel(top))V\(Show.pixel(height - bottom))"
    }
    for t in ys.ticks {
      d += "M\(Show.pixel(left)) \(Show.pixel(ys[t]))H\(Show.pixel(width - right))"
    }
    let frame =
      "M\(Show.pixel(left)) \(Show.pixel(top))V\(Show.pixel(height - bottom))H\(Show.pixel(width - right))"
    var out = "<path class=\"grid\" d=\"\(d)\"/>\n<path class=\"axis\" d=\"\(frame)\"/>\n"
    if !y.isLogarithmic, ys.lower < 0, ys.upper > 0 {
      out +=
        "<path class=\"axis\" d=\"M\(Show.pixel(left)) \(Show.pixel(ys[0]))H\(Show.pixel(width - right))\"/>\n"
    }
    return out
  }

  private func labels(_ xs: Scale, _ ys: Scale) -> String {
    var out = ""
    for t in xs.ticks {
      out +=
        "<text class=\"tick\" x=\"\(Show.pixel(xs[t]))\" y=\"\(Show.pixel(height - bottom + 16))\" text-anchor=\"middle\">\(tick(t, x))</text>"
    }
    for t in ys.ticks {
      out +=
        "<text class=\"tick\" x=\"\(Show.pixel(left - 7))\" y=\"\(Show.pixel(ys[t] + 4))\" text-anchor=\"end\">\(tick(t, y))</text>"
    }
    let middle = (left + width - right) / 2
    out +=
      "\n<text class=\"label\" x=\"\(Show.pixel(middle))\" y=\"\(Show.pixel(height - 10))\" text-anchor=\"middle\">\(Show.escape(x.label))</text>"
    let centre = (top + height - bottom) / 2
    out +=
      "<text class=\"label\" transform=\"translate(15 \(Show.pixel(centre))) rotate(-90)\" text-anchor=\"middle\">\(Show.escape(y.label))</text>\n"
    return out
  }

  private func tick(_ t: Double, _ axis: Axis) -> String {
    guard axis.isLogarithmic else {
      return Show.number(t, digits: 6).replacingOccurrences(of: "-", with: "−")
    }
    let exponent = Int(log10(t).rounded())
    return "10<tspan dy=\"-5\" font-size=\"8.5\">\(exponent < 0 ? "−" : "")\(abs(exponent))</tspan>"
  }

  private func draw(_ s: Series, _ xs: Scale, _ ys: Scale) -> String {
    if s.style == .area { return area(s, xs, ys) }
    let visible = thinned(
      s.points.filter { ok($0.x, x) && ok($0.y, y) }.map { (xs[$0.x], ys[$0.y]) })
    guard !visible.isEmpty else { return "" }
    let path =
      "M" + visible.map { "\(Show.pixel($0.0)) \(Show.pixel($0.1))" }.joined(separator: "L")
    var out = ""
    switch s.style {
    case .line, .dashed, .lineAndPoints:
      let dash = s.style == .dashed ? " dashed" : ""
      out += "<path class=\"line s\(s.colour)\(dash)\" d=\"\(path)\"/>\n"
    case .bars:
      let zero = Show.pixel(ys.clamped(0))
      let d = visible.map { "M\(Show.pixel($0.0)) \(zero)V\(Show.pixel($0.1))" }.joined()
      out += "<path class=\"line s\(s.colour)\" d=\"\(d)\"/>\n"
    case .points, .area: break
    }
    if s.style != .line && s.style != .dashed {
      let r = s.style == .points ? "3.6" : "2.6"
      out += "<g class=\"\(s.hollow ? "hollow" : "dot") s\(s.colour)\">"
      out += visible.map {
        "<circle cx=\"\(Show.pixel($0.0))\" cy=\"\(Show.pixel($0.1))\" r=\"\(r)\"/>"
      }
      .joined()
      out += "</g>\n"
    }
    return out
  }

  /// Points of a curve that a page has room for.
  private static let most = 1500

  /// Of very many points the lowest and the highest of every group, in their order.
  private func thinned(_ points: [(Double, Double)]) -> [(Double, Double)] {
    guard points.count > 2 * Chart.most else { return points }
    let size = points.count / Chart.most + 1
    return stride(from: 0, to: points.count, by: size).flatMap { start in
      let group = start..<min(start + size, points.count)
      let low = group.min { points[$0].1 < points[$1].1 }!
      let high = group.max { points[$0].1 < points[$1].1 }!
      return (low == high ? [low] : [min(low, high), max(low, high)]).map { points[$0] }
    }
  }

  /// What lies between a curve and its floor.
  private func area(_ s: Series, _ xs: Scale, _ ys: Scale) -> String {
    let all = zip(s.points, s.floor).filter { $0.x.isFinite && $0.y.isFinite && $1.isFinite }
    let stride = all.count / Chart.most + 1
    let rows = all.indices.filter { $0 % stride == 0 || $0 == all.count - 1 }.map { all[$0] }
    guard rows.count > 1 else { return "" }
    let upper = rows.map { p, _ in "\(Show.pixel(xs[p.x])) \(Show.pixel(ys[p.y]))" }
    let lower = rows.reversed().map { p, y in "\(Show.pixel(xs[p.x])) \(Show.pixel(ys[y]))" }
    let path = (upper + lower).joined(separator: "L")
    return "<path class=\"area s\(s.colour)\" d=\"M\(path)Z\"/>\n"
  }

  /// Named series in rows that fit the width.
  private var legendRows: [[Series]] {
    var rows: [[Series]] = []
    var used = Double.infinity
    for s in series where !s.name.isEmpty {
      let need = 34 + 6.6 * Double(s.name.count)
      if used + need > width - left - right {
        rows.append([])
        used = 0
      }
      rows[rows.count - 1].append(s)
      used += need
    }
    return rows
  }

  private func legend() -> String {
    var out = ""
    for (r, row) in legendRows.enumerated() {
      var at = left + 4
      let line = 14 + 18 * Double(r)
      for s in row {
        switch s.style {
        case .points:
          out +=
            "<g class=\"\(s.hollow ? "hollow" : "dot") s\(s.colour)\"><circle cx=\"\(Show.pixel(at + 10))\" cy=\"\(Show.pixel(line - 4))\" r=\"3.6\"/></g>"
        case .area:
          out +=
            "<path class=\"area s\(s.colour)\" d=\"M\(Show.pixel(at)) \(Show.pixel(line - 9))h20v10h-20z\"/>"
        default:
          let dash = s.style == .dashed ? " dashed" : ""
          out +=
            "<path class=\"line s\(s.colour)\(dash)\" d=\"M\(Show.pixel(at)) \(Show.pixel(line - 4))h20\"/>"
        }
        out +=
          "<text class=\"tick\" x=\"\(Show.pixel(at + 25))\" y=\"\(Show.pixel(line))\">\(Show.escape(s.name))</text>\n"
        at += 34 + 6.6 * Double(s.name.count)
      }
    }
    return out
  }
}

/// A linear or logarithmic map from values to pixels, with round ticks.
struct Scale {
  let lower: Double, upper: Double
  let ticks: [Double]
  private let from: Double, to: Double, isLogarithmic: Bool

  init(_ values: [Double], _ axis: Chart.Axis, from: Double, to: Double, ticks count: Int) {
    self.from = from
    self.to = to
    isLogarithmic = axis.isLogarithmic
    var low = values.min() ?? 0
    var high = values.max() ?? 1
    if axis.isLogarithmic {
      let first = Int(log10(max(low, 1e-300)).rounded(.down))
      let last = max(Int(log10(max(high, 1e-300)).rounded(.up)), first + 1)
      let stride = max(1, Int((Double(last - first) / Double(count)).rounded(.up)))
      lower = pow(10, Double(first))
      upper = pow(10, Double(last))
      ticks = Swift.stride(from: first, through: last, by: stride).map { pow(10, Double($0)) }
      return
    }
    if high - low < 1e-12 * max(abs(high), abs(low), 1e-300) {
      let pad = max(abs(high) * 0.1, axis.isCount ? 1 : 1e-12)
      (low, high) = (low - pad, high + pad)
    }
    var step = Scale.roundStep((high - low) / Double(count))
    if axis.isCount { step = max(1, step.rounded(.up)) }
    let first = (low / step + 1e-9).rounded(.down)
    let last = (high / step - 1e-9).rounded(.up)
    lower = first * step
    upper = last * step
    ticks = stride(from: first, through: last, by: 1).map { $0 * step }
  }

  /// 1, 2 or 5 times a power of ten, at least `raw`.
  static func roundStep(_ raw: Double) -> Double {
    let power = pow(10, log10(raw).rounded(.down))
    for m in [1.0, 2, 5] where m * power >= raw * (1 - 1e-9) { return m * power }
    return 10 * power
  }

  /// The pixel of a value.
  subscript(_ value: Double) -> Double {
    let t =
      isLogarithmic
      ? log10(value / lower) / log10(upper / lower) : (value - lower) / (upper - lower)
    return from + t * (to - from)
  }

  /// The pixel of a value, held within the axis.
  func clamped(_ value: Double) -> Double {
    self[min(max(value, lower), upper)]
  }
}
