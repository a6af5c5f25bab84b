import LinearAlgebra

extension FEMModel {
  /// Stiffness of the guided dofs as seen from outside, with everything else in equilibrium at the present displacement, N/m:
  /// S = K_gg − K_gf K_ff⁻¹ K_fg, `[row * guidedDofs.count + column]`, symmetric.
  ///
  /// One factorisation and a solve per guided dof.
  /// - Throws: `LinearSolverError` where K_ff is singular or the state has no tangent.
  public mutating func condensedStiffness() throws(LinearSolverError) -> [Double] {
    let linear = try linearise()
    let guided = guidedDofs
    let n = guided.count
    var fields = guided.map { dof in
      var unit = [Double](repeating: 0, count: displacement.count)
      unit[dof] = 1
      return unit
    }
    let pulls = tangentProducts(fields)
    let free = linear.freeDofs
    var right = pulls.flatMap { pull in free.map { -pull[Int($0)] } }
    try linear.solve(&right, count: n)
    for j in 0..<n {
      for (i, dof) in free.enumerated() { fields[j][Int(dof)] = right[j * free.count + i] }
    }
    let reactions = tangentProducts(fields)
    var S = [Double](repeating: 0, count: n * n)
    for i in 0..<n {
      for j in 0..<n { S[i * n + j] = 0.5 * (reactions[j][guided[i]] + reactions[i][guided[j]]) }
    }
    return S
  }
}
