import Glibc
import LinearAlgebra

extension DynamicModel {
  /// A natural mode of a body about its present state.
  public struct Mode: Sendable {
    /// ω² in (rad/s)²; negative where the state is unstable, rounding about zero for rigid motions.
    public let eigenvalue: Double
    /// Displacement of every dof, zero at constrained ones, with xᵀ M x = 1 kg·m²: m.
    public let shape: [Double]
    /// ‖K x − λ M x‖ / (‖K x‖ + (|λ| + |σ|) ‖M x‖).
    public let residual: Double

    /// Angular frequency in rad/s; negative for a negative eigenvalue.
    public var angularFrequency: Double {
      eigenvalue < 0 ? -(-eigenvalue).squareRoot() : eigenvalue.squareRoot()
    }
    /// Frequency in Hz; negative for a negative eigenvalue.
    public var frequency: Double { angularFrequency / (2 * .pi) }
  }

  /// Modes in ascending order.
  public struct Spectrum: Sendable {
    /// The modes found.
    public let modes: [Mode]
    /// Whether the inertia of K − μM confirms that none in between was left out.
    public let isComplete: Bool
    /// The shift that was used, (rad/s)².
    public let shift: Double

    /// Frequencies in Hz.
    public var frequencies: [Double] { modes.map(\.frequency) }
  }

  /// Natural modes of the undamped body about its present state: K x = ω² M x on the free dofs, K the
  /// tangent with the elastic border.
  ///
  /// - Parameters:
  ///   - count: how many, at most the number of free dofs.
  ///   - shift: (rad/s)²; the modes nearest to it are found. Without one the lowest are: at 0, or for a
  ///     body that can move rigidly a little below, so that its rigid motions are among them.
  /// - Throws: `LinearSolverError`: `.singular` where the shift is an eigenvalue, `.notFinite` where
  ///   the state cannot be linearised, `.notConverged`.
  public func frequencies(
    count: Int, shift: Double? = nil
  ) throws(LinearSolverError) -> Spectrum {
    let dofs = problem.body.problem.dofs
    precondition(
      count >= 0 && count <= dofs.free.count, "\(count) modes of \(dofs.free.count) free dofs")
    var structure = problem.body.problem
    var K = CSRMatrix(pattern: dofs.pattern)
    var r = [Double](repeating: 0, count: dofs.free.count)
    let x = dofs.free.map { structure.displacement[Int($0)] }
    guard structure.linearise(at: x, residual: &r, tangent: &K) else { throw .notFinite }
    var M = CSRMatrix(pattern: dofs.pattern)
    problem.mass.add(to: &M, dofs: dofs, scale: 1)
    let lanczos = ShiftInvertLanczos()
    let result: ShiftInvertLanczos.Result
    if let shift {
      result = try lanczos.solve(stiffness: K, mass: M, count: count, shift: shift)
    } else {
      do {
        result = try lanczos.solve(stiffness: K, mass: M, count: count)
      } catch LinearSolverError.singular {
        result = try lanczos.solve(
          stiffness: K, mass: M, count: count, shift: belowRigidModes(K, M))
      }
    }
    return Spectrum(
      modes: result.values.indices.map { k in
        var shape = [Double](repeating: 0, count: displacement.count)
        for (i, dof) in dofs.free.enumerated() { shape[Int(dof)] = result.vectors[k][i] }
        return Mode(
          eigenvalue: result.values[k], shape: shape, residual: result.residuals[k])
      }, isComplete: result.isComplete, shift: result.shift)
  }

  /// About minus the lowest elastic eigenvalue: K_ii/M_ii, which belongs to waves as short as a cell,
  /// over the square of the number of cells along the body.
  private func belowRigidModes(_ K: CSRMatrix, _ M: CSRMatrix) -> Double {
    let (k, m) = (K.diagonal.reduce(0, +), M.diagonal.reduce(0, +))
    let nodes = Double(definition.body.mesh.nodeCount)
    return -k / m / pow(nodes, 2 / Double(dimension))
  }
}
