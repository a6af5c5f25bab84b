import Glibc
import LinearAlgebra

/// What images change by when residuals change, J ≈ A B of low rank, from all windows so far.
struct InverseJacobian: Sendable, Codable {
  /// Columns of A and rows of B.
  private var A: [[Double]] = [], B: [[Double]] = []

  var isEmpty: Bool { A.isEmpty }

  mutating func forget() { (A, B) = ([], []) }

  /// J v.
  func times(_ v: [Double]) -> [Double] {
    var out = [Double](repeating: 0, count: v.count)
    for k in A.indices {
      let part = dot(B[k], v)
      for i in out.indices { out[i] += part * A[k][i] }
    }
    return out
  }

  /// J ← J + (W − J V) V⁺ with the differences V, W of a window and the factors of the scaled V.
  mutating func learn(
    _ qr: FilteredQR, kept: [(residual: [Double], image: [Double])], scale: ([Double]) -> [Double]
  ) {
    guard let count = kept.first?.residual.count else { return }
    let added = kept.map { minus($0.image, times($0.residual)) }
    // Rows of V⁺ = R⁻¹ Qᵀ S, one right side of unit vectors at a time.
    var rows = kept.map { _ in [Double](repeating: 0, count: count) }
    var unit = [Double](repeating: 0, count: count)
    for i in 0..<count {
      unit[i] = 1
      for (j, a) in qr.leastSquares(scale(unit)).enumerated() { rows[j][i] = a }
      unit[i] = 0
    }
    A += added
    B += rows
  }

  /// Drops singular values below a share of the largest.
  mutating func truncate(_ share: Double) {
    let (a, b) = (FilteredQR(A, filter: .none), FilteredQR(B, filter: .none))
    guard !a.Q.isEmpty, !b.Q.isEmpty else { return }
    var core = DenseMatrix(rows: a.Q.count, columns: b.Q.count)
    for k in A.indices {
      let (u, v) = (a.Q.map { dot($0, A[k]) }, b.Q.map { dot($0, B[k]) })
      for i in u.indices { for j in v.indices { core[i, j] += u[i] * v[j] } }
    }
    guard let svd = try? core.singularValues(), let most = svd.values.first, most > 0 else {
      return
    }
    let rank = svd.values.count { $0 > share * most }
    func combine(_ basis: [[Double]], _ factors: (Int) -> Double) -> [Double] {
      var out = [Double](repeating: 0, count: basis[0].count)
      for k in basis.indices { for i in out.indices { out[i] += factors(k) * basis[k][i] } }
      return out
    }
    A = (0..<rank).map { m in combine(a.Q) { svd.U[$0, m] * svd.values[m] } }
    B = (0..<rank).map { m in combine(b.Q) { svd.VT[m, $0] } }
  }
}
