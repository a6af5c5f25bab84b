// The measured loops over sparse rows. They run on unsafe buffers; bounds are checked once on entry.

extension CSRMatrix {
  /// y = A x.
  public func multiply(_ x: [Double], into y: inout [Double]) {
    precondition(x.count == count, "a vector of \(x.count) for \(count) columns")
    precondition(y.count == count, "a vector of \(y.count) for \(count) rows")
    let symmetric = pattern.storage == .upperTriangle
    pattern.rowStart.withUnsafeBufferPointer { rowStart in
      pattern.columns.withUnsafeBufferPointer { columns in
        values.withUnsafeBufferPointer { values in
          x.withUnsafeBufferPointer { x in
            y.withUnsafeMutableBufferPointer { y in
              if symmetric {
                multiplyUpper(rowStart, columns, values, x, y)
              } else {
                multiplyFull(rowStart, columns, values, x, y)
              }
            }
          }
        }
      }
    }
  }

  /// A x.
  public func times(_ x: [Double]) -> [Double] {
    var y = [Double](repeating: 0, count: count)
    multiply(x, into: &y)
    return y
  }

  /// Adds a cell's matrix: `k` row by row, square, its rows ordered node by node and each node with the
  /// pattern's `blockSize` unknowns.
  ///
  /// Negative nodes are left out. With upper-triangle storage only the entries on and above the diagonal of
  /// the assembled matrix are read, each once, so `k` must be symmetric.
  /// The pattern must couple all the nodes given.
  public mutating func add(cellMatrix k: Span<Double>, nodes: Span<Int32>) {
    let b = pattern.blockSize
    let n = nodes.count * b
    precondition(k.count == n * n, "a cell matrix of \(k.count) values for \(n) unknowns")
    let upper = pattern.storage == .upperTriangle
    let blockCount = pattern.count / b
    let pattern = pattern
    pattern.rowStart.withUnsafeBufferPointer { rowStart in
      pattern.columns.withUnsafeBufferPointer { columns in
        values.withUnsafeMutableBufferPointer { values in
          for a in 0..<nodes.count {
            let rowNode = Int(nodes[a])
            if rowNode < 0 { continue }
            precondition(rowNode < blockCount, "node \(rowNode) of \(blockCount)")
            let first = Int(rowStart[rowNode * b])
            let end = Int(rowStart[rowNode * b + 1])
            for c in 0..<nodes.count {
              let columnNode = Int(nodes[c])
              if columnNode < 0 || (upper && columnNode < rowNode) { continue }
              let p = lowerBound(columns, first, end, Int32(columnNode * b))
              precondition(
                p < end && columns[p] == Int32(columnNode * b),
                "the pattern does not couple nodes \(rowNode) and \(columnNode)")
              for i in 0..<b {
                // The rows of one node hold the same columns; in the upper triangle row i starts i later.
                let shift = Int(rowStart[rowNode * b + i]) - first - (upper ? i : 0)
                let source = (a * b + i) * n + c * b
                let j0 = upper && columnNode == rowNode ? i : 0
                for j in j0..<b { values[p + shift + j] += k[unchecked: source + j] }
              }
            }
          }
        }
      }
    }
  }
}

private func lowerBound(
  _ columns: UnsafeBufferPointer<Int32>, _ start: Int, _ end: Int, _ column: Int32
) -> Int {
  var (low, high) = (start, end)
  while low < high {
    let middle = (low + high) / 2
    if columns[middle] < column { low = middle + 1 } else { high = middle }
  }
  return low
}

private func multiplyFull(
  _ rowStart: UnsafeBufferPointer<Int32>, _ columns: UnsafeBufferPointer<Int32>,
  _ values: UnsafeBufferPointer<Double>, _ x: UnsafeBufferPointer<Double>,
  _ y: UnsafeMutableBufferPointer<Double>
) {
  for i in 0..<y.count {
    var sum = 0.0
    for p in Int(rowStart[i])..<Int(rowStart[i + 1]) { sum += values[p] * x[Int(columns[p])] }
    y[i] = sum
  }
}

private func multiplyUpper(
  _ rowStart: UnsafeBufferPointer<Int32>, _ columns: UnsafeBufferPointer<Int32>,
  _ values: UnsafeBufferPointer<Double>, _ x: UnsafeBufferPointer<Double>,
  _ y: UnsafeMutableBufferPointer<Double>
) {
  for i in 0..<y.count { y[i] = 0 }
  for i in 0..<y.count {
    let xi = x[i]
    var sum = 0.0
    for p in Int(rowStart[i])..<Int(rowStart[i + 1]) {
      let j = Int(columns[p])
      sum += values[p] * x[j]
      if j != i { y[j] += values[p] * xi }
    }
    y[i] += sum
  }
}
