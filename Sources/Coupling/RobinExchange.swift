import Geometry
import LinearAlgebra

/// The Robin–Robin exchange of two borders with multipliers on one of them.
///
/// Border B is the finer mesh, and u_B = P u_A, f_A = −Pᵀ f_B are to hold, so that no work is lost between the borders
/// whatever P is. Springs R_A and R_B on B's points, of which A sees Pᵀ R_A P, carry loads λ:
///
///     A:  f_A + Pᵀ R_A P u_A = Pᵀ λ_A        B:  f_B + R_B u_B = λ_B
///
/// and each end's answer gives the other's load, λ_B = −λ_A + (R_A + R_B) P u_A and λ_A = −λ_B + (R_A + R_B) u_B (the
/// two-Lagrange-multiplier method of Farhat et al., Comput. Methods Appl. Mech. Eng. 184 (2000), with springs that need not be
/// equal). Where both settle, their sum says P u_A = u_B, since R_A + R_B is definite, and then their difference
/// f_A = −Pᵀ f_B. With R_A what B itself opposes to a displacement of its border, λ_A does not depend on λ_B: a linear
/// coupling has converged after one sweep, whatever R_B. Where A takes springs only value by value, R_A is the one of which A sees
/// the diagonal.
struct RobinExchange {
  /// Springs as A and as B see them, and their sum on B's points.
  let onA: BorderStiffness, onB: BorderStiffness, sum: BorderStiffness
  /// R_A on B's points.
  let ofA: BorderStiffness

  /// - Parameters:
  ///   - transfer: P, from A's points to B's; nil where they are the same.
  ///   - a, b: springs R_A and R_B between the `count` values of B.
  ///   - isPointwise: whether A takes springs only value by value.
  /// - Throws: `CouplingError` where such springs do not exist: A has values that B does not feel.
  init(
    transfer: Transfer?, a: BorderStiffness, b: BorderStiffness, count: Int, width: Int,
    isPointwise: Bool
  ) throws(CouplingError) {
    onB = b
    guard let transfer else {
      onA = isPointwise ? a.diagonal : a
      (ofA, sum) = (onA, onA + b)
      return
    }
    // Rows of P are columns of Pᵀ: levers of gaps, which act between components, are among them.
    var unit = [Double](repeating: 0, count: count)
    let rows = (0..<count).map { i in
      unit[i] = 1
      let row = transfer.conservative(unit, width: width)
      unit[i] = 0
      return row.indices.filter { row[$0] != 0 }.map { (column: $0, weight: row[$0]) }
    }
    let seen = RobinExchange.product(a, rows)
    guard isPointwise, !seen.isDiagonal else {
      (onA, ofA, sum) = (seen, a, a + b)
      return
    }
    onA = seen.diagonal
    let columns = transfer.sourceCount * width
    ofA = try RobinExchange.lifted(onA, rows, columns: columns)
    sum = ofA + b
  }

  /// Pᵀ R P.
  private static func product(
    _ R: BorderStiffness, _ rows: [[(column: Int, weight: Double)]]
  ) -> BorderStiffness {
    var entries: [BorderStiffness.Entry] = []
    for e in R.entries {
      for one in rows[e.row] {
        for other in rows[e.column] {
          let value = e.value * one.weight * other.weight
          // Off the diagonal of R both r_ij and r_ji give a part of every place.
          if e.row != e.column {
            let isDiagonal = one.column == other.column
            entries.append(.init(one.column, other.column, isDiagonal ? 2 * value : value))
          } else if one.column <= other.column {
            entries.append(.init(one.column, other.column, value))
          }
        }
      }
    }
    return BorderStiffness(entries)
  }

  /// The springs R on B with Pᵀ R P = D, a diagonal: R = P⁺ᵀ D P⁺ with P⁺ = (Pᵀ P)⁻¹ Pᵀ.
  private static func lifted(
    _ D: BorderStiffness, _ rows: [[(column: Int, weight: Double)]], columns: Int
  ) throws(CouplingError) -> BorderStiffness {
    var normal = DenseMatrix(rows: columns, columns: columns)
    for row in rows {
      for one in row {
        for other in row { normal[one.column, other.column] += one.weight * other.weight }
      }
    }
    guard let factors = try? LU(normal), factors.reciprocalCondition > 1e-12 else {
      throw CouplingError(
        "springs",
        "cannot act point by point on an end with values that the finer one does not feel",
        "take the exchange dirichlet-neumann")
    }
    let inverse = rows.map { row in
      var column = [Double](repeating: 0, count: columns)
      for entry in row { column[entry.column] = entry.weight }
      factors.solve(&column)
      return column
    }
    var entries: [BorderStiffness.Entry] = []
    for i in rows.indices {
      for j in i..<rows.count {
        let value = D.entries.reduce(0) { $0 + $1.value * inverse[i][$1.row] * inverse[j][$1.row] }
        entries.append(.init(i, j, value))
      }
    }
    return BorderStiffness(entries)
  }
}
