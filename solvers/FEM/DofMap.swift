import Geometry
import LinearAlgebra

/// Numbers the free displacement components, and knows where every entry of an element matrix goes.
///
/// Component `i` of node `n` is degree of freedom `n * dimension + i`; the free ones are numbered in
/// that order, so that rows of the pattern follow the mesh.
struct DofMap: Sendable {
  let dimension: Int
  /// Number of each dof among the free ones, or −1.
  let freeIndex: [Int32]
  /// Dofs that are free, in order.
  let free: [Int32]
  /// Upper triangle of the tangent on the free dofs.
  let pattern: CSRPattern
  /// For each block of the mesh: for each cell, for each tangent entry of `ElementKernel.stiffness`,
  /// its place in the values of a matrix on `pattern`, or −1.
  let positions: [[Int32]]

  /// - Parameter elastic: couples dofs beyond those that share a cell.
  init(mesh: Mesh, dimension d: Int, isPrescribed: [Bool], elastic: ElasticBorder? = nil) {
    dimension = d
    var freeIndex = [Int32](repeating: -1, count: isPrescribed.count)
    var free: [Int32] = []
    for dof in isPrescribed.indices where !isPrescribed[dof] {
      freeIndex[dof] = Int32(free.count)
      free.append(Int32(dof))
    }
    let neighbours = UpperNeighbours(
      mesh: mesh, dimension: d, freeIndex: freeIndex, elastic: elastic)
    let pattern = neighbours.pattern(freeIndex: freeIndex, freeCount: free.count)
    positions = mesh.blocks.map { [freeIndex] in
      neighbours.positions(of: $0, freeIndex: freeIndex, rowStart: pattern.rowStart)
    }
    self.pattern = pattern
    self.freeIndex = freeIndex
    self.free = free
  }
}

/// For each node the nodes of at least its own number that share a cell with it, or an entry of an
/// elastic border.
private struct UpperNeighbours {
  let dimension: Int
  var start: [Int32] = [0]
  var node: [Int32] = []
  /// Free dofs in a node's list before each entry.
  var freeBefore: [Int32] = []

  init(mesh: Mesh, dimension: Int, freeIndex: [Int32], elastic: ElasticBorder?) {
    self.dimension = dimension
    var partners: [Int: [Int32]] = [:]
    for entry in elastic?.entries ?? [] {
      let (a, b) = (entry.a / dimension, entry.b / dimension)
      if a != b { partners[min(a, b), default: []].append(Int32(max(a, b))) }
    }
    let (cellStart, cells) = UpperNeighbours.cellsOfNodes(mesh)
    var mark = [Int32](repeating: -1, count: mesh.nodeCount)
    start.reserveCapacity(mesh.nodeCount + 1)
    var list: [Int32] = []
    for a in 0..<mesh.nodeCount {
      list.removeAll(keepingCapacity: true)
      mark[a] = Int32(a)
      list.append(Int32(a))
      for c in cellStart[a]..<cellStart[a + 1] {
        let (block, first) = cells[Int(c)]
        let nodes = mesh.blocks[Int(block)].shape.nodeCount
        for k in Int(first)..<Int(first) + nodes {
          let b = mesh.blocks[Int(block)].connectivity[k]
          if b > Int32(a) && mark[Int(b)] != Int32(a) {
            mark[Int(b)] = Int32(a)
            list.append(b)
          }
        }
      }
      if !partners.isEmpty {
        for b in partners[a] ?? [] where mark[Int(b)] != Int32(a) {
          mark[Int(b)] = Int32(a)
          list.append(b)
        }
      }
      list.sort()
      var before: Int32 = 0
      for b in list {
        node.append(b)
        freeBefore.append(before)
        for i in 0..<dimension where freeIndex[Int(b) * dimension + i] >= 0 { before += 1 }
      }
      start.append(Int32(node.count))
    }
  }

  /// Compressed lists of (block, first connectivity index) for every node.
  private static func cellsOfNodes(_ mesh: Mesh) -> ([Int32], [(Int32, Int32)]) {
    var count = [Int32](repeating: 0, count: mesh.nodeCount + 1)
    for block in mesh.blocks { for n in block.connectivity { count[Int(n) + 1] += 1 } }
    for n in 0..<mesh.nodeCount { count[n + 1] += count[n] }
    var next = count
    var cells = [(Int32, Int32)](repeating: (0, 0), count: Int(count[mesh.nodeCount]))
    for (b, block) in mesh.blocks.enumerated() {
      let size = block.shape.nodeCount
      for (k, n) in block.connectivity.enumerated() {
        cells[Int(next[Int(n)])] = (Int32(b), Int32(k / size * size))
        next[Int(n)] += 1
      }
    }
    return (count, cells)
  }

  func pattern(freeIndex: [Int32], freeCount: Int) -> CSRPattern {
    var rowStart: [Int32] = [0]
    rowStart.reserveCapacity(freeCount + 1)
    var columns: [Int32] = []
    for a in 0..<start.count - 1 {
      for i in 0..<dimension where freeIndex[a * dimension + i] >= 0 {
        let row = freeIndex[a * dimension + i]
        for t in Int(start[a])..<Int(start[a + 1]) {
          for j in 0..<dimension {
            let column = freeIndex[Int(node[t]) * dimension + j]
            if column >= row { columns.append(column) }
          }
        }
        rowStart.append(Int32(columns.count))
      }
    }
    return CSRPattern(
      count: freeCount, storage: .upperTriangle, rowStart: rowStart, columns: columns)
  }

  func positions(of block: Mesh.Block, freeIndex: [Int32], rowStart: [Int32]) -> [Int32] {
    let d = dimension
    let nodes = block.shape.nodeCount
    let size = nodes * (nodes + 1) / 2 * d * d
    var out = [Int32](repeating: -1, count: size * block.cellCount)
    for cell in 0..<block.cellCount {
      for b in 0..<nodes {
        for a in 0...b {
          let A = Int(block.connectivity[cell * nodes + a])
          let B = Int(block.connectivity[cell * nodes + b])
          let (low, high) = (min(A, B), max(A, B))
          let t = entry(low, high)
          let at = cell * size + d * d * ElementKernel.pair(a, b)
          for i in 0..<d {
            for j in 0..<d where a != b || i <= j {
              let (row, column) = A <= B ? (i, j) : (j, i)
              out[at + d * i + j] = position(low, row, high, column, t, freeIndex, rowStart)
            }
          }
        }
      }
    }
    return out
  }

  /// Where node `b` stands in the list of node `a`.
  private func entry(_ a: Int, _ b: Int) -> Int {
    var (low, high) = (Int(start[a]), Int(start[a + 1]) - 1)
    while low < high {
      let middle = (low + high) / 2
      if node[middle] < Int32(b) { low = middle + 1 } else { high = middle }
    }
    return low
  }

  @inline(__always)
  private func position(
    _ a: Int, _ i: Int, _ b: Int, _ j: Int, _ t: Int, _ freeIndex: [Int32], _ rowStart: [Int32]
  ) -> Int32 {
    let row = freeIndex[a * dimension + i]
    guard row >= 0, freeIndex[b * dimension + j] >= 0 else { return -1 }
    var (before, rank) = (Int32(0), Int32(0))
    for k in 0..<i where freeIndex[a * dimension + k] >= 0 { rank += 1 }
    for k in 0..<j where freeIndex[b * dimension + k] >= 0 { before += 1 }
    return rowStart[Int(row)] - rank + freeBefore[t] + before
  }
}
