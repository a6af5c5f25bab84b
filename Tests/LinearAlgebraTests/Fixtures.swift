import LinearAlgebra

/// Nodes and hex8 cells of a block of nx × ny × nz cubes, x fastest.
func block(_ nx: Int, _ ny: Int, _ nz: Int) -> (nodeCount: Int, cells: [Int32]) {
  let (a, b) = (nx + 1, ny + 1)
  var cells: [Int32] = []
  for k in 0..<nz {
    for j in 0..<ny {
      for i in 0..<nx {
        let o = i + a * (j + b * k)
        for d in [0, 1, 1 + a, a, a * b, a * b + 1, a * b + a + 1, a * b + a] {
          cells.append(Int32(o + d))
        }
      }
    }
  }
  return (a * b * (nz + 1), cells)
}

/// Stiffness of a unit cube, hex8, 2×2×2 Gauss, E = 1, ν = 0.3, row by row.
func cubeStiffness() -> [Double] {
  let (E, nu) = (1.0, 0.3)
  let (lambda, mu) = (E * nu / ((1 + nu) * (1 - 2 * nu)), E / (2 * (1 + nu)))
  let corners: [SIMD3<Double>] = [
    [-1, -1, -1], [1, -1, -1], [1, 1, -1], [-1, 1, -1], [-1, -1, 1], [1, -1, 1], [1, 1, 1],
    [-1, 1, 1],
  ]
  var K = [Double](repeating: 0, count: 576)
  for corner in corners {
    let g = corner / 3.0.squareRoot()
    let gradients = corners.map { c -> SIMD3<Double> in
      let f = 1 + c * g
      return c * SIMD3(f.y * f.z, f.x * f.z, f.x * f.y) / 4
    }
    for a in 0..<8 {
      for b in 0..<8 {
        let (p, q) = (gradients[a], gradients[b])
        for i in 0..<3 {
          for j in 0..<3 {
            let isotropic = i == j ? mu * (p * q).sum() : 0
            K[(a * 3 + i) * 24 + b * 3 + j] +=
              (lambda * p[i] * q[j] + mu * p[j] * q[i] + isotropic) / 8
          }
        }
      }
    }
  }
  return K
}

/// The assembled stiffness of a block of cubes, free to move.
func blockStiffness(
  _ nx: Int, _ ny: Int, _ nz: Int, storage: CSRPattern.Storage = .upperTriangle
) -> CSRMatrix {
  let (nodeCount, cells) = block(nx, ny, nz)
  let pattern = CSRPattern.build(
    nodeCount: nodeCount, storage: storage, cells: cells, nodesPerCell: 8, blockSize: 3)
  var K = CSRMatrix(pattern: pattern)
  let cell = cubeStiffness()
  for e in 0..<cells.count / 8 {
    K.add(cellMatrix: cell.span, nodes: cells.span.extracting(8 * e..<8 * e + 8))
  }
  return K
}

/// Holds all unknowns of the nodes at x = 0 by stiff springs.
func clamp(_ K: inout CSRMatrix, nx: Int) {
  for node in stride(from: 0, to: K.count / 3, by: nx + 1) {
    for i in 0..<3 { K.add(1e3, row: 3 * node + i, column: 3 * node + i) }
  }
}

/// −u'' on n points inside (0, 1), spacing 1/(n+1), without the factor 1/h²: 2 and −1.
func laplace1D(_ n: Int, storage: CSRPattern.Storage = .upperTriangle) -> CSRMatrix {
  var entries: [(row: Int, column: Int, value: Double)] = []
  for i in 0..<n {
    entries.append((i, i, 2))
    if i + 1 < n {
      entries.append((i, i + 1, -1))
      if storage == .full { entries.append((i + 1, i, -1)) }
    }
  }
  return CSRMatrix(count: n, storage: storage, entries: entries)
}

/// The five-point Laplacian on n × n points, without the factor 1/h².
func laplace2D(_ n: Int) -> CSRMatrix {
  var entries: [(row: Int, column: Int, value: Double)] = []
  for j in 0..<n {
    for i in 0..<n {
      let p = i + n * j
      entries.append((p, p, 4))
      if i + 1 < n { entries.append((p, p + 1, -1)) }
      if j + 1 < n { entries.append((p, p + n, -1)) }
    }
  }
  return CSRMatrix(count: n * n, storage: .upperTriangle, entries: entries)
}

/// Reproducible numbers in (−1, 1).
func numbers(_ count: Int, seed: UInt64 = 1) -> [Double] {
  var state = seed
  return (0..<count).map { _ in
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Double(Int64(bitPattern: state) >> 11) / Double(1 << 52)
  }
}

/// Largest difference of two vectors.
func distance(_ a: [Double], _ b: [Double]) -> Double {
  zip(a, b).reduce(0) { max($0, abs($1.0 - $1.1)) }
}
