import Glibc
import LinearAlgebra
import Testing

@Suite("Shift-invert Lanczos")
struct ShiftInvertLanczosTests {
  /// A sum of one-dimensional second differences on a grid of sides `n`, with mass `m` per point.
  private func laplacian(_ n: [Int], mass m: Double = 2) -> (K: CSRMatrix, M: CSRMatrix) {
    let count = n.reduce(1, *)
    var k: [(row: Int, column: Int, value: Double)] = []
    var mass = k
    for i in 0..<count {
      k.append((i, i, 2 * Double(n.count)))
      mass.append((i, i, m))
      var stride = 1
      for side in n {
        if i / stride % side < side - 1 {
          k.append((i, i + stride, -1))
          mass.append((i, i + stride, 0))
        }
        stride *= side
      }
    }
    let K = CSRMatrix(count: count, storage: .upperTriangle, entries: k)
    var M = CSRMatrix(pattern: K.pattern)
    for (i, j, value) in mass { M.add(value, row: i, column: j) }
    return (K, M)
  }

  private func exact(_ n: [Int], mass m: Double = 2) -> [Double] {
    var values = [0.0]
    for side in n {
      values = values.flatMap { v in
        (1...side).map { v + 2 - 2 * cos(.pi * Double($0) / Double(side + 1)) }
      }
    }
    return values.map { $0 / m }.sorted()
  }

  private func check(_ result: ShiftInvertLanczos.Result, _ M: CSRMatrix, _ expected: [Double]) {
    #expect(result.isComplete)
    #expect(result.values.count == expected.count)
    for (a, b) in zip(result.values, expected) { #expect(abs(a - b) < 1e-10) }
    #expect(result.residuals.allSatisfy { $0 < 1e-9 })
    for (i, x) in result.vectors.enumerated() {
      let Mx = M.times(x)
      for (j, y) in result.vectors.enumerated() {
        let product = zip(Mx, y).reduce(0) { $0 + $1.0 * $1.1 }
        #expect(abs(product - (i == j ? 1 : 0)) < 1e-9)
      }
    }
  }

  @Test("the lowest eigenvalues of a string, to rounding", arguments: [1, 3, 12, 40])
  func string(count: Int) throws {
    let (K, M) = laplacian([40])
    let result = try ShiftInvertLanczos().solve(stiffness: K, mass: M, count: count)
    check(result, M, Array(exact([40]).prefix(count)))
  }

  @Test("double eigenvalues of a square, sixfold ones of a cube: all of them")
  func multiple() throws {
    let (K, M) = laplacian([12, 12])
    let square = try ShiftInvertLanczos().solve(stiffness: K, mass: M, count: 11)
    check(square, M, Array(exact([12, 12]).prefix(11)))
    let (K3, M3) = laplacian([6, 6, 6])
    for block in [1, 2, 3, 6] {
      var lanczos = ShiftInvertLanczos()
      lanczos.blockSize = block
      // 17 = 1 + 3 + 3 + 3 + 1 + 6.
      let cube = try lanczos.solve(stiffness: K3, mass: M3, count: 17)
      check(cube, M3, Array(exact([6, 6, 6]).prefix(17)))
    }
  }

  @Test("eigenvalues about a shift inside the spectrum")
  func inside() throws {
    let (K, M) = laplacian([200])
    let all = exact([200])
    let shift = 0.5 * (all[99] + all[100]) + 1e-4
    let nearest = all.sorted { abs($0 - shift) < abs($1 - shift) }.prefix(8).sorted()
    let result = try ShiftInvertLanczos().solve(stiffness: K, mass: M, count: 8, shift: shift)
    check(result, M, nearest)
  }

  @Test("a matrix that is many times the identity has one eigenvalue, as often as asked")
  func identity() throws {
    let entries = (0..<30).map { (row: $0, column: $0, value: 3.0) }
    let K = CSRMatrix(count: 30, storage: .upperTriangle, entries: entries)
    var M = CSRMatrix(pattern: K.pattern)
    for i in 0..<30 { M.add(1, row: i, column: i) }
    let result = try ShiftInvertLanczos().solve(stiffness: K, mass: M, count: 7)
    #expect(result.values.allSatisfy { abs($0 - 3) < 1e-12 })
    #expect(result.values.count == 7)
  }

  @Test("a shift that is an eigenvalue is refused; the same input gives the same bits")
  func refusal() throws {
    // A chain with free ends: its lowest eigenvalue is zero.
    var entries: [(row: Int, column: Int, value: Double)] = []
    for i in 0..<20 {
      entries.append((i, i, i == 0 || i == 19 ? 1 : 2))
      if i < 19 { entries.append((i, i + 1, -1)) }
    }
    let K = CSRMatrix(count: 20, storage: .upperTriangle, entries: entries)
    var M = CSRMatrix(pattern: K.pattern)
    for i in 0..<20 { M.add(1, row: i, column: i) }
    #expect(throws: LinearSolverError.self) {
      try ShiftInvertLanczos().solve(stiffness: K, mass: M, count: 2)
    }
    let a = try ShiftInvertLanczos().solve(stiffness: K, mass: M, count: 3, shift: -0.01)
    let b = try ShiftInvertLanczos().solve(stiffness: K, mass: M, count: 3, shift: -0.01)
    #expect(abs(a.values[0]) < 1e-14)
    #expect(abs(a.values[1] - (2 - 2 * cos(.pi / 20))) < 1e-13)
    #expect(a.values == b.values && a.vectors == b.vectors)
  }
}
