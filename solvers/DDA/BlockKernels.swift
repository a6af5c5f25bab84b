import CBlockKernels
import Mechanics

/// Products and inverses of single blocks whose columns stand in registers.
enum BlockKernels {
  /// B v of the block at a place.
  @inline(__always)
  static func apply(_ B: LaneBuffer, _ at: Int, _ v: LanePair, lanes: Int) -> LanePair {
    // The second register stays zero where blocks have one.
    var (x, out) = (v, LanePair())
    dm_apply(B.base + at, &x, &out, lanes == 2)
    return out
  }

  /// B += p n uᵀ + q t vᵀ for the block at a place of B; n, u, t, v are places in `rows`.
  @inline(__always)
  static func addOuter(
    _ B: LaneBuffer, _ at: Int, _ rows: LaneBuffer, _ n: Int, _ u: Int, _ p: Double, _ t: Int,
    _ v: Int, _ q: Double, lanes: Int
  ) {
    let r = rows.base
    dm_outer(B.base + at, r + n, r + u, p, r + t, r + v, q, lanes == 2)
  }

  /// Gauss–Jordan without pivoting in place, of a block of any number of unknowns that is all of the buffer; false
  /// where it is not positive definite.
  @inline(__always)
  static func invert(_ B: LaneBuffer, lanes: Int) -> Bool {
    if lanes == 1 { return dm_invert6(B.base) }
    let unknowns = B.count / lanes
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
  static func solve(_ B: LaneBuffer, _ r: LanePair, lanes: Int) -> LanePair? {
    guard invert(B, lanes: lanes) else { return nil }
    return apply(B, 0, r, lanes: lanes)
  }
}
