import Glibc

/// Which differences are too nearly dependent on newer ones to be kept (Haelterman et al., Comput. Struct. 171 (2016);
/// Davis, Schulte & Uekermann, Math. Comput. Appl. 27 (2022) 40).
public enum QRFilter: Sendable, Equatable, Codable {
  /// All are kept but those without any part of their own (1e-14 of their length).
  case none
  /// Factors of all; the first with |R_ii| < ε ‖R‖_F goes, and again.
  case qr1(Double)
  /// From the newest to the oldest; one whose part orthogonal to the newer ones is shorter than ε of it goes.
  case qr2(Double)
  /// As QR2, and only where some |R_ii| of all is below ε of its column.
  case qr3(Double)
}

/// Factors V = Q R of the columns that a filter leaves.
public struct FilteredQR: Sendable {
  /// Orthonormal columns; R column by column, each down to its diagonal.
  public private(set) var Q: [[Double]] = [], R: [[Double]] = []
  /// Numbers of the columns kept and dropped, ascending.
  public private(set) var kept: [Int] = [], dropped: [Int] = []

  /// Of columns, the newest first.
  public init(_ columns: [[Double]], filter: QRFilter) {
    switch filter {
    case .none: build(columns, Array(columns.indices), least: 1e-14)
    case .qr2(let share): build(columns, Array(columns.indices), least: max(share, 1e-14))
    case .qr3(let share):
      build(columns, Array(columns.indices), least: 1e-14)
      let fires = R.indices.contains { abs(R[$0][$0]) < share * length(R[$0]) }
      if fires { build(columns, Array(columns.indices), least: max(share, 1e-14)) }
    case .qr1(let share):
      var numbers = Array(columns.indices)
      while true {
        build(columns, numbers, least: 1e-14)
        let size = R.reduce(0) { $0 + dot($1, $1) }.squareRoot()
        guard let i = R.indices.first(where: { abs(R[$0][$0]) < share * size }) else { break }
        numbers.removeAll { $0 == kept[i] }
      }
    }
    dropped = columns.indices.filter { !kept.contains($0) }
  }

  /// Gram–Schmidt, twice, so that Q is orthonormal to rounding.
  private mutating func build(_ columns: [[Double]], _ numbers: [Int], least: Double) {
    (Q, R, kept) = ([], [], [])
    for n in numbers {
      var v = columns[n]
      let size = length(v)
      guard size > 0, size.isFinite else { continue }
      var entries = [Double](repeating: 0, count: Q.count)
      for _ in 0..<2 {
        for k in Q.indices {
          let part = dot(Q[k], v)
          entries[k] += part
          for i in v.indices { v[i] -= part * Q[k][i] }
        }
      }
      let rest = length(v)
      guard rest > least * size else { continue }
      for i in v.indices { v[i] /= rest }
      Q.append(v)
      R.append(entries + [rest])
      kept.append(n)
    }
  }

  /// argmin ‖V a − b‖ over the columns kept.
  public func leastSquares(_ b: [Double]) -> [Double] {
    var a = Q.map { dot($0, b) }
    for j in a.indices.reversed() {
      a[j] /= R[j][j]
      for k in 0..<j { a[k] -= R[j][k] * a[j] }
    }
    return a
  }
}
