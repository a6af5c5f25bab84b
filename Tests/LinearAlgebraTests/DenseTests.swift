import LinearAlgebra
import Testing

@Suite struct DenseTests {
  static func matrix(_ rows: Int, _ columns: Int, seed: UInt64 = 3) -> DenseMatrix {
    DenseMatrix(rows: rows, columns: columns, values: numbers(rows * columns, seed: seed))
  }

  @Test("products of 2×3 and 3×2 by hand")
  func byHand() {
    let A = DenseMatrix([[1, 2, 3], [4, 5, 6]])
    let B = DenseMatrix([[1, 0], [0, 2], [1, 1]])
    #expect(A * B == DenseMatrix([[4, 7], [10, 16]]))
    #expect(A.times([1, 1, 1]) == [6, 15])
    #expect(A.transposeTimes([1, 1]) == [5, 7, 9])
    #expect(A[1, 2] == 6 && Array(A.column(1)) == [2, 5])
  }

  @Test("the three products agree with explicit transposes")
  func transposes() {
    let (A, B) = (Self.matrix(7, 4), Self.matrix(7, 5, seed: 9))
    #expect((A.transposeTimes(B) - A.transposed * B).frobeniusNorm < 1e-14)
    let C = Self.matrix(3, 4, seed: 5)
    #expect((A.timesTranspose(C) - A * C.transposed).frobeniusNorm < 1e-14)
    var gram = DenseMatrix(rows: 4, columns: 4)
    A.gram(of: .columns, intoLowerTriangleOf: &gram)
    let reference = A.transposed * A
    for i in 0..<4 { for j in 0...i { #expect(abs(gram[i, j] - reference[i, j]) < 1e-14) } }
  }

  @Test("Cholesky and LU solve; the determinant is the product of the eigenvalues")
  func solves() throws {
    let A = Self.matrix(12, 12)
    let S = A.transposed * A + .identity(12)
    let x = numbers(12, seed: 7)
    var b = S.times(x)
    try Cholesky(S).solve(&b)
    #expect(distance(b, x) < 1e-12)
    b = A.times(x)
    let lu = try LU(A)
    lu.solve(&b)
    #expect(distance(b, x) < 1e-10)
    let eigenvalues = try S.symmetricEigen().values
    let product = eigenvalues.reduce(1, *)
    #expect(abs(try LU(S).determinant / product - 1) < 1e-12)
    #expect(lu.reciprocalCondition > 1e-6 && lu.reciprocalCondition < 1)
  }

  @Test("what cannot be factorised says so")
  func refusals() {
    #expect(throws: LinearSolverError.notPositiveDefinite) {
      try Cholesky(DenseMatrix([[1, 2], [2, 1]]))
    }
    #expect(throws: LinearSolverError.singular(row: 1)) { try LU(DenseMatrix([[1, 2], [2, 4]])) }
    let bad = DenseMatrix([[.nan, 0], [0, 1]])
    #expect(throws: LinearSolverError.notFinite) { try Cholesky(bad) }
    #expect(throws: LinearSolverError.notFinite) { try LU(bad) }
    #expect(throws: LinearSolverError.notFinite) { try bad.symmetricEigen() }
    #expect(throws: LinearSolverError.notFinite) { try bad.singularValues() }
    #expect(throws: LinearSolverError.notFinite) { try bad.leastSquares([1, 1]) }
  }

  @Test("the residual of least squares is orthogonal to the columns")
  func leastSquares() throws {
    let A = Self.matrix(15, 4)
    let b = numbers(15, seed: 8)
    let (x, rank) = try A.leastSquares(b)
    let r = zip(A.times(x), b).map { $0 - $1 }
    #expect(rank == 4)
    #expect(A.transposeTimes(r).allSatisfy { abs($0) < 1e-13 })
  }

  @Test("dependent columns: the rank is found and the solution is the shortest")
  func rankDeficient() throws {
    let (x, rank) = try DenseMatrix([[1, 1], [1, 1], [1, 1]]).leastSquares([2, 2, 2])
    #expect(rank == 1)
    #expect(distance(x, [1, 1]) < 1e-14)
    let wide = try DenseMatrix([[3, 4]]).leastSquares([25]).x
    #expect(distance(wide, [3, 4]) < 1e-13)
  }

  @Test("eigenvectors are orthonormal and rebuild the matrix")
  func eigen() throws {
    let A = Self.matrix(9, 9)
    let S = A + A.transposed
    let (values, V) = try S.symmetricEigen()
    #expect(zip(values, values.dropFirst()).allSatisfy { $0 <= $1 })
    #expect((V.transposed * V - .identity(9)).frobeniusNorm < 1e-13)
    #expect((V * .diagonal(values) * V.transposed - S).frobeniusNorm < 1e-13)
  }

  @Test("singular values rebuild the matrix, tall and wide", arguments: [(8, 3), (3, 8)])
  func singularValues(rows: Int, columns: Int) throws {
    let A = Self.matrix(rows, columns)
    let (U, s, VT) = try A.singularValues()
    #expect(s.count == 3 && zip(s, s.dropFirst()).allSatisfy { $0 >= $1 })
    #expect((U * .diagonal(s) * VT - A).frobeniusNorm < 1e-13)
  }
}
