import Geometry

/// What the caller hands over a border from step to step, and what the body answers.
extension FEMModel {
  /// Sets the displacements of the guided dofs for the steps to come, m, one per `guidedDofs`.
  ///
  /// They count from the next step on; a step that converges reaches them up to rounding.
  public mutating func guide(_ values: [Double]) {
    precondition(
      values.count == guidedDofs.count,
      "\(values.count) values for \(guidedDofs.count) guided dofs")
    guideValues = values
  }

  /// Force that the caller adds to the load of the steps to come, N, on every dof
  /// `[node * dimension + component]`: the traction of a neighbour. Zero until it is set.
  public var borderForce: [Double] {
    get { problem.borderForce }
    set {
      precondition(
        newValue.count == problem.borderForce.count,
        "\(newValue.count) forces for \(problem.borderForce.count) dofs")
      problem.borderForce = newValue
    }
  }

  /// f_int − f_ext of the last converged state on every dof, N, without R u and without `borderForce`:
  /// the force that the border exerts on the body. On free dofs of the border it is g − R u, on guided
  /// dofs what it takes to hold them, inside the body zero.
  public var borderReaction: [Double] { zip(problem.internalForce, problem.load).map { $0 - $1 } }

  /// ½ u·R u of the last converged state, J: what the elastic border stores.
  public var elasticBorderEnergy: Double {
    0.5 * zip(problem.displacement, problem.elasticForce).reduce(0) { $0 + $1.0 * $1.1 }
  }

  /// Whether all that the caller handed over is finite.
  var borderDataIsFinite: Bool {
    (problem.borderForce.reduce(0) { $0 + 0 * $1 } + guideValues.reduce(0) { $0 + 0 * $1 }) == 0
  }
}
