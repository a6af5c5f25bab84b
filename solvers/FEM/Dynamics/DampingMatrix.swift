import LinearAlgebra

/// C = α M + β K₀ over all dofs, K₀ the tangent of the state that it is made at.
struct DampingMatrix: Sendable {
  let mass: Double
  let stiffness: Double
  /// K₀ on every dof, constrained ones too; nil without stiffness damping.
  let tangent: CSRMatrix?

  init(_ damping: RayleighDamping, of body: FEMModel) {
    mass = damping.mass
    stiffness = damping.stiffness
    tangent = damping.stiffness == 0 ? nil : DampingMatrix.tangent(of: body)
  }

  /// The tangent of the present state over all dofs, constrained ones too.
  static func tangent(of body: FEMModel) -> CSRMatrix {
    let dofs = DofMap(
      mesh: body.definition.mesh, dimension: body.dimension,
      isPrescribed: Array(repeating: false, count: body.displacement.count))
    var matrix = CSRMatrix(pattern: dofs.pattern)
    body.visitGroups(tangent: true) { block, cells, kernel in
      for (lane, cell) in cells.enumerated() {
        kernel.stiffness.scatter(
          lane: lane, positions: dofs.positions[block], offset: cell * kernel.stiffness.count,
          into: &matrix.values)
      }
    }
    return matrix
  }

  var isZero: Bool { mass == 0 && stiffness == 0 }

  /// f ← C v.
  func force(
    of v: [Double], mass M: MassMatrix, scratch: inout [Double], into f: inout [Double]
  ) {
    if isZero { return }
    if let tangent { tangent.multiply(v, into: &f) } else { for i in f.indices { f[i] = 0 } }
    if stiffness != 0 { for i in f.indices { f[i] *= stiffness } }
    guard mass != 0 else { return }
    M.multiply(v, into: &scratch)
    for i in f.indices { f[i] += mass * scratch[i] }
  }

  /// K ← K + scale · β K₀ on the free dofs (the mass part goes with M).
  func addStiffness(to matrix: inout CSRMatrix, dofs: DofMap, scale: Double) {
    guard let tangent else { return }
    let pattern = tangent.pattern
    for dof in 0..<pattern.count where dofs.freeIndex[dof] >= 0 {
      for p in Int(pattern.rowStart[dof])..<Int(pattern.rowStart[dof + 1]) {
        let column = dofs.freeIndex[Int(pattern.columns[p])]
        if column < 0 { continue }
        matrix.add(
          scale * stiffness * tangent.values[p], row: Int(dofs.freeIndex[dof]),
          column: Int(column))
      }
    }
  }
}
