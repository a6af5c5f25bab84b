/// A sparse matrix of weights, target points by source points, row by row. Rows add up to one.
struct SparseMap: Sendable {
  /// Entries of row t: `starts[t]..<starts[t + 1]`.
  private(set) var starts: [Int] = [0]
  private(set) var columns: [Int32] = []
  private(set) var weights: [Double] = []
  let columnCount: Int

  init(columnCount: Int) { self.columnCount = columnCount }

  var rowCount: Int { starts.count - 1 }

  mutating func reserve(rows: Int, entries: Int) {
    starts.reserveCapacity(rows + 1)
    columns.reserveCapacity(entries)
    weights.reserveCapacity(entries)
  }

  /// Adds an entry to the row that is being written; zero weights are left out.
  mutating func append(_ column: Int32, _ weight: Double) {
    if weight == 0 { return }
    columns.append(column)
    weights.append(weight)
  }

  /// Ends a row: round-off in Σ w = 1 goes to its first entry.
  mutating func endRow() {
    let first = starts[starts.count - 1]
    precondition(first < weights.count, "target point \(rowCount) hears of no source point")
    var sum = 0.0
    for i in first..<weights.count { sum += weights[i] }
    weights[first] += 1 - sum
    starts.append(weights.count)
  }

  /// P v, as v₀ + Σ w (v − v₀) with v₀ the row's first value: the same thing where Σ w = 1, and constants
  /// come through bit for bit.
  func times(_ v: [Double], width: Int) -> [Double] {
    precondition(
      width > 0 && v.count == columnCount * width,
      "\(v.count) values for \(columnCount) source points of \(width) components")
    var out = [Double](repeating: 0, count: rowCount * width)
    for t in 0..<rowCount {
      let base = Int(columns[starts[t]]) * width
      for c in 0..<width {
        let reference = v[base + c]
        var sum = 0.0
        for i in starts[t]..<starts[t + 1] {
          sum += weights[i] * (v[Int(columns[i]) * width + c] - reference)
        }
        out[t * width + c] = reference + sum
      }
    }
    return out
  }

  /// Pᵀ f, in the order of the rows.
  func transposeTimes(_ f: [Double], width: Int) -> [Double] {
    precondition(
      width > 0 && f.count == rowCount * width,
      "\(f.count) values for \(rowCount) target points of \(width) components")
    var out = [Double](repeating: 0, count: columnCount * width)
    for t in 0..<rowCount {
      for i in starts[t]..<starts[t + 1] {
        let base = Int(columns[i]) * width
        for c in 0..<width { out[base + c] += weights[i] * f[t * width + c] }
      }
    }
    return out
  }
}
