import Foundation

/// Values on a square grid as coloured cells with a logarithmic colour bar, drawn as SVG.
struct HeatMap {
  /// Positions along both axes, ascending; values row by row, the second axis from row to row.
  var offsets: [Double], values: [Double]
  /// Captions of the axes and of the colour bar; what a reader is told that does not see the picture.
  var x: String, y: String, label: String, title: String

  private let size = 300.0, left = 64.0, top = 14.0

  /// The `<svg>` element.
  func svg() -> String {
    let known = values.filter { $0.isFinite && $0 > 0 }
    let low = log10(known.min() ?? 1)
    let high = max(log10(known.max() ?? 10), low + 1e-9)
    let n = offsets.count
    let cell = size / Double(n)
    var out = "<svg class=\"chart\" viewBox=\"0 0 560 372\" role=\"img\" "
    out += "aria-label=\"\(Show.escape(title))\">\n"
    out += "<g shape-rendering=\"crispEdges\">"
    for row in 0..<n {
      for column in 0..<n {
        let v = values[n * row + column]
        guard v.isFinite, v > 0 else { continue }
        let at = (left + cell * Double(column), top + size - cell * Double(row + 1))
        let colour = ColourScale.hex((log10(v) - low) / (high - low))
        // A hair wider than the cell, so that no paper shows between neighbours.
        out += "<rect x=\"\(Show.pixel(at.0))\" y=\"\(Show.pixel(at.1))\" "
        out += "width=\"\(Show.pixel(cell + 0.3))\" height=\"\(Show.pixel(cell + 0.3))\" "
        out += "fill=\"\(colour)\"/>"
      }
    }
    return out + "</g>\n" + axes() + bar(low, high) + "</svg>\n"
  }

  private func axes() -> String {
    let (a, b) = (offsets.first ?? 0, offsets.last ?? 1)
    var out = ""
    for t in [a, 0.5 * (a + b), b] {
      let share = (t - a) / (b - a)
      let text = Show.number(t, digits: 3).replacingOccurrences(of: "-", with: "−")
      out += "<text class=\"tick\" x=\"\(Show.pixel(left + share * size))\" "
      out += "y=\"\(Show.pixel(top + size + 16))\" text-anchor=\"middle\">\(text)</text>"
      out += "<text class=\"tick\" x=\"\(Show.pixel(left - 7))\" "
      out += "y=\"\(Show.pixel(top + size * (1 - share) + 4))\" text-anchor=\"end\">\(text)</text>"
    }
    let centre = top + size / 2
    out += "\n<text class=\"label\" x=\"\(Show.pixel(left + size / 2))\" "
    out += "y=\"\(Show.pixel(top + size + 40))\" text-anchor=\"middle\">\(Show.escape(x))</text>"
    out += "<text class=\"label\" transform=\"translate(15 \(Show.pixel(centre))) rotate(-90)\" "
    out += "text-anchor=\"middle\">\(Show.escape(y))</text>\n"
    return out
  }

  private func bar(_ low: Double, _ high: Double) -> String {
    let (x, steps) = (left + size + 40, 40)
    var out = "<g shape-rendering=\"crispEdges\">"
    for i in 0..<steps {
      let y = top + size * (1 - Double(i + 1) / Double(steps))
      out += "<rect x=\"\(Show.pixel(x))\" y=\"\(Show.pixel(y))\" width=\"14\" "
      out += "height=\"\(Show.pixel(size / Double(steps) + 0.3))\" "
      out += "fill=\"\(ColourScale.hex((Double(i) + 0.5) / Double(steps)))\"/>"
    }
    out += "</g>"
    for i in 0...4 {
      let t = Double(i) / 4
      let text = Show.number(pow(10, low + t * (high - low)), digits: 2)
      out += "<text class=\"tick\" x=\"\(Show.pixel(x + 20))\" "
      out += "y=\"\(Show.pixel(top + size * (1 - t) + 4))\">\(text)</text>"
    }
    out += "<text class=\"label\" transform=\"translate(\(Show.pixel(x + 92)) "
    out += "\(Show.pixel(top + size / 2))) rotate(-90)\" text-anchor=\"middle\">"
    return out + "\(Show.escape(label))</text>\n"
  }
}
