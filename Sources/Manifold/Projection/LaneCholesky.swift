import Glibc
import Mechanics

/// Which of eight points something is true for.
typealias LaneMask = SIMDMask<SIMD8<Int64>>

extension LaneMask {
  /// True in every lane, or in none.
  @inline(__always)
  init(all value: Bool) { self.init(repeating: value) }
}

extension SIMD8<Double> {
  /// Lanes that are neither infinite nor NaN.
  @inline(__always)
  var isFinite: LaneMask { (self - self) .== 0 }

  /// Absolute values.
  @inline(__always)
  var magnitudes: Lanes { replacing(with: -self, where: self .< 0) }
}

/// Cholesky factors of eight symmetric n × n matrices side by side.
struct LaneCholesky {
  let n: Int
  private var L: [Lanes]
  private var inverse: [Lanes]

  init(count n: Int) {
    self.n = n
    L = Array(repeating: Lanes(), count: n * n)
    inverse = Array(repeating: Lanes(), count: n)
  }

  /// Factors the lower triangle of A (row by row).
  ///
  /// A pivot not above `threshold` times its diagonal entry is left out: solutions have 0 there.
  /// - Returns: lanes in which a pivot was left out.
  mutating func factorise(_ A: [Lanes], threshold: Double = 1e-14) -> LaneMask {
    var bad = LaneMask(all: false)
    for j in 0..<n {
      var pivot = A[n * j + j]
      let least = threshold * pivot.magnitudes
      for k in 0..<j { pivot -= L[n * j + k] * L[n * j + k] }
      let good = pivot .> least
      bad = (bad .| .!good)
      let scale = Lanes().replacing(with: 1 / pivot.squareRoot(), where: good)
      inverse[j] = scale
      for i in j + 1..<max(n, j + 1) {
        var sum = A[n * i + j]
        for k in 0..<j { sum -= L[n * i + k] * L[n * j + k] }
        L[n * i + j] = sum * scale
      }
    }
    return bad
  }

  /// Solves A x = b for the n numbers of b that start at `offset`.
  @inline(__always)
  func solve(_ b: inout [Lanes], at offset: Int = 0) {
    forward(&b, at: offset)
    backward(&b, at: offset)
  }

  /// Solves L x = b.
  @inline(__always)
  func forward(_ b: inout [Lanes], at offset: Int = 0) {
    for i in 0..<n {
      var sum = b[offset + i]
      for k in 0..<i { sum -= L[n * i + k] * b[offset + k] }
      b[offset + i] = sum * inverse[i]
    }
  }

  /// Solves Lᵀ x = b.
  @inline(__always)
  func backward(_ b: inout [Lanes], at offset: Int = 0) {
    for i in stride(from: n - 1, through: 0, by: -1) {
      var sum = b[offset + i]
      for k in i + 1..<max(n, i + 1) { sum -= L[n * k + i] * b[offset + k] }
      b[offset + i] = sum * inverse[i]
    }
  }

  /// L⁻¹ A L⁻ᵀ in place, for a symmetric A given in full.
  func whiten(_ A: inout [Lanes]) {
    for row in 0..<n { forward(&A, at: n * row) }
    LaneMatrix.transpose(&A, n)
    for row in 0..<n { forward(&A, at: n * row) }
  }

  /// L⁻ᵀ A L⁻¹ in place, for a symmetric A given in full.
  func unwhiten(_ A: inout [Lanes]) {
    for row in 0..<n { backward(&A, at: n * row) }
    LaneMatrix.transpose(&A, n)
    for row in 0..<n { backward(&A, at: n * row) }
  }
}

/// Eight small matrices side by side, row by row.
enum LaneMatrix {
  static func transpose(_ A: inout [Lanes], _ n: Int) {
    for i in 0..<n { for j in 0..<i { A.swapAt(n * i + j, n * j + i) } }
  }

  /// Eigenvalues (on the diagonal of A afterwards) and, where `V` is not empty, eigenvectors as columns of
  /// V, by cyclic Jacobi (Golub & Van Loan, Matrix Computations, 2013, §8.5). A is given in full.
  static func eigen(_ A: inout [Lanes], _ V: inout [Lanes], _ n: Int) {
    if !V.isEmpty {
      for k in 0..<n * n { V[k] = Lanes(repeating: k % (n + 1) == 0 ? 1 : 0) }
    }
    for _ in 0..<12 {
      var off = Lanes()
      var size = Lanes()
      for i in 0..<n {
        size += A[n * i + i] * A[n * i + i]
        for j in 0..<i { off += A[n * i + j] * A[n * i + j] }
      }
      // Lanes that are diagonal rest, so that no lane depends on its neighbours.
      let isOpen = off .> 1e-30 * size
      if !any(isOpen) { return }
      for p in 0..<n - 1 { for q in p + 1..<n { rotate(&A, &V, n, p, q, isOpen) } }
    }
  }

  /// One rotation that annuls entry (p, q).
  @inline(__always)
  private static func rotate(
    _ A: inout [Lanes], _ V: inout [Lanes], _ n: Int, _ p: Int, _ q: Int, _ mask: LaneMask
  ) {
    let apq = A[n * p + q]
    let half = 0.5 * (A[n * q + q] - A[n * p + p])
    let radius = (half * half + apq * apq).squareRoot()
    var t = apq / (half.magnitudes + radius)
    t.replace(with: -t, where: half .< 0)
    t.replace(with: 0, where: .!(radius .> 0) .| .!mask)
    let c = 1 / (1 + t * t).squareRoot()
    let s = t * c
    A[n * p + p] -= t * apq
    A[n * q + q] += t * apq
    A[n * p + q].replace(with: 0, where: mask)
    A[n * q + p].replace(with: 0, where: mask)
    for r in 0..<n where r != p && r != q {
      let (arp, arq) = (A[n * r + p], A[n * r + q])
      A[n * r + p] = c * arp - s * arq
      A[n * r + q] = s * arp + c * arq
      A[n * p + r] = A[n * r + p]
      A[n * q + r] = A[n * r + q]
    }
    guard !V.isEmpty else { return }
    for r in 0..<n {
      let (vp, vq) = (V[n * r + p], V[n * r + q])
      V[n * r + p] = c * vp - s * vq
      V[n * r + q] = s * vp + c * vq
    }
  }
}
