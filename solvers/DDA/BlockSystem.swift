import Contact
import Glibc
import Mechanics

/// A symmetric positive definite system in blocks of 6 or 12 unknowns: columns of a block stand in registers
/// of eight, so that a product is one multiply-add per column.
struct BlockSystem: Sendable {
  let unknowns: Int, lanes: Int
  private(set) var count = 0
  /// Entry of a block: column c begins at `(block * unknowns + c) * lanes`.
  var diagonal: [Lanes] = []
  /// Pairs i < j, and for each the blocks ij and ji.
  private(set) var pairs: [(i: Int32, j: Int32)] = []
  var upper: [Lanes] = [], lower: [Lanes] = []
  var rhs: [Lanes] = []
  private var inverse, residual, search, product, refined: [Lanes]

  init(unknowns: Int) {
    self.unknowns = unknowns
    lanes = (unknowns + 7) / 8
    (inverse, residual, search, product, refined) = ([], [], [], [], [])
  }

  /// Makes room for blocks and pairs.
  mutating func resize(_ count: Int, pairs: [(i: Int32, j: Int32)]) {
    self.count = count
    self.pairs = pairs
    let size = count * unknowns * lanes
    func fit(_ v: inout [Lanes], _ n: Int) {
      if v.count != n { v = Array(repeating: Lanes(), count: n) }
    }
    fit(&diagonal, size)
    fit(&inverse, size)
    fit(&upper, pairs.count * unknowns * lanes)
    fit(&lower, pairs.count * unknowns * lanes)
    let width = count * lanes
    fit(&rhs, width)
    fit(&residual, width)
    fit(&search, width)
    fit(&product, width)
    fit(&refined, width)
  }

  /// y = A x.
  private func multiply(_ x: [Lanes], into y: inout [Lanes]) {
    let stride = unknowns * lanes
    for b in 0..<count {
      for l in 0..<lanes { y[b * lanes + l] = Lanes() }
      apply(diagonal, b * stride, x, b, &y, b)
    }
    for (p, pair) in pairs.enumerated() {
      let (i, j) = (Int(pair.i), Int(pair.j))
      apply(upper, p * stride, x, j, &y, i)
      apply(lower, p * stride, x, i, &y, j)
    }
  }

  /// y_to += B x_from.
  @inline(__always)
  private func apply(
    _ B: [Lanes], _ start: Int, _ x: [Lanes], _ from: Int, _ y: inout [Lanes], _ to: Int
  ) {
    if lanes == 1 {
      let v = x[from]
      var sum = y[to]
      for c in 0..<6 { sum += B[start + c] * v[c] }
      y[to] = sum
    } else {
      var (a, b) = (y[2 * to], y[2 * to + 1])
      for c in 0..<12 {
        let v = x[2 * from + c / 8][c % 8]
        a += B[start + 2 * c] * v
        b += B[start + 2 * c + 1] * v
      }
      (y[2 * to], y[2 * to + 1]) = (a, b)
    }
  }

  private func dot(_ a: [Lanes], _ b: [Lanes]) -> Double {
    var sum = Lanes()
    for i in a.indices { sum += a[i] * b[i] }
    return sum.sum()
  }

  /// Conjugate gradients with the inverse diagonal blocks as preconditioner (block Jacobi), from the given x.
  ///
  /// - Parameter tolerance: of the residual's Euclidean norm, absolute.
  /// - Returns: iterations, or nil where the matrix is not positive definite or the limit is met.
  mutating func solve(_ x: inout [Lanes], tolerance: Double, limit: Int) -> Int? {
    guard invertDiagonal() else { return nil }
    multiply(x, into: &product)
    for i in residual.indices { residual[i] = rhs[i] - product[i] }
    let stop = tolerance * tolerance
    guard dot(residual, residual) > stop else { return 0 }
    precondition()
    for i in search.indices { search[i] = refined[i] }
    var rz = dot(residual, refined)
    for iteration in 1...max(limit, 1) {
      multiply(search, into: &product)
      let curvature = dot(search, product)
      guard curvature > 0, curvature.isFinite else { return nil }
      let step = rz / curvature
      for i in x.indices {
        x[i] += step * search[i]
        residual[i] -= step * product[i]
      }
      if dot(residual, residual) <= stop { return iteration }
      precondition()
      let next = dot(residual, refined)
      let share = next / rz
      rz = next
      for i in search.indices { search[i] = refined[i] + share * search[i] }
    }
    return nil
  }

  private mutating func precondition() {
    for b in 0..<count {
      for l in 0..<lanes { refined[b * lanes + l] = Lanes() }
      apply(inverse, b * unknowns * lanes, residual, b, &refined, b)
    }
  }

  /// Gauss–Jordan without pivoting, columns in registers: the blocks are positive definite.
  private mutating func invertDiagonal() -> Bool {
    let stride = unknowns * lanes
    for b in 0..<count {
      let start = b * stride
      for c in 0..<stride { inverse[start + c] = diagonal[start + c] }
      for k in 0..<unknowns {
        let pivot = inverse[start + k * lanes + k / 8][k % 8]
        guard pivot > 0, pivot.isFinite else { return false }
        let scale = 1 / pivot
        // Column k of the matrix becomes that of the inverse in place.
        for l in 0..<lanes { inverse[start + k * lanes + l] *= scale }
        inverse[start + k * lanes + k / 8][k % 8] = scale
        for c in 0..<unknowns where c != k {
          let factor = inverse[start + c * lanes + k / 8][k % 8]
          for l in 0..<lanes {
            inverse[start + c * lanes + l] -= factor * inverse[start + k * lanes + l]
          }
          inverse[start + c * lanes + k / 8][k % 8] = factor * scale
        }
        for l in 0..<lanes { inverse[start + k * lanes + l] *= -1 }
        inverse[start + k * lanes + k / 8][k % 8] = scale
      }
    }
    return true
  }
}
