// How smoothed aggregation makes its coarse spaces: nodes that are strongly coupled are gathered into
// aggregates, one coarse node each; the near-null vectors (rigid modes), cut into pieces by the
// aggregates and made orthonormal in each, are the columns of the tentative prolongator.

/// Aggregate of every block row; −1 for rows without strong neighbours and without effect.
struct Aggregates {
  private(set) var count = 0
  private(set) var of: [Int32]

  /// - Parameter strength: row i is strongly coupled to j where ‖A_ij‖² > strength² ‖A_ii‖ ‖A_jj‖.
  init(_ A: BlockMatrix, strength: Double) {
    of = Array(repeating: -1, count: A.rows)
    let (start, neighbours) = Aggregates.strongNeighbours(A, strength)
    func strong(_ i: Int) -> ArraySlice<Int32> {
      neighbours[Int(start[i])..<Int(start[i + 1])]
    }
    // First pass: a node whose whole neighbourhood is still free becomes the core of an aggregate.
    for i in 0..<A.rows where of[i] < 0 && !strong(i).isEmpty {
      guard strong(i).allSatisfy({ of[Int($0)] < 0 }) else { continue }
      of[i] = Int32(count)
      for j in strong(i) { of[Int(j)] = Int32(count) }
      count += 1
    }
    // Second: the rest joins a neighbouring core.
    let cores = of
    for i in 0..<A.rows where of[i] < 0 {
      if let j = strong(i).first(where: { cores[Int($0)] >= 0 }) { of[i] = cores[Int(j)] }
    }
    // Third: what is left gathers with its free neighbours.
    for i in 0..<A.rows where of[i] < 0 && !strong(i).isEmpty {
      of[i] = Int32(count)
      for j in strong(i) where of[Int(j)] < 0 { of[Int(j)] = Int32(count) }
      count += 1
    }
  }

  private static func strongNeighbours(
    _ A: BlockMatrix, _ strength: Double
  ) -> (start: [Int32], neighbours: [Int32]) {
    func square(_ p: Int) -> Double {
      var sum = 0.0
      for k in p * A.blockArea..<(p + 1) * A.blockArea { sum += A.values[k] * A.values[k] }
      return sum
    }
    let size = A.diagonalPlaces.map { $0 < 0 ? 0 : square(Int($0)).squareRoot() }
    var (start, neighbours): ([Int32], [Int32]) = ([0], [])
    for i in 0..<A.rows {
      for p in Int(A.rowStart[i])..<Int(A.rowStart[i + 1]) {
        let j = Int(A.columnOf[p])
        if j != i && square(p) > strength * strength * size[i] * size[j] {
          neighbours.append(Int32(j))
        }
      }
      start.append(Int32(neighbours.count))
    }
    return (start, neighbours)
  }
}

extension Aggregates {
  /// The tentative prolongator, and the near-null vectors on the coarse nodes.
  ///
  /// `modes` holds `modeCount` values for every fine row, row by row. In each aggregate P₀ R = modes with
  /// orthonormal columns; a mode that the aggregate cannot tell from the others gets a column of zeros.
  func tentative(
    modes: [Double], modeCount m: Int, height: Int
  ) -> (prolongator: BlockMatrix, coarseModes: [Double]) {
    let rows = of.count
    var P = BlockMatrix(rows: rows, columns: count, height: height, width: m)
    P.rowStart.reserveCapacity(rows + 1)
    for i in 0..<rows {
      if of[i] >= 0 {
        P.columnOf.append(of[i])
        P.values.append(contentsOf: modes[i * height * m..<(i + 1) * height * m])
      }
      P.rowStart.append(Int32(P.columnOf.count))
    }
    var coarse = [Double](repeating: 0, count: count * m * m)
    for (aggregate, blocks) in blocksOfAggregates(P).enumerated() {
      orthonormalise(&P.values, blocks, height, m, &coarse, at: aggregate * m * m)
    }
    return (P, coarse)
  }

  private func blocksOfAggregates(_ P: BlockMatrix) -> [[Int32]] {
    var blocks = [[Int32]](repeating: [], count: count)
    for p in P.columnOf.indices { blocks[Int(P.columnOf[p])].append(Int32(p)) }
    return blocks
  }

  /// Gram–Schmidt, twice for accuracy, on the rows of an aggregate; R into `coarse`.
  private func orthonormalise(
    _ values: inout [Double], _ blocks: [Int32], _ height: Int, _ m: Int,
    _ coarse: inout [Double], at offset: Int
  ) {
    func dot(_ a: Int, _ b: Int) -> Double {
      var sum = 0.0
      for block in blocks {
        let first = Int(block) * height * m
        for k in 0..<height { sum += values[first + k * m + a] * values[first + k * m + b] }
      }
      return sum
    }
    func each(_ body: (Int) -> Void) {
      for block in blocks { for k in 0..<height { body(Int(block) * height * m + k * m) } }
    }
    for j in 0..<m {
      let original = dot(j, j).squareRoot()
      for _ in 0..<2 {
        for i in 0..<j {
          let r = dot(i, j)
          coarse[offset + i * m + j] += r
          each { values[$0 + j] -= r * values[$0 + i] }
        }
      }
      let length = dot(j, j).squareRoot()
      let independent = length > 1e-8 * original && length > 0
      coarse[offset + j * m + j] = independent ? length : 0
      each { values[$0 + j] = independent ? values[$0 + j] / length : 0 }
    }
  }
}
