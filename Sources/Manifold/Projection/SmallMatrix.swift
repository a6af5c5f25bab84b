import Glibc

/// Symmetric positive definite matrices of a few rows, row by row: what is prepared once per pattern of an
/// observation, in plain loops.
enum SmallMatrix {
  /// The inverse; nil where a pivot is not positive or not finite.
  static func inverse(_ A: [Double]) -> [Double]? {
    let n = Int(Double(A.count).squareRoot().rounded())
    precondition(n * n == A.count, "\(A.count) entries are no square")
    let factor = Factor(A, count: n)
    guard factor.dropped.isEmpty else { return nil }
    var out = [Double](repeating: 0, count: n * n)
    for j in 0..<n {
      var e = [Double](repeating: 0, count: n)
      e[j] = 1
      factor.solve(&e)
      for i in 0..<n { out[n * i + j] = e[i] }
    }
    for i in 0..<n {
      for j in 0..<i {
        let mean = 0.5 * (out[n * i + j] + out[n * j + i])
        out[n * i + j] = mean
        out[n * j + i] = mean
      }
    }
    return out
  }

  /// A Cholesky factor that leaves out rows which depend on earlier ones.
  struct Factor {
    let n: Int
    private(set) var L: [Double]
    private var inverse: [Double]
    /// Rows left out: to rounding they are combinations of earlier rows.
    private(set) var dropped: [Int] = []

    init(_ A: [Double], count n: Int) {
      self.n = n
      L = A
      inverse = Array(repeating: 0, count: n)
      for j in 0..<n {
        let diagonal = A[n * j + j]
        var pivot = diagonal
        for k in 0..<j { pivot -= L[n * j + k] * L[n * j + k] }
        // Pivots below this share of the diagonal are what rounding leaves of a dependent row.
        guard pivot > 1e-11 * diagonal, pivot.isFinite else {
          dropped.append(j)
          for i in j..<n { L[n * i + j] = 0 }
          for k in 0..<j { L[n * j + k] = 0 }
          continue
        }
        inverse[j] = 1 / pivot.squareRoot()
        for i in j..<n {
          var sum = A[n * i + j]
          for k in 0..<j { sum -= L[n * i + k] * L[n * j + k] }
          L[n * i + j] = sum * inverse[j]
        }
      }
    }

    /// Solves with the rows that were kept; unknowns of dropped rows are 0.
    func solve(_ b: inout [Double]) {
      for i in 0..<n {
        for k in 0..<i { b[i] -= L[n * i + k] * b[k] }
        b[i] *= inverse[i]
      }
      for i in stride(from: n - 1, through: 0, by: -1) {
        for k in i + 1..<max(n, i + 1) { b[i] -= L[n * k + i] * b[k] }
        b[i] *= inverse[i]
      }
    }
  }
}
