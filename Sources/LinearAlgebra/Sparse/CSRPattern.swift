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
  /// Unknowns that share their couplings: rows `b·k ..< b·(k + 1)` of block size b reach the same blocks.
  public let blockSize: Int

  /// Takes ready arrays; the caller vouches for ascending columns and, with a block size above one,
  /// for rows and columns that come in whole blocks.
  public init(
    count: Int, storage: Storage, rowStart: [Int32], columns: [Int32], blockSize: Int = 1
  ) {
    precondition(rowStart.count == count + 1, "\(count) rows but \(rowStart.count) row starts")
    precondition(Int(rowStart[count]) == columns.count, "last row start is not the entry count")
    precondition(
      blockSize > 0 && count % blockSize == 0, "\(count) rows in blocks of \(blockSize)")
    self.count = count
    self.storage = storage
    self.rowStart = rowStart
    self.columns = columns
    self.blockSize = blockSize
  }

  /// Number of stored entries.
  public var entryCount: Int { columns.count }

  /// Position of entry `(row, column)`, or nil where the pattern has none.
  public func position(_ row: Int, _ column: Int) -> Int? {
    let end = Int(rowStart[row + 1])
    var (low, high) = (Int(rowStart[row]), end)
    while low < high {
      let middle = (low + high) / 2
      if columns[middle] < Int32(column) { low = middle + 1 } else { high = middle }
    }
    return low < end && columns[low] == Int32(column) ? low : nil
  }
}
