import Glibc

/// Pairs of boxes that overlap, found by a uniform grid: linear in the number of boxes where they are of
/// about one size, and still correct where they are not.
public struct BroadPhase: Sendable {
  private var keys: [UInt64] = []
  private var boxes: [Int32] = []

  /// No pairs yet.
  public init() {}

  /// Calls `body` once with every pair i < j whose boxes overlap, ordered by i, then j.
  ///
  /// - Parameters:
  ///   - lower, upper: corners of the boxes.
  ///   - skip: boxes that need not be paired with one another (the fixed ones).
  public mutating func pairs(
    lower: [Point], upper: [Point], skip: (Int) -> Bool = { _ in false }
  ) -> [(Int, Int)] {
    let count = lower.count
    guard count > 1 else { return [] }
    var extents = (0..<count).map { max(upper[$0].x - lower[$0].x, upper[$0].y - lower[$0].y) }
    extents.sort()
    let origin = lower.reduce(lower[0]) { pointwiseMin($0, $1) }
    let span = upper.reduce(origin) { pointwiseMax($0, $1) } - origin
    // Most boxes then lie in at most four cells; a few large ones fill many. Boxes without size share the
    // cells of a fine grid.
    let least = max(span.x, span.y) / 0x1p20
    let cell = max(extents[count * 9 / 10], least, .leastNormalMagnitude)
    var entries: [(key: UInt64, box: Int32)] = []
    entries.reserveCapacity(4 * count)
    for i in 0..<count {
      let a = (lower[i] - origin) / cell, b = (upper[i] - origin) / cell
      for x in UInt64(a.x)...UInt64(b.x) {
        for y in UInt64(a.y)...UInt64(b.y) { entries.append((x << 32 | y, Int32(i))) }
      }
    }
    entries.sort { ($0.key, $0.box) < ($1.key, $1.box) }
    var found: [(Int, Int)] = []
    var start = 0
    while start < entries.count {
      var end = start + 1
      while end < entries.count, entries[end].key == entries[start].key { end += 1 }
      for p in start..<end {
        let i = Int(entries[p].box)
        for q in p + 1..<max(end, p + 1) {
          let j = Int(entries[q].box)
          guard lower[i].x <= upper[j].x, lower[j].x <= upper[i].x, lower[i].y <= upper[j].y,
            lower[j].y <= upper[i].y
          else { continue }
          // A pair that shares several cells counts in the one of its overlap's lower corner.
          let corner = (pointwiseMax(lower[i], lower[j]) - origin) / cell
          guard UInt64(corner.x) << 32 | UInt64(corner.y) == entries[start].key else { continue }
          if skip(i), skip(j) { continue }
          found.append((i, j))
        }
      }
      start = end
    }
    found.sort { $0 < $1 }
    return found
  }
}
