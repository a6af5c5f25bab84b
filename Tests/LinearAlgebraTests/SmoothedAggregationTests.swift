import LinearAlgebra
import Testing

@Suite struct SmoothedAggregationTests {
  static func coordinates(_ nx: Int, _ ny: Int, _ nz: Int) -> [Double] {
    var x: [Double] = []
    for k in 0...nz {
      for j in 0...ny { for i in 0...nx { x += [Double(i), Double(j), Double(k)] } }
    }
    return x
  }

  static func clampedBlock(_ n: Int) -> (K: CSRMatrix, coordinates: [Double]) {
    var K = blockStiffness(4 * n, n, n)
    clamp(&K, nx: 4 * n)
    return (K, coordinates(4 * n, n, n))
  }

  @Test("the number of steps hardly grows with the mesh")
  func meshIndependence() throws {
    var counts: [Int] = []
    for n in [2, 4, 8] {
      let (K, x) = Self.clampedBlock(n)
      let (iterations, error) = try ConjugateGradientsTests.solve(
        K, SmoothedAggregation(coordinates: x, dimension: 3))
      #expect(error < 1e-6)
      counts.append(iterations)
    }
    #expect(counts.allSatisfy { $0 <= 25 }, "\(counts)")
    #expect(counts[2] <= counts[1] + 6, "\(counts)")
  }

  @Test("it beats incomplete Cholesky by far on an elastic block, in both storages")
  func againstIncompleteCholesky() throws {
    let (K, x) = Self.clampedBlock(5)
    let multigrid = SmoothedAggregation(coordinates: x, dimension: 3)
    let steps = try ConjugateGradientsTests.solve(K, multigrid).iterations
    #expect(multigrid.unknowns.count >= 2 && multigrid.unknowns[1] < K.count / 4)
    #expect(3 * steps < (try ConjugateGradientsTests.solve(K, IncompleteCholesky()).iterations))
    var full = blockStiffness(20, 5, 5, storage: .full)
    clamp(&full, nx: 20)
    let again = SmoothedAggregation(coordinates: x, dimension: 3)
    #expect(try ConjugateGradientsTests.solve(full, again).iterations == steps)
  }

  @Test("a matrix on the free components alone works as well: symmetry planes and a clamped end")
  func freeComponents() throws {
    let (nx, ny, nz) = (16, 5, 5)
    let whole = blockStiffness(nx, ny, nz)
    let x = Self.coordinates(nx, ny, nz)
    // u_x = 0 at x = 0, u_y = 0 at y = 0, u_z = 0 at z = 0.
    let slots = (0..<Int32(whole.count)).filter { x[Int($0)] != 0 }
    var number = [Int](repeating: -1, count: whole.count)
    for (row, slot) in slots.enumerated() { number[Int(slot)] = row }
    var entries: [(row: Int, column: Int, value: Double)] = []
    for r in 0..<whole.count where number[r] >= 0 {
      for p in Int(whole.pattern.rowStart[r])..<Int(whole.pattern.rowStart[r + 1]) {
        let column = number[Int(whole.pattern.columns[p])]
        if column >= 0 { entries.append((number[r], column, whole.values[p])) }
      }
    }
    let K = CSRMatrix(count: slots.count, storage: .upperTriangle, entries: entries)
    let multigrid = SmoothedAggregation(coordinates: x, dimension: 3, slots: slots)
    let (iterations, error) = try ConjugateGradientsTests.solve(K, multigrid)
    #expect(iterations <= 25 && error < 1e-6, "\(iterations), \(error)")
  }

  @Test("one unknown in a node with the constant as null vector: the Laplacian")
  func laplacian() throws {
    let A = laplace2D(60)
    let multigrid = SmoothedAggregation(
      blockSize: 1, modes: [[Double](repeating: 1, count: A.count)])
    let (iterations, error) = try ConjugateGradientsTests.solve(A, multigrid)
    #expect(iterations <= 30 && error < 1e-7, "\(iterations), \(error)")
    #expect(multigrid.unknowns.count >= 2)
  }

  @Test("small systems are solved directly: one step")
  func small() throws {
    let (K, x) = Self.clampedBlock(1)
    let multigrid = SmoothedAggregation(coordinates: x, dimension: 3)
    #expect(try ConjugateGradientsTests.solve(K, multigrid).iterations == 1)
  }

  @Test("a free body and an indefinite matrix are refused or do not pass for solved")
  func refusals() throws {
    var indefinite = Self.clampedBlock(3).K
    indefinite.add(-100, row: 60, column: 60)
    let x = Self.clampedBlock(3).coordinates
    #expect(throws: LinearSolverError.self) {
      try ConjugateGradientsTests.solve(
        indefinite, SmoothedAggregation(coordinates: x, dimension: 3))
    }
  }
}
