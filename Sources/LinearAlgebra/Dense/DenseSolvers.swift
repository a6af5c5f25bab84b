import CLAPACKE

/// LAPACK's letters.
func letter(_ character: Unicode.Scalar) -> CChar { CChar(character.value) }

/// A = L Lᵀ of a symmetric positive definite matrix; its lower triangle is read.
public struct Cholesky: Sendable {
  private var factor: DenseMatrix

  /// - Throws: `.notFinite`, `.notPositiveDefinite`.
  public init(_ A: DenseMatrix) throws(LinearSolverError) {
    precondition(A.rows == A.columns, "a factorisation of \(A.rows)×\(A.columns)")
    guard isFinite(A.values) else { throw .notFinite }
    factor = A
    guard Cholesky.factorise(&factor) else { throw .notPositiveDefinite }
  }

  /// Overwrites the right-hand side with the solution.
  public func solve(_ b: inout [Double]) { Cholesky.solve(factor: factor, &b) }

  /// Overwrites the lower triangle of `A` with L; no allocation. False where `A` is not definite or not
  /// finite.
  public static func factorise(_ A: inout DenseMatrix) -> Bool {
    _ = blasThreads
    let n = Int32(A.rows)
    guard LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, letter("L"), n, &A.values, leading(A.rows)) == 0
    else { return false }
    for i in 0..<A.rows where !A.values[i + A.rows * i].isFinite { return false }
    return true
  }

  /// Solves with a factor from `factorise`; no allocation.
  public static func solve(factor: DenseMatrix, _ b: inout [Double]) {
    precondition(b.count == factor.rows, "\(b.count) values for \(factor.rows) equations")
    _ = LAPACKE_dpotrs_work(
      LAPACK_COL_MAJOR, letter("L"), Int32(factor.rows), 1, factor.values, leading(factor.rows),
      &b, leading(factor.rows))
  }
}

/// P A = L U of a square matrix.
public struct LU: Sendable {
  private var factor: DenseMatrix
  private var pivots: [Int32]

  /// - Throws: `.notFinite`, `.singular` for a pivot that is exactly zero.
  public init(_ A: DenseMatrix) throws(LinearSolverError) {
    precondition(A.rows == A.columns, "a factorisation of \(A.rows)×\(A.columns)")
    guard isFinite(A.values) else { throw .notFinite }
    factor = A
    pivots = Array(repeating: 0, count: A.rows)
    _ = blasThreads
    let n = Int32(A.rows)
    let info = LAPACKE_dgetrf(LAPACK_COL_MAJOR, n, n, &factor.values, leading(A.rows), &pivots)
    if info > 0 { throw .singular(row: Int(info) - 1) }
    oneNorm = (0..<A.columns).map { A.column($0).reduce(0) { $0 + abs($1) } }.max() ?? 0
  }

  private let oneNorm: Double

  /// Overwrites the right-hand side with the solution.
  public func solve(_ b: inout [Double]) {
    precondition(b.count == factor.rows, "\(b.count) values for \(factor.rows) equations")
    _ = LAPACKE_dgetrs(
      LAPACK_COL_MAJOR, letter("N"), Int32(factor.rows), 1, factor.values, leading(factor.rows),
      pivots, &b, leading(factor.rows))
  }

  /// Estimated reciprocal condition number in the 1-norm; near round-off the matrix is singular.
  public var reciprocalCondition: Double {
    var result = 0.0
    _ = LAPACKE_dgecon(
      LAPACK_COL_MAJOR, letter("1"), Int32(factor.rows), factor.values, leading(factor.rows),
      oneNorm, &result)
    return result
  }

  /// det A.
  public var determinant: Double {
    (0..<factor.rows).reduce(1) { product, i in
      (Int(pivots[i]) == i + 1 ? product : -product) * factor[i, i]
    }
  }
}

extension DenseMatrix {
  /// min ‖A x − b‖₂, and of all solutions the shortest: QR with column pivoting.
  ///
  /// - Parameter tolerance: columns whose part of R is smaller than this, relative to the largest, are
  ///   taken as dependent.
  /// - Returns: the solution and the rank found.
  public func leastSquares(
    _ b: [Double], tolerance: Double = 1e-13
  ) throws(LinearSolverError) -> (x: [Double], rank: Int) {
    precondition(b.count == rows, "\(b.count) values for \(rows) equations")
    guard isFinite(values), isFinite(b) else { throw .notFinite }
    _ = blasThreads
    var work = values
    var x = b + Array(repeating: 0, count: Swift.max(columns - rows, 0))
    var pivots = [Int32](repeating: 0, count: Swift.max(columns, 1))
    var rank: Int32 = 0
    let info = LAPACKE_dgelsy(
      LAPACK_COL_MAJOR, Int32(rows), Int32(columns), 1, &work, leading(rows), &x,
      leading(Swift.max(rows, columns)), &pivots, tolerance, &rank)
    guard info == 0 else { throw .failed("least squares (LAPACK dgelsy) failed with code \(info)") }
    return (Array(x.prefix(columns)), Int(rank))
  }

  /// A = V diag(values) Vᵀ of a symmetric matrix; its lower triangle is read.
  /// - Returns: eigenvalues ascending, eigenvectors as columns.
  public func symmetricEigen() throws(LinearSolverError) -> (
    values: [Double], vectors: DenseMatrix
  ) {
    precondition(rows == columns, "eigenvalues of \(rows)×\(columns)")
    guard isFinite(values) else { throw .notFinite }
    _ = blasThreads
    var vectors = self
    var eigenvalues = [Double](repeating: 0, count: rows)
    let info = LAPACKE_dsyevd(
      LAPACK_COL_MAJOR, letter("V"), letter("L"), Int32(rows), &vectors.values, leading(rows),
      &eigenvalues)
    guard info == 0 else { throw .failed("eigenvalues (LAPACK dsyevd) failed with code \(info)") }
    return (eigenvalues, vectors)
  }

  /// A = U diag(values) Vᵀ with k = min(rows, columns) singular values, descending.
  /// - Returns: U (rows × k), the singular values, Vᵀ (k × columns).
  public func singularValues() throws(LinearSolverError) -> (
    U: DenseMatrix, values: [Double], VT: DenseMatrix
  ) {
    guard isFinite(values) else { throw .notFinite }
    _ = blasThreads
    let k = Swift.min(rows, columns)
    var work = values
    var U = DenseMatrix(rows: rows, columns: k)
    var VT = DenseMatrix(rows: k, columns: columns)
    var s = [Double](repeating: 0, count: k)
    let info = LAPACKE_dgesdd(
      LAPACK_COL_MAJOR, letter("S"), Int32(rows), Int32(columns), &work, leading(rows), &s,
      &U.values, leading(rows), &VT.values, leading(k))
    guard info == 0 else {
      throw .failed("singular values (LAPACK dgesdd) failed with code \(info)")
    }
    return (U, s, VT)
  }
}
