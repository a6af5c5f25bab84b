import COpenBLAS

/// Leading dimensions must be positive even for empty matrices.
func leading(_ rows: Int) -> Int32 { Int32(max(rows, 1)) }

extension DenseMatrix {
  /// y ← scale · A x + keep · y.
  public func multiply(
    _ x: [Double], into y: inout [Double], scale: Double = 1, keeping keep: Double = 0
  ) {
    precondition(
      x.count == columns && y.count == rows, "\(rows)×\(columns): \(x.count), \(y.count)")
    _ = blasThreads
    cblas_dgemv(
      CblasColMajor, CblasNoTrans, Int32(rows), Int32(columns), scale, values, leading(rows), x, 1,
      keep, &y, 1)
  }

  /// y ← scale · Aᵀ x + keep · y.
  public func multiplyTransposed(
    _ x: [Double], into y: inout [Double], scale: Double = 1, keeping keep: Double = 0
  ) {
    precondition(
      x.count == rows && y.count == columns, "\(rows)×\(columns): \(x.count), \(y.count)")
    _ = blasThreads
    cblas_dgemv(
      CblasColMajor, CblasTrans, Int32(rows), Int32(columns), scale, values, leading(rows), x, 1,
      keep, &y, 1)
  }

  /// A x.
  public func times(_ x: [Double]) -> [Double] {
    var y = [Double](repeating: 0, count: rows)
    multiply(x, into: &y)
    return y
  }

  /// Aᵀ x.
  public func transposeTimes(_ x: [Double]) -> [Double] {
    var y = [Double](repeating: 0, count: columns)
    multiplyTransposed(x, into: &y)
    return y
  }

  /// A B.
  public static func * (A: DenseMatrix, B: DenseMatrix) -> DenseMatrix { product(A, B) }

  /// Aᵀ B.
  public func transposeTimes(_ B: DenseMatrix) -> DenseMatrix {
    DenseMatrix.product(self, B, transposingA: true)
  }

  /// A Bᵀ.
  public func timesTranspose(_ B: DenseMatrix) -> DenseMatrix {
    DenseMatrix.product(self, B, transposingB: true)
  }

  private static func product(
    _ A: DenseMatrix, _ B: DenseMatrix, transposingA: Bool = false, transposingB: Bool = false
  ) -> DenseMatrix {
    let (m, k) = transposingA ? (A.columns, A.rows) : (A.rows, A.columns)
    let (l, n) = transposingB ? (B.columns, B.rows) : (B.rows, B.columns)
    precondition(k == l, "\(m)×\(k) times \(l)×\(n)")
    var C = DenseMatrix(rows: m, columns: n)
    _ = blasThreads
    cblas_dgemm(
      CblasColMajor, transposingA ? CblasTrans : CblasNoTrans,
      transposingB ? CblasTrans : CblasNoTrans, Int32(m), Int32(n), Int32(k), 1, A.values,
      leading(A.rows), B.values, leading(B.rows), 0, &C.values, leading(m))
    return C
  }

  /// C ← Aᵀ A (`.columns`) or A Aᵀ (`.rows`); the lower triangle of `C` is written, the rest is left alone.
  public func gram(of vectors: GramVectors, intoLowerTriangleOf C: inout DenseMatrix) {
    let (n, k) = vectors == .columns ? (columns, rows) : (rows, columns)
    precondition(C.rows == n && C.columns == n, "\(C.rows)×\(C.columns) for a Gram matrix of \(n)")
    _ = blasThreads
    cblas_dsyrk(
      CblasColMajor, CblasLower, vectors == .columns ? CblasTrans : CblasNoTrans, Int32(n),
      Int32(k), 1, values, leading(rows), 0, &C.values, leading(n))
  }

  /// Whose inner products a Gram matrix holds.
  public enum GramVectors: Sendable {
    /// Aᵀ A.
    case columns
    /// A Aᵀ.
    case rows
  }

  /// A + B.
  public static func + (A: DenseMatrix, B: DenseMatrix) -> DenseMatrix {
    precondition(A.rows == B.rows && A.columns == B.columns, "a sum of different shapes")
    return DenseMatrix(
      rows: A.rows, columns: A.columns, values: zip(A.values, B.values).map { $0 + $1 })
  }

  /// A − B.
  public static func - (A: DenseMatrix, B: DenseMatrix) -> DenseMatrix {
    precondition(A.rows == B.rows && A.columns == B.columns, "a difference of different shapes")
    return DenseMatrix(
      rows: A.rows, columns: A.columns, values: zip(A.values, B.values).map { $0 - $1 })
  }
}
