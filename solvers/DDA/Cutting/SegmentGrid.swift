import Contact

/// Segments in the cells of a uniform grid: each in every cell that it passes, or nearly passes.
struct SegmentGrid {
  private let origin: Point, cell: Double, columns: Int, rows: Int, pad: Double
  private var start: [Int32], items: [Int32] = []

  /// - Parameter pad: a segment is also in cells within this distance of it, m.
  init(lower: Point, upper: Point, segments: [(Point, Point)], pad: Double) {
    let size = upper - lower
    // About one cell per segment; never finer than a few pads, nor more than 10⁸ cells of a flat box.
    let wanted = (size.x * size.y / Double(max(segments.count, 1))).squareRoot()
    cell = max(wanted, 4 * pad, max(size.x, size.y) / 10_000, 1e-300)
    (origin, self.pad) = (lower, pad)
    columns = Int(size.x / cell) + 1
    rows = Int(size.y / cell) + 1
    start = []
    // Local, so that `visit`, which reads self, does not share them.
    var first = Array(repeating: Int32(0), count: columns * rows + 1)
    for s in segments { visit(s.0, s.1) { first[$0 + 1] += 1 } }
    for c in 1..<first.count { first[c] += first[c - 1] }
    var filled = Array(repeating: Int32(0), count: Int(first[first.count - 1]))
    var next = first
    for (i, s) in segments.enumerated() {
      visit(s.0, s.1) {
        filled[Int(next[$0])] = Int32(i)
        next[$0] += 1
      }
    }
    (start, items) = (first, filled)
  }

  /// Number of cells.
  var count: Int { start.count - 1 }
  /// Segments in a cell, ascending.
  func segments(in cell: Int) -> ArraySlice<Int32> {
    items[Int(start[cell])..<Int(start[cell + 1])]
  }
  /// The cell of a point.
  func index(_ p: Point) -> Int { row(p.y) * columns + column(p.x) }
  /// The cells within `reach` of a point.
  func cells(near p: Point, reach: Double, _ body: (Int) -> Void) {
    for r in row(p.y - reach)...row(p.y + reach) {
      for c in column(p.x - reach)...column(p.x + reach) { body(r * columns + c) }
    }
  }

  private func column(_ x: Double) -> Int {
    min(max(Int((x - origin.x) / cell), 0), columns - 1)
  }
  private func row(_ y: Double) -> Int { min(max(Int((y - origin.y) / cell), 0), rows - 1) }

  private func visit(_ a: Point, _ b: Point, _ body: (Int) -> Void) {
    let (p, q) = a.x <= b.x ? (a, b) : (b, a)
    let d = q - p
    for c in column(p.x - pad)...column(q.x + pad) {
      // The part of the segment that comes near this column.
      let left = origin.x + Double(c) * cell - pad, right = left + cell + 2 * pad
      let t = d.x > 0 ? min(max((left - p.x) / d.x, 0), 1) : 0
      let u = d.x > 0 ? min(max((right - p.x) / d.x, 0), 1) : 1
      let (v, w) = (p.y + t * d.y, p.y + u * d.y)
      for r in row(min(v, w) - pad)...row(max(v, w) + pad) { body(r * columns + c) }
    }
  }
}

/// Segments by the horizontal strips they pass: for rays along x.
struct StripIndex {
  private let bottom: Double, height: Double
  private var strips: [[Int32]]
  private let segments: [(Point, Point)]

  init(_ segments: [(Point, Point)]) {
    self.segments = segments
    var (low, high) = (Double.infinity, -Double.infinity)
    for (a, b) in segments {
      low = min(low, a.y, b.y)
      high = max(high, a.y, b.y)
    }
    let count = 1 + Int(4 * Double(segments.count).squareRoot())
    bottom = low
    height = max((high - low) / Double(count), 1e-300)
    strips = Array(repeating: [], count: count + 1)
    for (i, s) in segments.enumerated() {
      for k in strip(min(s.0.y, s.1.y))...strip(max(s.0.y, s.1.y)) { strips[k].append(Int32(i)) }
    }
  }

  private func strip(_ y: Double) -> Int {
    min(max(Int((y - bottom) / height), 0), strips.count - 1)
  }

  /// Whether a point lies inside the closed lines that the segments make up.
  func isInside(_ p: Point) -> Bool {
    var inside = false
    for i in strips[strip(p.y)] {
      let (a, b) = segments[Int(i)]
      if (a.y > p.y) != (b.y > p.y), (b.y > a.y) == (Predicates.orientation(a, b, p) > 0) {
        inside.toggle()
      }
    }
    return inside
  }

  /// Where a ray from p along ±x first meets a segment that does not end in p.
  func firstHit(from p: Point, towards sign: Double) -> Point? {
    var best = Double.infinity
    for i in strips[strip(p.y)] {
      let (a, b) = segments[Int(i)]
      guard a != p, b != p, min(a.y, b.y) <= p.y, p.y <= max(a.y, b.y) else { continue }
      var x = sign > 0 ? min(a.x, b.x) : max(a.x, b.x)
      if a.y != b.y { x = a.x + (p.y - a.y) / (b.y - a.y) * (b.x - a.x) }
      let distance = sign * (x - p.x)
      if distance > 0, distance < best { best = distance }
    }
    return best.isFinite ? Point(p.x + sign * best, p.y) : nil
  }
}
