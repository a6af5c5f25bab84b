import Mechanics

// Memory in registers of eight, and what runs over it in the innermost loops: unchecked. Pointers of it are handed to
// `BlockSystem`, assembly and sweeps, which index it by blocks and pairs of their own making.

/// Numbers in registers of eight, all zero at first.
final class LaneBuffer {
  let base: UnsafeMutablePointer<Lanes>
  let count: Int

  init(_ count: Int) {
    self.count = count
    base = UnsafeMutablePointer<Lanes>.allocate(capacity: max(count, 1))
    base.initialize(repeating: Lanes(), count: max(count, 1))
  }

  deinit { base.deallocate() }

  @inline(__always)
  subscript(i: Int) -> Lanes {
    get {
      assert(i >= 0 && i < count)
      return base[i]
    }
    set {
      assert(i >= 0 && i < count)
      base[i] = newValue
    }
  }

  func clear() { base.update(repeating: Lanes(), count: count) }
}

/// Products and inverses of blocks whose columns stand in registers.
enum BlockKernels {
  /// sum + B v of a block of six unknowns.
  @inline(__always)
  static func apply6(_ B: UnsafePointer<Lanes>, _ v: Lanes, _ sum: Lanes) -> Lanes {
    // Two sums, so that one addition need not wait for the other.
    let even = B[0] * v[0] + B[2] * v[2] + B[4] * v[4]
    let odd = B[1] * v[1] + B[3] * v[3] + B[5] * v[5]
    return sum + (even + odd)
  }

  /// y += B v of a block of twelve unknowns in two registers.
  @inline(__always)
  static func apply12(
    _ B: UnsafePointer<Lanes>, _ v: UnsafePointer<Lanes>, _ y: UnsafeMutablePointer<Lanes>
  ) {
    var (a, b) = (y[0], y[1])
    for c in 0..<8 {
      a += B[2 * c] * v[0][c]
      b += B[2 * c + 1] * v[0][c]
    }
    for c in 0..<4 {
      a += B[2 * c + 16] * v[1][c]
      b += B[2 * c + 17] * v[1][c]
    }
    (y[0], y[1]) = (a, b)
  }

  /// y += B v for any number of registers.
  @inline(__always)
  static func apply(
    _ B: UnsafePointer<Lanes>, _ v: UnsafePointer<Lanes>, _ y: UnsafeMutablePointer<Lanes>,
    lanes: Int
  ) {
    if lanes == 1 { y[0] = apply6(B, v[0], y[0]) } else { apply12(B, v, y) }
  }

  /// B += a uᵀ + b vᵀ, columns of B along a and b.
  @inline(__always)
  static func addOuter(
    _ B: UnsafeMutablePointer<Lanes>, _ a: UnsafePointer<Lanes>, _ u: UnsafePointer<Lanes>,
    _ p: Double, _ b: UnsafePointer<Lanes>, _ v: UnsafePointer<Lanes>, _ q: Double, lanes: Int
  ) {
    if lanes == 1 {
      let (x, y) = (p * a[0], q * b[0])
      let (s, t) = (u[0], v[0])
      for c in 0..<6 { B[c] += x * s[c] + y * t[c] }
    } else {
      for c in 0..<12 {
        let (s, t) = (p * u[c / 8][c % 8], q * v[c / 8][c % 8])
        B[2 * c] += s * a[0] + t * b[0]
        B[2 * c + 1] += s * a[1] + t * b[1]
      }
    }
  }

  /// Gauss–Jordan without pivoting in place: blocks are positive definite, or false comes back.
  @inline(__always)
  static func invert6(_ B: UnsafeMutablePointer<Lanes>) -> Bool {
    for k in 0..<6 {
      let pivot = B[k][k]
      guard pivot > 0, pivot.isFinite else { return false }
      let scale = 1 / pivot
      var column = B[k] * scale
      for c in 0..<6 where c != k {
        let factor = B[c][k]
        var other = B[c] - factor * column
        other[k] = factor * scale
        B[c] = other
      }
      column = -column
      column[k] = scale
      B[k] = column
    }
    return true
  }

  /// The same for any number of unknowns.
  static func invert(_ B: UnsafeMutablePointer<Lanes>, unknowns: Int, lanes: Int) -> Bool {
    for k in 0..<unknowns {
      let pivot = B[k * lanes + k / 8][k % 8]
      guard pivot > 0, pivot.isFinite else { return false }
      let scale = 1 / pivot
      for l in 0..<lanes { B[k * lanes + l] *= scale }
      for c in 0..<unknowns where c != k {
        let factor = B[c * lanes + k / 8][k % 8]
        for l in 0..<lanes { B[c * lanes + l] -= factor * B[k * lanes + l] }
        B[c * lanes + k / 8][k % 8] = factor * scale
      }
      for l in 0..<lanes { B[k * lanes + l] *= -1 }
      B[k * lanes + k / 8][k % 8] = scale
    }
    return true
  }

  /// B⁻¹ r; B is lost. Nil where B is not positive definite.
  @inline(__always)
  static func solve(_ B: UnsafeMutablePointer<Lanes>, _ r: LanePair, lanes: Int) -> LanePair? {
    var out = LanePair()
    if lanes == 1 {
      guard invert6(B) else { return nil }
      out.first = apply6(B, r.first, Lanes())
    } else {
      guard invert(B, unknowns: 12, lanes: 2) else { return nil }
      for c in 0..<12 {
        out.first += B[2 * c] * r[c]
        out.second += B[2 * c + 1] * r[c]
      }
    }
    return out
  }
}
