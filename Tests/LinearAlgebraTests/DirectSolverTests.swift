import LinearAlgebra
import Testing

@Suite struct DirectSolverTests {
  /// A sound matrix of each kind.
  static func matrix(_ kind: MatrixKind) -> CSRMatrix {
    switch kind {
    case .symmetricDefinite:
      var K = blockStiffness(6, 2, 2)
      clamp(&K, nx: 6)
      return K
    case .symmetricIndefinite:
      // Saddle point: a stiffness bordered by one constraint, its diagonal zero.
      var entries: [(row: Int, column: Int, value: Double)] = []
      for i in 0..<20 {
        entries.append((i, i, 2))
        if i < 19 { entries.append((i, i + 1, -1)) }
        entries.append((i, 20, 1))
      }
      return CSRMatrix(count: 21, storage: .upperTriangle, entries: entries)
    case .unsymmetric:
      var K = laplace1D(50, storage: .full)
      for i in 0..<49 { K.add(0.7, row: i, column: i + 1) }
      return K
    }
  }

  static let kinds: [MatrixKind] = [.symmetricDefinite, .symmetricIndefinite, .unsymmetric]

  @Test("a known solution comes back, also with refinement", arguments: kinds, [0, 2])
  func knownSolution(kind: MatrixKind, refinement: Int) throws {
    let A = Self.matrix(kind)
    let x = numbers(A.count)
    var b = A.times(x)
    let solver = DirectSolver(kind)
    solver.refinementSteps = refinement
    try solver.factorise(A)
    try solver.solve(&b)
    #expect(distance(b, x) < 1e-10)
  }

  @Test(
    "every ordering solves alike",
    arguments: [DirectSolver.Ordering.approximateMinimumDegree, .scotch, .pord])
  func orderings(ordering: DirectSolver.Ordering) throws {
    let A = Self.matrix(.symmetricDefinite)
    let x = numbers(A.count)
    var b = A.times(x)
    let solver = DirectSolver(.symmetricDefinite, ordering: ordering)
    try solver.factorise(A)
    try solver.solve(&b)
    #expect(solver.statistics.ordering == ordering)
    #expect(distance(b, x) < 1e-10)
  }

  @Test("a symmetric matrix may be stored whole; the lower part is not read")
  func fullStorage() throws {
    var A = laplace1D(30, storage: .full)
    let x = numbers(30)
    var b = A.times(x)
    for i in 1..<30 { A.add(99, row: i, column: i - 1) }
    let solver = DirectSolver(.symmetricDefinite)
    try solver.factorise(A)
    try solver.solve(&b)
    #expect(distance(b, x) < 1e-12)
  }

  @Test("several right-hand sides in one call equal one at a time")
  func severalRightHandSides() throws {
    let A = Self.matrix(.unsymmetric)
    let solver = DirectSolver(.unsymmetric)
    try solver.factorise(A)
    let columns = (1...3).map { numbers(A.count, seed: UInt64($0)) }
    var together = columns.flatMap { $0 }
    try solver.solve(&together, count: 3)
    for (k, column) in columns.enumerated() {
      var alone = column
      try solver.solve(&alone)
      #expect(distance(alone, Array(together[k * A.count..<(k + 1) * A.count])) < 1e-13)
    }
  }

  @Test("the analysis is done once for a pattern, and again for another")
  func analysisIsReused() throws {
    var A = Self.matrix(.symmetricDefinite)
    let solver = DirectSolver(.symmetricDefinite)
    for scale in [1.0, 2, 4] {
      for p in A.values.indices { A.values[p] *= scale }
      try solver.factorise(A)
      let x = numbers(A.count)
      var b = A.times(x)
      try solver.solve(&b)
      #expect(distance(b, x) < 1e-10)
    }
    #expect(solver.statistics.analyses == 1 && solver.statistics.factorisations == 3)
    try solver.factorise(laplace1D(10))
    #expect(solver.statistics.analyses == 2)
    #expect(solver.statistics.factorEntryCount > 0 && solver.statistics.flops > 0)
  }

  @Test(
    "a body free to move is refused, whatever its size and the promise",
    arguments: [1, 2, 5, 12], kinds)
  func freeBody(size: Int, kind: MatrixKind) {
    let K = blockStiffness(size, size, 2, storage: kind == .unsymmetric ? .full : .upperTriangle)
    #expect {
      try DirectSolver(kind).factorise(K)
    } throws: { error in
      if case .singular = error as? LinearSolverError { true } else { false }
    }
  }

  @Test("a body that can only turn about one axis is refused as well", arguments: [2, 8])
  func hinge(size: Int) {
    var K = blockStiffness(size, 2, 2)
    // Hold the edge y = z = 0 along x: what is left is the turn about it.
    for i in 0...size {
      for d in 0..<3 { K.add(1, row: 3 * i + d, column: 3 * i + d) }
    }
    #expect {
      try DirectSolver(.symmetricDefinite).factorise(K)
    } throws: { error in
      if case .singular = error as? LinearSolverError { true } else { false }
    }
  }

  @Test("a slender body is not taken for a free one")
  func slender() throws {
    // 400 cubes in a row, held at one end: condition number of the order of 400⁴.
    var K = blockStiffness(400, 1, 1)
    clamp(&K, nx: 400)
    let solver = DirectSolver(.symmetricDefinite)
    try solver.factorise(K)
    #expect(solver.statistics.smallestScaledEigenvalue < 1e-9)
    var b = [Double](repeating: 0, count: K.count)
    b[3 * 400 + 2] = 1
    let f = b
    try solver.solve(&b)
    #expect(distance(K.times(b), f) < 1e-6)
  }

  @Test("units do not matter: the same body in Pa and in EPa, in m and in nm")
  func units() throws {
    for scale in [1e-12, 1, 1e18] {
      var K = Self.matrix(.symmetricDefinite)
      for p in K.values.indices { K.values[p] *= scale }
      let solver = DirectSolver(.symmetricDefinite)
      try solver.factorise(K)
      var free = blockStiffness(3, 2, 2)
      for p in free.values.indices { free.values[p] *= scale }
      #expect(throws: LinearSolverError.self) { try solver.factorise(free) }
    }
  }

  @Test("an indefinite matrix promised as definite is refused; as symmetric it is solved")
  func indefinite() throws {
    var A = laplace1D(40)
    A.add(-3, row: 7, column: 7)
    #expect(throws: LinearSolverError.notPositiveDefinite) {
      try DirectSolver(.symmetricDefinite).factorise(A)
    }
    let solver = DirectSolver(.symmetricIndefinite)
    try solver.factorise(A)
    #expect(solver.statistics.negativePivots == 1)
  }

  @Test("an empty row is reported, with its number where the pivoting saw it")
  func emptyRow() {
    let A = CSRMatrix(
      count: 3, storage: .upperTriangle, entries: [(0, 0, 1), (1, 1, 0), (2, 2, 1)])
    for kind in Self.kinds {
      #expect {
        try DirectSolver(kind).factorise(A)
      } throws: { error in
        if case .singular = error as? LinearSolverError { true } else { false }
      }
    }
  }

  @Test("NaN and infinity are refused in the matrix and on the right-hand side")
  func notFinite() throws {
    for bad in [Double.nan, .infinity, -.infinity] {
      var A = laplace1D(10)
      A.values[3] = bad
      #expect(throws: LinearSolverError.notFinite) {
        try DirectSolver(.symmetricDefinite).factorise(A)
      }
    }
    let solver = DirectSolver(.symmetricDefinite)
    try solver.factorise(laplace1D(10))
    var b = [Double](repeating: 1, count: 10)
    b[9] = .nan
    #expect(throws: LinearSolverError.notFinite) { try solver.solve(&b) }
  }

  @Test("a dense pattern of any size is ordered safely", arguments: [1, 2, 24, 81])
  func densePattern(count: Int) throws {
    let pattern = CSRPattern.build(
      nodeCount: count, storage: .upperTriangle, cells: (0..<count).map { Int32($0) },
      nodesPerCell: count)
    var A = CSRMatrix(pattern: pattern)
    for i in 0..<count {
      for j in i..<count { A.add(i == j ? Double(count) : 0.5, row: i, column: j) }
    }
    let x = numbers(count)
    var b = A.times(x)
    for ordering in [nil, DirectSolver.Ordering.pord] {
      let solver = DirectSolver(.symmetricDefinite, ordering: ordering)
      try solver.factorise(A)
      var y = b
      try solver.solve(&y)
      #expect(distance(y, x) < 1e-12)
    }
    b = []
  }

  @Test("solvers on several threads take turns and agree")
  func threads() async throws {
    let A = Self.matrix(.symmetricDefinite)
    let x = numbers(A.count)
    let b = A.times(x)
    let errors = try await withThrowingTaskGroup(of: Double.self) { group in
      for _ in 0..<6 {
        group.addTask {
          let solver = DirectSolver(.symmetricDefinite)
          try solver.factorise(A)
          var y = b
          try solver.solve(&y)
          return distance(y, x)
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(errors.count == 6 && errors.allSatisfy { $0 < 1e-10 })
  }
}
