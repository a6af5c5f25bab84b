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
  public static func * (A: DenseMatrix, B: DenseMatrix) -> DenseMatrix {
    precondition(A.columns == B.rows, "\(A.rows)×\(A.columns) times \(B.rows)×\(B.columns)")
    var C = DenseMatrix(rows: A.rows, columns: B.columns)
    _ = blasThreads
    cblas_dgemm(
      CblasColMajor, CblasNoTrans, CblasNoTrans, Int32(A.rows), Int32(B.columns),
      Int32(A.columns), 1, A.values, leading(A.rows), B.values, leading(B.rows), 0, &C.values,
      leading(C.rows))
    return C
  }

  /// Aᵀ B.
  public func transposeTimes(_ B: DenseMatrix) -> DenseMatrix {
    precondition(rows == B.rows, "\(rows)×\(columns) transposed times \(B.rows)×\(B.columns)")
    var C = DenseMatrix(rows: columns, columns: B.columns)
    _ = blasThreads
    cblas_dgemm(
      CblasColMajor, CblasTrans, CblasNoTrans, Int32(columns), Int32(B.columns), Int32(rows), 1,
      values, leading(rows), B.values, leading(B.rows), 0, &C.values, leading(C.rows))
    return C
  }

  /// A Bᵀ.
  public func timesTranspose(_ B: DenseMatrix) -> DenseMatrix {
    precondition(columns == B.columns, "\(rows)×\(columns) times \(B.rows)×\(B.columns) transposed")
    var C = DenseMatrix(rows: rows, columns: B.rows)
    _ = blasThreads
    cblas_dgemm(
      CblasColMajor, CblasNoTrans, CblasTrans, Int32(rows), Int32(B.rows), Int32(columns), 1,
      values, leading(rows), B.values, leading(B.rows), 0, &C.values, leading(C.rows))
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
  public enum GramVectors: Sendable { case columns, rows }

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
