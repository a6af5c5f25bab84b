/// A sparse matrix: values on a shared pattern.
///
/// With upper-triangle storage the matrix meant is the whole symmetric one.
public struct CSRMatrix: Sendable {
  /// Where the entries stand.
  public let pattern: CSRPattern
  /// One value per entry of the pattern.
  public var values: [Double]

  /// The zero matrix on a pattern.
  public init(pattern: CSRPattern) {
    self.pattern = pattern
    values = Array(repeating: 0, count: pattern.entryCount)
  }

  /// A matrix from triples; equal positions add up. For small systems and tests: meshes use
  /// `CSRPattern.build`. With upper-triangle storage only entries with row ≤ column are given.
  public init(
    count: Int, storage: CSRPattern.Storage,
    entries: [(row: Int, column: Int, value: Double)]
  ) {
    var rows = [[Int32: Double]](repeating: [:], count: count)
    for (i, j, value) in entries {
      precondition(
        (0..<count).contains(i) && (0..<count).contains(j), "entry (\(i), \(j)) of \(count) rows")
      precondition(storage == .full || i <= j, "entry (\(i), \(j)) is below the diagonal")
      rows[i][Int32(j), default: 0] += value
    }
    var (rowStart, columns, values): ([Int32], [Int32], [Double]) = ([0], [], [])
    for row in rows {
      for (column, value) in row.sorted(by: { $0.key < $1.key }) {
        columns.append(column)
        values.append(value)
      }
      rowStart.append(Int32(columns.count))
    }
    pattern = CSRPattern(count: count, storage: storage, rowStart: rowStart, columns: columns)
    self.values = values
  }

  /// Number of rows and columns.
  public var count: Int { pattern.count }

  /// All values become zero; the pattern stays.
  public mutating func setZero() {
    for p in values.indices { values[p] = 0 }
  }

  /// Entry `(row, column)`; zero where the pattern has none. With upper-triangle storage either order.
  public subscript(row: Int, column: Int) -> Double {
    let (i, j) = ordered(row, column)
    return pattern.position(i, j).map { values[$0] } ?? 0
  }

  /// Adds to one entry. The pattern must have it.
  public mutating func add(_ value: Double, row: Int, column: Int) {
    let (i, j) = ordered(row, column)
    guard let p = pattern.position(i, j) else {
      preconditionFailure("the pattern has no entry (\(row), \(column))")
    }
    values[p] += value
  }

  /// The diagonal; zero where the pattern has no entry.
  public var diagonal: [Double] { (0..<count).map { self[$0, $0] } }

  /// ‖A‖∞, the largest sum of sizes in a row.
  public var largestRowSum: Double {
    var sums = [Double](repeating: 0, count: count)
    for i in 0..<count {
      for p in Int(pattern.rowStart[i])..<Int(pattern.rowStart[i + 1]) {
        sums[i] += abs(values[p])
        let j = Int(pattern.columns[p])
        if pattern.storage == .upperTriangle && j != i { sums[j] += abs(values[p]) }
      }
    }
    return sums.max() ?? 0
  }

  private func ordered(_ i: Int, _ j: Int) -> (Int, Int) {
    pattern.storage == .upperTriangle && j < i ? (j, i) : (i, j)
  }
}
