import LinearAlgebra

/// The stiffness that a body shows at some of its dofs, with everything else in equilibrium: S = A_bb − A_bi A_ii⁻¹ A_ib, where
/// A is the tangent of the undeformed body, with inertia and damping of a step for one in motion.
enum CondensedStiffness {
  /// - Parameters:
  ///   - A: upper triangle, over all dofs.
  ///   - border: dofs that stay, in order.
  ///   - isHeld: dofs that do not move at all; those of the border count as not held.
  /// - Returns: S, `[row * border.count + column]`, N/m.
  static func of(
    _ A: CSRMatrix, border: [Int], isHeld: [Bool]
  ) throws(LinearSolverError) -> [Double] {
    let n = border.count
    var place = [Int](repeating: -1, count: isHeld.count)
    var inner = place
    for (i, dof) in border.enumerated() { place[dof] = i }
    var count = 0
    for dof in isHeld.indices where !isHeld[dof] && place[dof] < 0 {
      inner[dof] = count
      count += 1
    }
    var S = [Double](repeating: 0, count: n * n)
    var right = [Double](repeating: 0, count: n * count)
    var (rowStart, columns, values): ([Int32], [Int32], [Double]) = ([0], [], [])
    for row in isHeld.indices {
      for p in Int(A.pattern.rowStart[row])..<Int(A.pattern.rowStart[row + 1]) {
        let (column, value) = (Int(A.pattern.columns[p]), A.values[p])
        switch (place[row] >= 0, place[column] >= 0) {
        case (true, true):
          S[place[row] * n + place[column]] = value
          S[place[column] * n + place[row]] = value
        case (true, false):
          if inner[column] >= 0 { right[place[row] * count + inner[column]] = -value }
        case (false, true):
          if inner[row] >= 0 { right[place[column] * count + inner[row]] = -value }
        case (false, false):
          if inner[row] >= 0, inner[column] >= 0 {
            columns.append(Int32(inner[column]))
            values.append(value)
          }
        }
      }
      if inner[row] >= 0 { rowStart.append(Int32(columns.count)) }
    }
    guard count > 0 else { return S }
    let pulls = right
    var matrix = CSRMatrix(
      pattern: CSRPattern(
        count: count, storage: .upperTriangle, rowStart: rowStart, columns: columns))
    matrix.values = values
    let solver = DirectSolver(.symmetricIndefinite)
    try solver.factorise(matrix)
    try solver.solve(&right, count: n)
    for i in 0..<n {
      for j in i..<n {
        var sum = S[i * n + j]
        for k in 0..<count { sum -= pulls[i * count + k] * right[j * count + k] }
        (S[i * n + j], S[j * n + i]) = (sum, sum)
      }
    }
    return S
  }
}

extension FEMModel {
  /// What the undeformed body opposes to displacements of some dofs, everything else in equilibrium, N/m,
  /// `[row * dofs.count + column]`: one factorisation and a solve per dof. Springs and guides of the definition count as
  /// absent.
  /// - Throws: `FEMError` for a definition that makes no body.
  public static func condensedStiffness(
    of definition: Definition, dofs: [Int]
  ) throws(FEMError) -> [Double] {
    let body = try FEMModel(definition, mayMove: true)
    return try condense(DampingMatrix.tangent(of: body), body, dofs)
  }

  static func condense(
    _ A: CSRMatrix, _ body: FEMModel, _ dofs: [Int]
  ) throws(FEMError) -> [Double] {
    do {
      return try CondensedStiffness.of(A, border: dofs, isHeld: body.prescribedBy.map { $0 >= 0 })
    } catch {
      throw FEMError("condensed stiffness", error.description, "check supports and laws")
    }
  }
}

extension DynamicModel {
  /// The same of a body in motion for a step of `dt` seconds: K + (1 − α_m)/((1 − α_f) β Δt²) M + γ/(β Δt) C, condensed.
  /// - Throws: `FEMError` for a definition that makes no body.
  public static func condensedStiffness(
    of definition: Definition, dofs: [Int], step dt: Double
  ) throws(FEMError) -> [Double] {
    let body = try FEMModel(definition.body, mayMove: true)
    return try FEMModel.condense(effective(definition, body, dt), body, dofs)
  }

  /// The diagonal of the same matrix on every dof, N/m.
  /// - Throws: `FEMError` for a definition that makes no body.
  public static func stiffnessDiagonal(
    of definition: Definition, step dt: Double
  ) throws(FEMError) -> [Double] {
    let A = effective(definition, try FEMModel(definition.body, mayMove: true), dt)
    return (0..<A.pattern.count).map { A.values[Int(A.pattern.rowStart[$0])] }
  }

  private static func effective(
    _ definition: Definition, _ body: FEMModel, _ dt: Double
  ) -> CSRMatrix {
    let s = definition.scheme
    let (inertia, viscous) = (
      (1 - s.alphaM) / ((1 - s.alphaF) * s.beta * dt * dt), s.gamma / (s.beta * dt)
    )
    var A = DampingMatrix.tangent(of: body)
    for i in A.values.indices { A.values[i] *= 1 + viscous * definition.damping.stiffness }
    let mass = MassMatrix(definition)
    let scale = inertia + viscous * definition.damping.mass
    let d = mass.dimension
    let nodes = mass.nodes
    for a in 0..<nodes.pattern.count {
      for p in Int(nodes.pattern.rowStart[a])..<Int(nodes.pattern.rowStart[a + 1]) {
        let b = Int(nodes.pattern.columns[p])
        for i in 0..<d { A.add(scale * nodes.values[p], row: a * d + i, column: b * d + i) }
      }
    }
    return A
  }
}
