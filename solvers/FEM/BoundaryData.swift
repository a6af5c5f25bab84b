import Geometry

/// What a definition gives on its boundary, for solvers that bring their own operator.
extension FEMModel {
  /// Forces of the dead loads on every dof at a load factor, N, `[node * dimension + component]`.
  public func externalForces(at factor: Double) -> [Double] {
    LoadVector(
      mesh: definition.mesh, formulation: definition.formulation, thickness: definition.thickness
    ).assemble(
      tractions: definition.tractions, bodyForce: definition.bodyForce, factor: factor)
  }

  /// Given displacements at a load factor (and of the guided dofs) in m, `[node * dimension + component]`; nil where free.
  public func givenDisplacements(at factor: Double) -> [Double?] {
    var given = prescribedBy.enumerated().map { (dof, by) -> Double? in
      if by < 0 { return nil }
      let point = definition.mesh.points[dof / dimension]
      return definition.prescriptions[Int(by)].value(point, factor)[dof % dimension]
    }
    for (k, dof) in guidedDofs.enumerated() { given[dof] = guideValues[k] }
    return given
  }
}
