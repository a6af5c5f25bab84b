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
/// equal). Where both settle, their sum says P u_A = u_B and then their difference f_A = −Pᵀ f_B.
struct RobinExchange {
  /// Springs as A and as B see them, and their sum on B's points.
  let onA: BorderStiffness, onB: BorderStiffness, sum: BorderStiffness

  /// - Parameters:
  ///   - transfer: P, from A's points to B's.
  ///   - a, b: springs R_A and R_B of every value of B.
  init(transfer: Transfer?, a: [Double], b: [Double], width: Int) {
    func diagonal(_ r: [Double]) -> BorderStiffness {
      BorderStiffness(r.enumerated().map { .init($0, $0, $1) })
    }
    onB = diagonal(b)
    sum = diagonal(zip(a, b).map { $0 + $1 })
    guard let transfer else {
      onA = diagonal(a)
      return
    }
    // Rows of P are columns of Pᵀ: levers of gaps, which act between components, are among them.
    var entries: [BorderStiffness.Entry] = []
    var unit = [Double](repeating: 0, count: b.count)
    for i in b.indices {
      unit[i] = 1
      let row = transfer.conservative(unit, width: width)
      unit[i] = 0
      let places = row.indices.filter { row[$0] != 0 }
      for (n, j) in places.enumerated() {
        for k in places[n...] { entries.append(.init(j, k, row[j] * row[k] * a[i])) }
      }
    }
    onA = BorderStiffness(entries)
  }
}
