import Geometry

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
/// coupling has converged after one sweep, whatever R_B.
struct RobinExchange {
  /// Springs as A and as B see them, and their sum on B's points.
  let onA: BorderStiffness, onB: BorderStiffness, sum: BorderStiffness

  /// - Parameters:
  ///   - transfer: P, from A's points to B's; nil where they are the same.
  ///   - a, b: springs R_A and R_B between the `count` values of B.
  init(transfer: Transfer?, a: BorderStiffness, b: BorderStiffness, count: Int, width: Int) {
    onB = b
    sum = a + b
    guard let transfer else {
      onA = a
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
    var entries: [BorderStiffness.Entry] = []
    for e in a.entries {
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
    onA = BorderStiffness(entries)
  }
}
