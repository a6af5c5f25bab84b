// A pattern from the cells of a mesh. Node by node: visit the cells around the node, mark each of their
// nodes once, sort the few that were found, then expand every node pair into a dense block. Cost: the
// sum over cells of (nodes per cell)², plus the entries written; no sort is longer than one node's
// neighbourhood.

extension CSRPattern {
  /// The pattern that couples all nodes of a cell, every node carrying `blockSize` unknowns
  /// (unknown i of node k is row `blockSize·k + i`).
  ///
  /// - Parameters:
  ///   - nodeCount: number of nodes; the matrix has `blockSize · nodeCount` rows.
  ///   - cells: nodes of all cells, one cell after another; negative numbers are left out, so that a
  ///     numbering of the free unknowns alone can be given with block size 1.
  ///   - cellStart: cell c holds `cells[cellStart[c] ..< cellStart[c + 1]]`.
  /// Every row has its diagonal, also that of a node in no cell.
  public static func build(
    nodeCount: Int, storage: Storage, cells: [Int32], cellStart: [Int32], blockSize: Int = 1
  ) -> CSRPattern {
    let (neighbourStart, neighbours) = nodeAdjacency(
      nodeCount: nodeCount, storage: storage, cells: cells, cellStart: cellStart)
    if blockSize == 1 {
      return CSRPattern(
        count: nodeCount, storage: storage, rowStart: neighbourStart, columns: neighbours)
    }
    return expand(neighbourStart, neighbours, storage: storage, blockSize: blockSize)
  }

  /// As above for cells that all have `nodesPerCell` nodes.
  public static func build(
    nodeCount: Int, storage: Storage, cells: [Int32], nodesPerCell: Int, blockSize: Int = 1
  ) -> CSRPattern {
    precondition(
      nodesPerCell > 0 && cells.count % nodesPerCell == 0,
      "\(cells.count) nodes do not fill cells of \(nodesPerCell)")
    let starts = (0...cells.count / nodesPerCell).map { Int32($0 * nodesPerCell) }
    return build(
      nodeCount: nodeCount, storage: storage, cells: cells, cellStart: starts, blockSize: blockSize)
  }

  /// Cells around every node, by counting.
  private static func cellsAroundNodes(
    nodeCount: Int, cells: [Int32], cellStart: [Int32]
  ) -> (start: [Int32], cells: [Int32]) {
    var start = [Int32](repeating: 0, count: nodeCount + 1)
    for node in cells where node >= 0 {
      precondition(node < nodeCount, "node \(node) of \(nodeCount)")
      start[Int(node) + 1] += 1
    }
    for i in 0..<nodeCount { start[i + 1] += start[i] }
    var next = start
    var around = [Int32](repeating: 0, count: Int(start[nodeCount]))
    for c in 0..<cellStart.count - 1 {
      for p in Int(cellStart[c])..<Int(cellStart[c + 1]) where cells[p] >= 0 {
        let node = Int(cells[p])
        around[Int(next[node])] = Int32(c)
        next[node] += 1
      }
    }
    return (start, around)
  }

  private static func nodeAdjacency(
    nodeCount: Int, storage: Storage, cells: [Int32], cellStart: [Int32]
  ) -> (start: [Int32], neighbours: [Int32]) {
    let (aroundStart, around) = cellsAroundNodes(
      nodeCount: nodeCount, cells: cells, cellStart: cellStart)
    var start: [Int32] = [0]
    start.reserveCapacity(nodeCount + 1)
    var neighbours: [Int32] = []
    neighbours.reserveCapacity(cells.count * 2)
    var markedBy = [Int32](repeating: -1, count: nodeCount)
    var row: [Int32] = []
    for node in 0..<Int32(nodeCount) {
      row.removeAll(keepingCapacity: true)
      row.append(node)
      markedBy[Int(node)] = node
      for q in Int(aroundStart[Int(node)])..<Int(aroundStart[Int(node) + 1]) {
        let c = Int(around[q])
        for p in Int(cellStart[c])..<Int(cellStart[c + 1]) {
          let other = cells[p]
          guard other >= 0, markedBy[Int(other)] != node else { continue }
          markedBy[Int(other)] = node
          if storage == .full || other > node { row.append(other) }
        }
      }
      row.sort()
      neighbours.append(contentsOf: row)
      precondition(neighbours.count <= Int32.max, "a pattern of more than 2^31 entries")
      start.append(Int32(neighbours.count))
    }
    return (start, neighbours)
  }

  /// Every node pair becomes a dense block; in the upper triangle the diagonal block loses its lower part.
  private static func expand(
    _ start: [Int32], _ neighbours: [Int32], storage: Storage, blockSize b: Int
  ) -> CSRPattern {
    let nodeCount = start.count - 1
    let lost = storage == .full ? 0 : nodeCount * (b * (b - 1) / 2)
    let total = neighbours.count * b * b - lost
    precondition(total <= Int32.max, "a pattern of \(total) entries, more than 2^31")
    var rowStart: [Int32] = [0]
    rowStart.reserveCapacity(nodeCount * b + 1)
    let columns = [Int32](unsafeUninitializedCapacity: total) { buffer, written in
      for node in 0..<nodeCount {
        let (first, last) = (Int(start[node]), Int(start[node + 1]))
        for i in 0..<b {
          // In the upper triangle the first neighbour is the node itself.
          var skip = storage == .full ? 0 : i
          for q in first..<last {
            let column = neighbours[q] * Int32(b)
            for j in skip..<b {
              buffer[written] = column + Int32(j)
              written += 1
            }
            skip = 0
          }
          rowStart.append(Int32(written))
        }
      }
    }
    return CSRPattern(
      count: nodeCount * b, storage: storage, rowStart: rowStart, columns: columns, blockSize: b)
  }
}
