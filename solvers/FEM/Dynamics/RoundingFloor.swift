import Glibc

/// What rounding leaves of internal forces that should vanish.
///
/// A body in free flight has no force to compare a residual with, but F = 1 + Σ u_a ⊗ ∇N_a is rounded:
/// each node keeps about ε K_ii (|u| + h), with h the size of a cell in finite strain (the 1 of F).
struct RoundingFloor: Sendable {
  /// K_ii of the state it was made at on free dofs, zero elsewhere, N/m.
  let diagonal: [Double]
  private let cellSize: Double

  /// K_ii of the present state on free dofs, zero elsewhere.
  init(_ body: FEMModel) {
    let mesh = body.definition.mesh
    var diagonal = [Double](repeating: 0, count: body.displacement.count)
    let d = body.dimension
    body.visitGroups(tangent: true) { block, cells, kernel in
      for (lane, cell) in cells.enumerated() {
        for (a, node) in mesh.blocks[block].nodes(of: cell).enumerated() {
          let at = d * d * ElementKernel.pair(a, a)
          for i in 0..<d {
            diagonal[Int(node) * d + i] += abs(kernel.stiffness[at + (d + 1) * i][lane])
          }
        }
      }
    }
    for dof in diagonal.indices where body.problem.dofs.freeIndex[dof] < 0 { diagonal[dof] = 0 }
    self.diagonal = diagonal
    let (low, high) = mesh.bounds
    let size = (high - low).max() / pow(Double(mesh.cellCount), 1 / Double(d))
    cellSize = body.definition.strain == .finite ? size : 0
  }

  /// Norm over the free dofs, N, with a factor of safety of eight.
  func norm(at u: [Double]) -> Double {
    var sum = 0.0
    for i in u.indices {
      let f = diagonal[i] * (abs(u[i]) + cellSize)
      sum += f * f
    }
    return 8 * Double.ulpOfOne * sum.squareRoot()
  }
}
