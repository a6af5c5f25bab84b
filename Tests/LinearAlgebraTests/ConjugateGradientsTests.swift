import Foundation
import LinearAlgebra
import Testing

@Suite struct ConjugateGradientsTests {
  /// Iterations and the largest error of one solve with a known solution.
  static func solve<M: Preconditioner>(
    _ A: CSRMatrix, _ M: M, tolerance: Double = 1e-10
  ) throws -> (iterations: Int, error: Double) {
    let x = numbers(A.count)
    var b = A.times(x)
    let solver = ConjugateGradients(M)
    solver.tolerance = tolerance
    try solver.factorise(A)
    try solver.solve(&b)
    return (solver.iterations, distance(b, x))
  }

  @Test("as many steps as there are distinct eigenvalues")
  func distinctEigenvalues() throws {
    let entries = (0..<60).map { (row: $0, column: $0, value: [1.0, 4, 9][$0 % 3]) }
    let A = CSRMatrix(count: 60, storage: .upperTriangle, entries: entries)
    let (iterations, error) = try Self.solve(A, NoPreconditioner())
    #expect(iterations == 3 && error < 1e-12)
    #expect(try Self.solve(A, Jacobi()).iterations == 1)
  }

  @Test("−u'' on n points is exact in n steps; a constant load on even n in n/2, by symmetry")
  func exactInNSteps() throws {
    let (iterations, error) = try Self.solve(laplace1D(50), NoPreconditioner(), tolerance: 1e-9)
    #expect(iterations <= 50 && error < 1e-6)
    var b = [Double](repeating: 1, count: 50)
    let solver = ConjugateGradients(NoPreconditioner())
    try solver.factorise(laplace1D(50))
    try solver.solve(&b)
    #expect(solver.iterations == 25)
    // u = x (1 − x)/2 in steps of h = 1/51: the differences are exact for a parabola.
    for i in 0..<50 { #expect(abs(b[i] - Double((i + 1) * (50 - i)) / 2) < 1e-9) }
  }

  @Test("on the five-point Laplacian, iterations grow like n and stay below Chebyshev's bound")
  func laplacian() throws {
    let small = try Self.solve(laplace2D(20), NoPreconditioner(), tolerance: 1e-8)
    let large = try Self.solve(laplace2D(40), NoPreconditioner(), tolerance: 1e-8)
    #expect(small.error < 1e-6 && large.error < 1e-6)
    let ratio = Double(large.iterations) / Double(small.iterations)
    #expect(ratio > 1.5 && ratio < 2.3, "\(small.iterations) → \(large.iterations)")
    // κ = cot²(π h/2) and ½ √κ ln(2 √κ/tolerance) steps in the 2-norm.
    let root = 1 / tan(Double.pi / 82)
    #expect(Double(large.iterations) <= 0.5 * root * log(2 * root / 1e-8))
  }

  @Test("incomplete Cholesky of a tridiagonal matrix is exact: one step")
  func exactIncompleteCholesky() throws {
    #expect(try Self.solve(laplace1D(80), IncompleteCholesky()).iterations == 1)
    #expect(try Self.solve(laplace1D(80, storage: .full), IncompleteCholesky()).iterations == 1)
  }

  @Test("better preconditioners need fewer steps on an elastic block, and all agree")
  func elasticBlock() throws {
    var K = blockStiffness(16, 4, 4)
    clamp(&K, nx: 16)
    let plain = try Self.solve(K, NoPreconditioner())
    let jacobi = try Self.solve(K, Jacobi())
    let blocks = try Self.solve(K, BlockJacobi(blockSize: 3))
    let incomplete = try Self.solve(K, IncompleteCholesky())
    for result in [plain, jacobi, blocks, incomplete] { #expect(result.error < 1e-5) }
    #expect(jacobi.iterations <= plain.iterations)
    #expect(blocks.iterations <= jacobi.iterations + 2)
    #expect(2 * incomplete.iterations < blocks.iterations, "\(incomplete) \(blocks)")
  }

  @Test("block Jacobi of a block-diagonal matrix is exact: one step")
  func exactBlockJacobi() throws {
    var entries: [(row: Int, column: Int, value: Double)] = []
    for k in 0..<10 {
      entries.append((2 * k, 2 * k, Double(k + 3)))
      entries.append((2 * k, 2 * k + 1, 1))
      entries.append((2 * k + 1, 2 * k + 1, 2))
    }
    let A = CSRMatrix(count: 20, storage: .upperTriangle, entries: entries)
    #expect(try Self.solve(A, BlockJacobi(blockSize: 2)).iterations == 1)
  }

  @Test("what cannot be solved says so")
  func refusals() throws {
    var indefinite = laplace1D(20)
    indefinite.add(-10, row: 3, column: 3)
    #expect(throws: LinearSolverError.notPositiveDefinite) {
      try Self.solve(indefinite, NoPreconditioner())
    }
    #expect(throws: LinearSolverError.notPositiveDefinite) { try Self.solve(indefinite, Jacobi()) }
    #expect(throws: LinearSolverError.notPositiveDefinite) {
      try Self.solve(indefinite, IncompleteCholesky())
    }
    var bad = laplace1D(5)
    bad.values[0] = .nan
    #expect(throws: LinearSolverError.notFinite) { try Self.solve(bad, Jacobi()) }
    let solver = ConjugateGradients(NoPreconditioner())
    solver.iterationLimit = 3
    try solver.factorise(laplace1D(50))
    var b = numbers(50)
    #expect {
      try solver.solve(&b)
    } throws: { error in
      if case .notConverged(3, let r) = error as? LinearSolverError { r > 1e-10 } else { false }
    }
  }

  @Test("a tolerance below round-off ends at round-off, not at the limit of iterations")
  func roundOff() throws {
    var K = blockStiffness(60, 1, 1)
    clamp(&K, nx: 60)
    var b = [Double](repeating: 0, count: K.count)
    b[3 * 60 + 2] = 1
    let f = b
    let solver = ConjugateGradients(IncompleteCholesky())
    solver.tolerance = 1e-14
    try solver.factorise(K)
    try solver.solve(&b)
    var direct = f
    let reference = DirectSolver(.symmetricDefinite)
    try reference.factorise(K)
    try reference.solve(&direct)
    #expect(distance(b, direct) < 1e-6 * direct.reduce(0) { max($0, abs($1)) })
  }

  @Test("a zero load needs no step")
  func zeroLoad() throws {
    let solver = ConjugateGradients(Jacobi())
    try solver.factorise(laplace1D(10))
    var b = [Double](repeating: 0, count: 10)
    try solver.solve(&b)
    #expect(solver.iterations == 0 && b.allSatisfy { $0 == 0 })
  }
}
