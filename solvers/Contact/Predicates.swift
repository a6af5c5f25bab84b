/// A point or a direction in the plane, m.
public typealias Point = SIMD2<Double>

extension SIMD2<Double> {
  /// a·b.
  @inline(__always)
  public func dot(_ b: SIMD2<Double>) -> Double { x * b.x + y * b.y }

  /// a × b, positive where b lies to the left of a.
  @inline(__always)
  public func cross(_ b: SIMD2<Double>) -> Double { x * b.y - y * b.x }

  /// Euclidean length.
  @inline(__always)
  public var length: Double { (x * x + y * y).squareRoot() }

  /// Turned by 90° to the left.
  @inline(__always)
  public var left: SIMD2<Double> { SIMD2(-y, x) }
}

/// Exact signs of geometric expressions in floating-point coordinates.
///
/// A filter decides where the rounded value is larger than its error bound; else the expression is summed
/// exactly as an expansion of doubles (Dekker 1971; Shewchuk, Discrete Comput. Geom. 18 (1997)). Coordinates
/// must be such that products neither overflow nor underflow: magnitudes between 1e-140 and 1e140, or zero.
public enum Predicates {
  /// Positive where c lies to the left of the line from a to b, negative to the right, 0 on it: the sign
  /// is exact; the magnitude is about twice the area of the triangle.
  public static func orientation(_ a: Point, _ b: Point, _ c: Point) -> Double {
    let left = (a.x - c.x) * (b.y - c.y)
    let right = (a.y - c.y) * (b.x - c.x)
    let value = left - right
    let bound = 3.330_669_073_875_472e-16 * (abs(left) + abs(right))
    if value > bound || -value > bound { return value }
    // ax by − ay bx + bx cy − by cx + cx ay − cy ax.
    return Expansion.sign([
      (a.x, b.y), (-a.y, b.x), (b.x, c.y), (-b.y, c.x), (c.x, a.y), (-c.y, a.x),
    ])
  }

  /// Sign of (b − a) × (d − c), exact.
  public static func turn(_ a: Point, _ b: Point, _ c: Point, _ d: Point) -> Double {
    let (u, v) = (b - a, d - c)
    let (left, right) = (u.x * v.y, u.y * v.x)
    let value = left - right
    let bound = 8.9e-16 * (abs(left) + abs(right))
    // Differences are rounded too: their relative error is covered unless they cancel.
    let size = max(abs(a.x), abs(a.y), abs(b.x), abs(b.y), abs(c.x), abs(c.y), abs(d.x), abs(d.y))
    let slack = 4.5e-16 * size * (abs(u.x) + abs(u.y) + abs(v.x) + abs(v.y))
    if abs(value) > bound + slack { return value }
    return Expansion.sign([
      (b.x, d.y), (-b.x, c.y), (-a.x, d.y), (a.x, c.y),
      (-b.y, d.x), (b.y, c.x), (a.y, d.x), (-a.y, c.x),
    ])
  }

  /// Whether the closed segments ab and cd share a point.
  public static func segmentsMeet(_ a: Point, _ b: Point, _ c: Point, _ d: Point) -> Bool {
    let (p, q) = (orientation(a, b, c), orientation(a, b, d))
    let (r, s) = (orientation(c, d, a), orientation(c, d, b))
    if (p > 0 && q < 0 || p < 0 && q > 0) && (r > 0 && s < 0 || r < 0 && s > 0) { return true }
    func inBox(_ u: Point, _ v: Point, _ w: Point) -> Bool {
      min(u.x, v.x) <= w.x && w.x <= max(u.x, v.x) && min(u.y, v.y) <= w.y && w.y <= max(u.y, v.y)
    }
    return p == 0 && inBox(a, b, c) || q == 0 && inBox(a, b, d) || r == 0 && inBox(c, d, a)
      || s == 0 && inBox(c, d, b)
  }
}

/// Sums of doubles kept without any rounding, as non-overlapping parts from small to large.
private enum Expansion {
  /// Sign (with the size of the largest part) of Σ xᵢ yᵢ.
  static func sign(_ products: [(Double, Double)]) -> Double {
    var parts: [Double] = []
    for (x, y) in products {
      let high = x * y
      add((-high).addingProduct(x, y), to: &parts)
      add(high, to: &parts)
    }
    return parts.last { $0 != 0 } ?? 0
  }

  /// Grows the expansion by one number (Shewchuk's GROW-EXPANSION).
  private static func add(_ value: Double, to parts: inout [Double]) {
    var carry = value
    for i in parts.indices {
      let sum = carry + parts[i]
      let virtual = sum - carry
      parts[i] = (carry - (sum - virtual)) + (parts[i] - virtual)
      carry = sum
    }
    parts.append(carry)
  }
}
