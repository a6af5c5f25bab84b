/// The sparsity pattern of a square matrix in compressed rows; shared by all matrices assembled on it.
///
/// A symmetric pattern holds the upper triangle with the diagonal only. Columns ascend in each row.
public final class CSRPattern: Sendable {
  /// Which entries are stored.
  public enum Storage: Sendable { case full, upperTriangle }

  /// Number of rows and columns.
  public let count: Int
  /// Which entries are stored.
  public let storage: Storage
  /// Row `i` occupies `columns[rowStart[i] ..< rowStart[i + 1]]`.
  public let rowStart: [Int32]
  /// Column of every entry, ascending in each row.
  public let columns: [Int32]

  /// Takes ready arrays; the caller vouches for ascending columns.
  public init(count: Int, storage: Storage, rowStart: [Int32], columns: [Int32]) {
    precondition(rowStart.count == count + 1, "\(count) rows but \(rowStart.count) row starts")
    precondition(Int(rowStart[count]) == columns.count, "last row start is not the entry count")
    self.count = count
    self.storage = storage
    self.rowStart = rowStart
    self.columns = columns
  }

  /// Number of stored entries.
  public var entryCount: Int { columns.count }

  /// Position of entry `(row, column)`, or nil where the pattern has none.
  public func position(_ row: Int, _ column: Int) -> Int? {
    var (low, high) = (Int(rowStart[row]), Int(rowStart[row + 1]))
    while low < high {
      let middle = (low + high) / 2
      if columns[middle] < Int32(column) { low = middle + 1 } else { high = middle }
    }
    return low < Int(rowStart[row + 1]) && columns[low] == Int32(column) ? low : nil
  }
}

/// A sparse matrix: values on a shared pattern.
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
}
