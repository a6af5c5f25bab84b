/// M = I: plain conjugate gradients.
public struct NoPreconditioner: Preconditioner {
  /// Nothing to choose.
  public init() {}
  /// Nothing to prepare.
  public mutating func setUp(_ A: CSRMatrix) {}
  /// z = r.
  public func apply(_ r: [Double], into z: inout [Double]) {
    for i in z.indices { z[i] = r[i] }
  }
}

/// M = the diagonal of A.
public struct Jacobi: Preconditioner {
  private var inverse: [Double] = []

  /// Nothing to choose.
  public init() {}

  /// Inverts the diagonal.
  /// - Throws: `LinearSolverError.singular` for a zero, `.notPositiveDefinite` for a negative entry.
  public mutating func setUp(_ A: CSRMatrix) throws(LinearSolverError) {
    inverse = A.diagonal
    for i in inverse.indices {
      guard inverse[i] != 0 else { throw .singular(row: i) }
      guard inverse[i] > 0 else { throw .notPositiveDefinite }
      inverse[i] = 1 / inverse[i]
    }
  }

  /// z = D⁻¹ r.
  public func apply(_ r: [Double], into z: inout [Double]) {
    for i in z.indices { z[i] = inverse[i] * r[i] }
  }
}

/// M = the diagonal blocks of A, of the unknowns of one node.
public struct BlockJacobi: Preconditioner {
  private let size: Int
  /// Inverse blocks, one after another, row by row.
  private var inverse: [Double] = []

  /// - Parameter blockSize: unknowns of a node; it must divide the number of rows.
  public init(blockSize: Int) {
    precondition(blockSize > 0, "blocks of \(blockSize)")
    size = blockSize
  }

  /// Inverts the diagonal blocks; the number of rows must be a multiple of their size.
  /// - Throws: `LinearSolverError` for a block that is not positive definite.
  public mutating func setUp(_ A: CSRMatrix) throws(LinearSolverError) {
    precondition(A.count % size == 0, "\(A.count) rows in blocks of \(size)")
    inverse = Array(repeating: 0, count: A.count * size)
    var unit = [Double](repeating: 0, count: size)
    for k in 0..<A.count / size {
      var block = DenseMatrix(rows: size, columns: size)
      for i in 0..<size { for j in 0...i { block[i, j] = A[size * k + i, size * k + j] } }
      guard Cholesky.factorise(&block) else { throw .notPositiveDefinite }
      for j in 0..<size {
        for i in 0..<size { unit[i] = i == j ? 1 : 0 }
        Cholesky.solve(factor: block, &unit)
        for i in 0..<size { inverse[(k * size + i) * size + j] = unit[i] }
      }
    }
  }

  /// z = B⁻¹ r, block by block.
  public func apply(_ r: [Double], into z: inout [Double]) {
    precondition(r.count == z.count && r.count * size == inverse.count, "\(r.count) values")
    inverse.withUnsafeBufferPointer { inverse in
      r.withUnsafeBufferPointer { r in
        z.withUnsafeMutableBufferPointer { z in
          for i in 0..<z.count {
            let first = i / size * size
            var sum = 0.0
            for j in 0..<size { sum += inverse[i * size + j] * r[first + j] }
            z[i] = sum
          }
        }
      }
    }
  }
}

/// M = Uᵀ U with the pattern of A: incomplete Cholesky without fill.
///
/// Where a pivot fails, the diagonal is raised by a growing fraction and the factorisation repeated
/// (Manteuffel). Source: Meijerink and van der Vorst, Math. Comp. 31 (1977).
public struct IncompleteCholesky: Preconditioner {
  private var pattern: CSRPattern?
  /// U by rows on the upper triangle of the pattern; diagonals hold their reciprocals.
  private var rowStart, columns: [Int32]
  private var U: [Double] = []
  /// Fraction by which the diagonal had to be raised.
  public private(set) var shift = 0.0

  /// Nothing to choose.
  public init() { (rowStart, columns) = ([0], []) }

  /// Factorises; raises the diagonal until every pivot is positive.
  /// - Throws: `LinearSolverError.notPositiveDefinite` where even a tenfold diagonal does not help.
  public mutating func setUp(_ A: CSRMatrix) throws(LinearSolverError) {
    takePattern(A.pattern)
    shift = 0
    while true {
      loadUpper(A, shift: shift)
      if factorise() { return }
      shift = shift == 0 ? 1e-3 : 2 * shift
      // With a shift of this size M would be hardly more than the diagonal: A is not definite.
      if shift > 10 { throw .notPositiveDefinite }
    }
  }

  private mutating func takePattern(_ pattern: CSRPattern) {
    guard self.pattern !== pattern else { return }
    self.pattern = pattern
    (rowStart, columns) = ([0], [])
    for i in 0..<pattern.count {
      for p in Int(pattern.rowStart[i])..<Int(pattern.rowStart[i + 1])
      where pattern.columns[p] >= Int32(i) { columns.append(pattern.columns[p]) }
      rowStart.append(Int32(columns.count))
    }
  }

  private mutating func loadUpper(_ A: CSRMatrix, shift: Double) {
    U.removeAll(keepingCapacity: true)
    for i in 0..<A.count {
      for p in Int(A.pattern.rowStart[i])..<Int(A.pattern.rowStart[i + 1]) {
        let j = Int(A.pattern.columns[p])
        if j >= i { U.append(j == i ? A.values[p] * (1 + shift) : A.values[p]) }
      }
    }
  }

  /// Row by row: each finished row is subtracted, where the pattern has room, from the rows it reaches.
  private mutating func factorise() -> Bool {
    let n = rowStart.count - 1
    for i in 0..<n {
      let (first, end) = (Int(rowStart[i]), Int(rowStart[i + 1]))
      guard first < end, columns[first] == Int32(i), U[first] > 0, U[first].isFinite
      else { return false }
      let reciprocal = 1 / U[first].squareRoot()
      U[first] = reciprocal
      for p in first + 1..<end { U[p] *= reciprocal }
      for p in first + 1..<end {
        let row = Int(columns[p])
        var q = Int(rowStart[row])
        let rowEnd = Int(rowStart[row + 1])
        for s in p..<end {
          while q < rowEnd && columns[q] < columns[s] { q += 1 }
          if q < rowEnd && columns[q] == columns[s] { U[q] -= U[p] * U[s] }
        }
      }
    }
    return true
  }

  /// z = (UᵀU)⁻¹ r by two triangular solves.
  public func apply(_ r: [Double], into z: inout [Double]) {
    let n = rowStart.count - 1
    precondition(r.count == n && z.count == n, "\(r.count) values for \(n) equations")
    for i in 0..<n { z[i] = r[i] }
    rowStart.withUnsafeBufferPointer { rowStart in
      columns.withUnsafeBufferPointer { columns in
        U.withUnsafeBufferPointer { U in
          z.withUnsafeMutableBufferPointer { z in
            // Uᵀ y = r, then U z = y.
            for i in 0..<n {
              let first = Int(rowStart[i])
              z[i] *= U[first]
              for p in first + 1..<Int(rowStart[i + 1]) { z[Int(columns[p])] -= U[p] * z[i] }
            }
            for i in stride(from: n - 1, through: 0, by: -1) {
              let first = Int(rowStart[i])
              var sum = z[i]
              for p in first + 1..<Int(rowStart[i + 1]) { sum -= U[p] * z[Int(columns[p])] }
              z[i] = sum * U[first]
            }
          }
        }
      }
    }
  }
}
