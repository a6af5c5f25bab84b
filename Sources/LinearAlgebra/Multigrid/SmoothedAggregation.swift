// Algebraic multigrid for elasticity. Errors that a local smoother cannot see are, locally, rigid motions;
// so the coarse spaces are built from the rigid modes. Each level: aggregates → tentative prolongator P₀ →
// P = (I − ω D⁻¹ A) P₀, which spreads its columns smoothly over neighbouring aggregates → Pᵀ A P. One V-cycle
// (block Gauss–Seidel forwards, coarse correction, backwards) is the preconditioner: symmetric, and the
// number of conjugate-gradient steps hardly grows with the mesh.

/// Smoothed-aggregation multigrid, a preconditioner for elasticity and other problems with several
/// unknowns in a node.
///
/// Source: Vaněk, Mandel, Brezina, Computing 56 (1996).
public final class SmoothedAggregation: Preconditioner {
  /// Coupling that counts as strong on the finest level; halved on each coarser one.
  public var strength = 0.02
  /// Unknowns that are solved directly.
  public var coarsestCount = 600
  /// Unknowns on each level, finest first.
  public private(set) var unknowns: [Int] = []

  private let blockSize: Int
  private let modeCount: Int
  /// Where row r of the matrix stands among the components of all nodes.
  private let slots: [Int32]
  /// Near-null vectors, `modeCount` values for each slot.
  private let modes: [Double]
  private var levels: [Level] = []
  private var coarsest = Coarsest()

  /// - Parameters:
  ///   - blockSize: components of a node.
  ///   - slots: for each row of the matrix its component, `blockSize · node + i`, ascending; nil where all
  ///     components are unknowns. Components without a row (prescribed ones) are left out.
  ///   - modes: vectors that A hardly resists, each with one value for every component of every node.
  public init(blockSize: Int, slots: [Int32]? = nil, modes: [[Double]]) {
    precondition(!modes.isEmpty, "at least one near-null vector is needed")
    let count = modes[0].count
    precondition(
      blockSize > 0 && count % blockSize == 0 && modes.allSatisfy { $0.count == count },
      "near-null vectors of \(modes.map(\.count)) values for nodes of \(blockSize)")
    self.blockSize = blockSize
    modeCount = modes.count
    self.slots = slots ?? (0..<Int32(count)).map { $0 }
    var byRow = [Double](repeating: 0, count: count * modes.count)
    for slot in self.slots {
      for (m, mode) in modes.enumerated() { byRow[Int(slot) * modes.count + m] = mode[Int(slot)] }
    }
    self.modes = byRow
  }

  /// With the rigid modes of nodes at these points: six in space, three in the plane.
  ///
  /// - Parameter coordinates: of every node, `dimension` (2 or 3) values each.
  public convenience init(coordinates: [Double], dimension d: Int, slots: [Int32]? = nil) {
    self.init(blockSize: d, slots: slots, modes: Self.rigidModes(coordinates, dimension: d))
  }

  /// Translations and rotations about the centre, scaled by the extent.
  private static func rigidModes(_ coordinates: [Double], dimension d: Int) -> [[Double]] {
    precondition(d == 2 || d == 3, "rigid modes in \(d) dimensions")
    let n = coordinates.count / d
    let centre = (0..<d).map { i in
      (0..<n).reduce(0.0) { $0 + coordinates[$1 * d + i] } / Double(max(n, 1))
    }
    var x = coordinates
    var extent = 0.0
    for k in x.indices {
      x[k] -= centre[k % d]
      extent = max(extent, abs(x[k]))
    }
    let turns = d == 2 ? [(0, 1)] : [(1, 2), (2, 0), (0, 1)]
    var modes = [[Double]](repeating: Array(repeating: 0, count: n * d), count: d + turns.count)
    for a in 0..<n {
      for i in 0..<d { modes[i][a * d + i] = 1 }
      for (k, (i, j)) in turns.enumerated() where extent > 0 {
        modes[d + k][a * d + i] = -x[a * d + j] / extent
        modes[d + k][a * d + j] = x[a * d + i] / extent
      }
    }
    return modes
  }

  /// Builds the levels for the values of `A`, of the pattern and size the hierarchy was made for.
  /// - Throws: `LinearSolverError` where a diagonal block or the coarsest matrix is not positive definite.
  public func setUp(_ A: CSRMatrix) throws(LinearSolverError) {
    precondition(A.count == slots.count, "\(A.count) rows for \(slots.count) slots")
    levels = []
    unknowns = [A.count]
    var matrix = BlockMatrix(A, slots: slots, blockSize: blockSize, nodeCount: nodeCount)
    var modes = modes
    var threshold = strength
    while matrix.rows * matrix.height > coarsestCount {
      let aggregates = Aggregates(matrix, strength: threshold)
      // Where nothing is coupled any more there is nothing to coarsen.
      guard aggregates.count > 0, Double(aggregates.count) < 0.8 * Double(matrix.rows)
      else { break }
      let (tentative, coarseModes) = aggregates.tentative(
        modes: modes, modeCount: modeCount, height: matrix.height)
      var level = try Level(matrix)
      let coarse = level.coarsen(tentative)
      levels.append(level)
      (matrix, modes) = (coarse, coarseModes)
      threshold /= 2
      unknowns.append(matrix.rows * matrix.height)
    }
    coarsest = try Coarsest(matrix)
  }

  private var nodeCount: Int { modes.count / (modeCount * blockSize) }

  /// z ≈ A⁻¹ r by one V-cycle from zero; symmetric, so that conjugate gradients may use it.
  public func apply(_ r: [Double], into z: inout [Double]) {
    let count = nodeCount * blockSize
    if levels.isEmpty {
      var b = [Double](repeating: 0, count: count)
      for (row, slot) in slots.enumerated() { b[Int(slot)] = r[row] }
      coarsest.solve(&b)
      for (row, slot) in slots.enumerated() { z[row] = b[Int(slot)] }
      return
    }
    for (row, slot) in slots.enumerated() { levels[0].b[Int(slot)] = r[row] }
    for k in 0..<levels.count {
      levels[k].smoothFromZero()
      if k + 1 < levels.count {
        levels[k].restrict(into: &levels[k + 1].b)
      } else {
        levels[k].restrict(into: &coarsest.b)
      }
    }
    coarsest.solve(&coarsest.b)
    for k in (0..<levels.count).reversed() {
      if k + 1 < levels.count {
        let coarse = levels[k + 1].x
        levels[k].correct(by: coarse)
      } else {
        levels[k].correct(by: coarsest.b)
      }
      levels[k].smoothBackwards()
    }
    for (row, slot) in slots.enumerated() { z[row] = levels[0].x[Int(slot)] }
  }
}

/// The coarsest matrix, factorised densely.
private struct Coarsest {
  var factor = DenseMatrix(rows: 0, columns: 0)
  var b: [Double] = []

  init() {}

  init(_ A: BlockMatrix) throws(LinearSolverError) {
    let n = A.rows * A.height
    factor = DenseMatrix(rows: n, columns: n)
    b = Array(repeating: 0, count: n)
    for i in 0..<A.rows {
      for p in Int(A.rowStart[i])..<Int(A.rowStart[i + 1]) {
        for a in 0..<A.height {
          for c in 0..<A.width {
            factor[i * A.height + a, Int(A.columnOf[p]) * A.width + c] =
              A.values[p * A.blockArea + a * A.width + c]
          }
        }
      }
    }
    guard Cholesky.factorise(&factor) else { throw .notPositiveDefinite }
  }

  func solve(_ b: inout [Double]) { Cholesky.solve(factor: factor, &b) }
}

extension BlockMatrix {
  /// The whole matrix from either storage, in blocks of nodes; components without a row get the identity.
  fileprivate init(_ A: CSRMatrix, slots: [Int32], blockSize b: Int, nodeCount: Int) {
    self.init(rows: nodeCount, columns: nodeCount, height: b, width: b)
    let pattern = A.pattern
    let mirrored = pattern.storage == .upperTriangle
    var neighbours = [[Int32]](repeating: [], count: nodeCount)
    var marked = [Int32](repeating: -1, count: nodeCount)
    for node in 0..<nodeCount { neighbours[node].append(Int32(node)) }
    for r in 0..<A.count {
      let node = slots[r] / Int32(b)
      for p in Int(pattern.rowStart[r])..<Int(pattern.rowStart[r + 1]) {
        let other = slots[Int(pattern.columns[p])] / Int32(b)
        guard other != node, marked[Int(other)] != node else { continue }
        marked[Int(other)] = node
        neighbours[Int(node)].append(other)
        if mirrored { neighbours[Int(other)].append(node) }
      }
    }
    for node in 0..<nodeCount {
      neighbours[node].sort()
      columnOf.append(contentsOf: neighbours[node])
      rowStart.append(Int32(columnOf.count))
    }
    values = Array(repeating: 0, count: columnOf.count * b * b)
    scatter(A, slots: slots, mirrored: mirrored)
    var hasRow = [Bool](repeating: false, count: nodeCount * b)
    for slot in slots { hasRow[Int(slot)] = true }
    for (node, place) in diagonalPlaces.enumerated() {
      for i in 0..<b where !hasRow[node * b + i] { values[Int(place) * b * b + i * b + i] = 1 }
    }
  }

  private mutating func scatter(_ A: CSRMatrix, slots: [Int32], mirrored: Bool) {
    let b = height
    for r in 0..<A.count {
      let (node, i) = (Int(slots[r]) / b, Int(slots[r]) % b)
      var (other, place) = (-1, 0)
      for p in Int(A.pattern.rowStart[r])..<Int(A.pattern.rowStart[r + 1]) {
        let slot = Int(slots[Int(A.pattern.columns[p])])
        if slot / b != other {
          other = slot / b
          place = find(other, in: node)
        }
        let j = slot % b
        values[place * b * b + i * b + j] = A.values[p]
        guard mirrored && slot != Int(slots[r]) else { continue }
        let mirror = other == node ? place : find(node, in: other)
        values[mirror * b * b + j * b + i] = A.values[p]
      }
    }
  }

  private func find(_ column: Int, in row: Int) -> Int {
    var (low, high) = (Int(rowStart[row]), Int(rowStart[row + 1]))
    while low < high {
      let middle = (low + high) / 2
      if columnOf[middle] < Int32(column) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
