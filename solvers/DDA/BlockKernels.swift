import Mechanics

/// Products and inverses of blocks whose columns stand in registers; blocks and vectors are a buffer and a place in it.
enum BlockKernels {
  /// sum + B v of a block of six unknowns.
  @inline(__always)
  static func apply6(_ B: LaneBuffer, _ at: Int, _ v: Lanes, _ sum: Lanes) -> Lanes {
    // Two sums, so that one addition need not wait for the other.
    let even = B[at] * v[0] + B[at + 2] * v[2] + B[at + 4] * v[4]
    let odd = B[at + 1] * v[1] + B[at + 3] * v[3] + B[at + 5] * v[5]
    return sum + (even + odd)
  }

  /// sum + B v of a block of twelve unknowns in two registers.
  @inline(__always)
  static func apply12(_ B: LaneBuffer, _ at: Int, _ v: LanePair, _ sum: LanePair) -> LanePair {
    var out = sum
    for c in 0..<8 {
      out.first += B[at + 2 * c] * v.first[c]
      out.second += B[at + 2 * c + 1] * v.first[c]
    }
    for c in 0..<4 {
      out.first += B[at + 2 * c + 16] * v.second[c]
      out.second += B[at + 2 * c + 17] * v.second[c]
    }
    return out
  }

  /// sum + B v.
  @inline(__always)
  static func apply(
    _ B: LaneBuffer, _ at: Int, _ v: LanePair, _ sum: LanePair, lanes: Int
  ) -> LanePair {
    lanes == 1
      ? LanePair(first: apply6(B, at, v.first, sum.first), second: Lanes())
      : apply12(B, at, v, sum)
  }

  /// B += p n uᵀ + q t vᵀ, columns of B along n and t.
  @inline(__always)
  static func addOuter(
    _ B: LaneBuffer, _ at: Int, _ n: LanePair, _ u: LanePair, _ p: Double, _ t: LanePair,
    _ v: LanePair, _ q: Double, lanes: Int
  ) {
    if lanes == 1 {
      let (x, y) = (p * n.first, q * t.first)
      for c in 0..<6 { B[at + c] += x * u.first[c] + y * v.first[c] }
    } else {
      for c in 0..<12 {
        let (x, y) = (p * u[c], q * v[c])
        B[at + 2 * c] += x * n.first + y * t.first
        B[at + 2 * c + 1] += x * n.second + y * t.second
      }
    }
  }

  /// Gauss–Jordan without pivoting in place: blocks are positive definite, or false comes back.
  @inline(__always)
  static func invert6(_ B: LaneBuffer, _ at: Int) -> Bool {
    for k in 0..<6 {
      var column = B[at + k]
      let pivot = column[k]
      guard pivot > 0, pivot.isFinite else { return false }
      let scale = 1 / pivot
      column *= scale
      for c in 0..<6 where c != k {
        var other = B[at + c]
        let factor = other[k]
        other -= factor * column
        other[k] = factor * scale
        B[at + c] = other
      }
      column = -column
      column[k] = scale
      B[at + k] = column
    }
    return true
  }

  /// The same for any number of unknowns.
  static func invert(_ B: LaneBuffer, _ at: Int, unknowns: Int, lanes: Int) -> Bool {
    if lanes == 1 { return invert6(B, at) }
    for k in 0..<unknowns {
      let pivot = B[at + k * lanes + k / 8][k % 8]
      guard pivot > 0, pivot.isFinite else { return false }
      let scale = 1 / pivot
      for l in 0..<lanes { B[at + k * lanes + l] *= scale }
      for c in 0..<unknowns where c != k {
        let factor = B[at + c * lanes + k / 8][k % 8]
        for l in 0..<lanes { B[at + c * lanes + l] -= factor * B[at + k * lanes + l] }
        B[at + c * lanes + k / 8][k % 8] = factor * scale
      }
      for l in 0..<lanes { B[at + k * lanes + l] *= -1 }
      B[at + k * lanes + k / 8][k % 8] = scale
    }
    return true
  }

  /// B⁻¹ r; B is lost. Nil where B is not positive definite.
  @inline(__always)
  static func solve(_ B: LaneBuffer, _ r: LanePair, lanes: Int) -> LanePair? {
    if lanes == 1 {
      guard let x = solve6(B, r.first) else { return nil }
      return LanePair(first: x, second: Lanes())
    }
    guard invert(B, 0, unknowns: 12, lanes: 2) else { return nil }
    return apply12(B, 0, r, LanePair())
  }

  /// Elimination without pivoting of six unknowns; B is lost.
  @inline(__always)
  private static func solve6(_ B: LaneBuffer, _ r: Lanes) -> Lanes? {
    var (right, x) = (r, Lanes())
    for k in 0..<6 {
      let column = B[k]
      let pivot = column[k]
      guard pivot > 0, pivot.isFinite else { return nil }
      let scaled = column * (1 / pivot)
      // Columns are rows: the matrix is symmetric, and stays so.
      for c in k + 1..<6 { B[c] -= column[c] * scaled }
      let share = right[k]
      right -= share * scaled
      right[k] = share / pivot
      B[k] = scaled
    }
    for k in stride(from: 5, through: 0, by: -1) {
      var sum = right[k]
      let column = B[k]
      for c in k + 1..<6 { sum -= column[c] * x[c] }
      x[k] = sum
    }
    return x
  }
}
