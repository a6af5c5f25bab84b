import LinearAlgebra

/// A symmetric stiffness R between any degrees of freedom: springs to the ground, or what is left of a
/// neighbour that was condensed to the common border.
///
/// R u joins the internal forces and R the tangent: r = f_int + R u − f_ext − g. The dofs
/// (node · dimension + component) need not share a cell. R should be positive semidefinite; where it
/// is not, the solver works with indefinite factors.
public struct ElasticBorder: Sendable, Equatable {
  /// One entry of R, N/m. An entry off the diagonal is given once and stands for R_ab and R_ba; equal
  /// positions add up.
  public struct Entry: Sendable, Equatable {
    /// Row and column, in either order.
    public var a: Int, b: Int
    /// N/m.
    public var stiffness: Double

    /// By its parts.
    public init(_ a: Int, _ b: Int, _ stiffness: Double) {
      self.a = a
      self.b = b
      self.stiffness = stiffness
    }
  }

  /// The entries, in any order.
  public var entries: [Entry]

  /// From entries.
  public init(_ entries: [Entry]) { self.entries = entries }

  /// One spring to the ground on each of the dofs, N/m each.
  public init(springsOn dofs: [Int], stiffness: Double) {
    entries = dofs.map { Entry($0, $0, stiffness) }
  }

  /// A dense symmetric matrix, row by row, over the listed dofs; only its upper triangle is read.
  public init(dofs: [Int], matrix: [Double]) {
    let n = dofs.count
    precondition(matrix.count == n * n, "\(matrix.count) values for a matrix over \(n) dofs")
    entries = []
    for i in 0..<n { for j in i..<n { entries.append(Entry(dofs[i], dofs[j], matrix[i * n + j])) } }
  }

  /// Checks places and values.
  func validate(dofCount: Int) throws(FEMError) {
    for entry in entries {
      guard entry.a >= 0, entry.b >= 0, entry.a < dofCount, entry.b < dofCount else {
        throw FEMError(
          "elastic border", "names dofs \(entry.a) and \(entry.b) of \(dofCount)",
          "number them node * dimension + component, from 0")
      }
      guard entry.stiffness.isFinite else {
        throw FEMError(
          "elastic border", "entry (\(entry.a), \(entry.b)) is not finite", "give N/m")
      }
    }
  }
}

/// R as the residual uses it: entries sorted, each once, with their places in the tangent.
struct BorderStiffness: Sendable {
  private let a: [Int32], b: [Int32]
  private let values: [Double]
  /// Places in the values of the tangent; −1 where a dof is constrained.
  private let positions: [Int32]

  init(_ border: ElasticBorder, dofs: DofMap) {
    var (a, b, values, positions): ([Int32], [Int32], [Double], [Int32]) = ([], [], [], [])
    let ordered = border.entries.map { (min($0.a, $0.b), max($0.a, $0.b), $0.stiffness) }
    // A stable order, so that equal positions always add up alike.
    let order = ordered.indices.sorted {
      (ordered[$0].0, ordered[$0].1, $0) < (ordered[$1].0, ordered[$1].1, $1)
    }
    for k in order {
      let (row, column, value) = ordered[k]
      if a.last == Int32(row) && b.last == Int32(column) {
        values[values.count - 1] += value
        continue
      }
      a.append(Int32(row))
      b.append(Int32(column))
      values.append(value)
      let (i, j) = (Int(dofs.freeIndex[row]), Int(dofs.freeIndex[column]))
      positions.append(i < 0 || j < 0 ? -1 : Int32(dofs.pattern.position(i, j)!))
    }
    (self.a, self.b, self.values, self.positions) = (a, b, values, positions)
  }

  /// f ← R u, or R (u + Δu).
  func force(of u: [Double], plus increment: [Double]? = nil, into f: inout [Double]) {
    for i in f.indices { f[i] = 0 }
    for k in values.indices {
      let (i, j) = (Int(a[k]), Int(b[k]))
      f[i] += values[k] * (u[j] + (increment?[j] ?? 0))
      if i != j { f[j] += values[k] * (u[i] + (increment?[i] ?? 0)) }
    }
  }

  /// K ← K + scale · R on the free dofs.
  func add(to tangent: inout [Double], scale: Double = 1) {
    for k in values.indices where positions[k] >= 0 {
      tangent[Int(positions[k])] += scale * values[k]
    }
  }
}
