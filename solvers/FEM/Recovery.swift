import Geometry

extension CellShape {
  /// Takes values at the points of the full rule to the nodes: `[node * points + point]`.
  ///
  /// The values are fitted by least squares with the shape functions of the corner cell (tri3, quad4,
  /// tet4, hex8), a constant where one point is all there is, and evaluated at every node. Exact
  /// wherever the field is in that space.
  func recoveryMatrix() -> [Double] {
    let rule = Quadrature.full(self)
    let q = rule.points.count
    guard q > 1 else { return Array(repeating: 1, count: nodeCount) }
    let corner: CellShape =
      switch self {
      case .tri3, .tri6: .tri3
      case .quad4, .quad8: .quad4
      case .tet4, .tet10: .tet4
      case .hex8, .hex20: .hex8
      }
    let m = corner.nodeCount
    let A = rule.points.map { corner.shapeFunctions(at: $0).values }
    // Normal equations (m ≤ 8, well conditioned): coefficients = (AᵀA)⁻¹ Aᵀ values.
    var normal = [[Double]](repeating: Array(repeating: 0, count: m + q), count: m)
    for i in 0..<m {
      for j in 0..<m { for p in 0..<q { normal[i][j] += A[p][i] * A[p][j] } }
      for p in 0..<q { normal[i][m + p] = A[p][i] }
    }
    for i in 0..<m {
      let pivot = normal[i][i]
      for j in 0..<m + q { normal[i][j] /= pivot }
      for k in 0..<m where k != i {
        let factor = normal[k][i]
        for j in 0..<m + q { normal[k][j] -= factor * normal[i][j] }
      }
    }
    return referenceNodes.flatMap { node in
      let N = corner.shapeFunctions(at: node).values
      return (0..<q).map { p in (0..<m).reduce(0) { $0 + N[$1] * normal[$1][m + p] } }
    }
  }
}
