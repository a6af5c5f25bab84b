/// A dense matrix of doubles, stored column by column as LAPACK has it: entry (i, j) is
/// `values[i + rows · j]`.
public struct DenseMatrix: Sendable, Equatable {
  /// Number of rows.
  public let rows: Int
  /// Number of columns.
  public let columns: Int
  /// The entries, column by column.
  public var values: [Double]

  /// The zero matrix.
  public init(rows: Int, columns: Int) {
    precondition(rows >= 0 && columns >= 0, "a matrix of \(rows) by \(columns)")
    self.rows = rows
    self.columns = columns
    values = Array(repeating: 0, count: rows * columns)
  }

  /// Takes entries stored column by column.
  public init(rows: Int, columns: Int, values: [Double]) {
    precondition(
      values.count == rows * columns, "\(values.count) values for \(rows) by \(columns)")
    self.rows = rows
    self.columns = columns
    self.values = values
  }

  /// Takes rows as they are written on paper; all of the same length.
  public init(_ rowLists: [[Double]]) {
    self.init(rows: rowLists.count, columns: rowLists.first?.count ?? 0)
    for (i, row) in rowLists.enumerated() {
      precondition(row.count == columns, "row \(i) has \(row.count) entries, not \(columns)")
      for (j, value) in row.enumerated() { self[i, j] = value }
    }
  }

  /// The identity of `count` rows.
  public static func identity(_ count: Int) -> DenseMatrix {
    diagonal(Array(repeating: 1, count: count))
  }

  /// A square matrix with these values on its diagonal.
  public static func diagonal(_ values: [Double]) -> DenseMatrix {
    var matrix = DenseMatrix(rows: values.count, columns: values.count)
    for (i, value) in values.enumerated() { matrix[i, i] = value }
    return matrix
  }

  /// Entry (i, j).
  public subscript(i: Int, j: Int) -> Double {
    get {
      precondition(
        i >= 0 && i < rows && j >= 0 && j < columns, "(\(i), \(j)) of \(rows)×\(columns)")
      return values[i + rows * j]
    }
    set {
      precondition(
        i >= 0 && i < rows && j >= 0 && j < columns, "(\(i), \(j)) of \(rows)×\(columns)")
      values[i + rows * j] = newValue
    }
  }

  /// All entries become zero.
  public mutating func setZero() {
    for p in values.indices { values[p] = 0 }
  }

  /// The transpose.
  public var transposed: DenseMatrix {
    var result = DenseMatrix(rows: columns, columns: rows)
    for j in 0..<columns {
      for i in 0..<rows { result.values[j + columns * i] = values[i + rows * j] }
    }
    return result
  }

  /// Column j.
  public func column(_ j: Int) -> ArraySlice<Double> { values[rows * j..<rows * (j + 1)] }

  /// Square root of the sum of squares.
  public var frobeniusNorm: Double { norm(values) }
}
