import Mechanics

extension FEMModel {
  /// All of a model that changes from step to step. Restored, the model goes on with the same bits, in
  /// this process or in another one with the same definition.
  public struct Checkpoint: Codable, Sendable, Equatable {
    /// Load factor of the converged state.
    public internal(set) var loadFactor = 0.0
    /// Displacement in m and external force in N of every dof.
    public internal(set) var displacement: [Double] = [], load: [Double] = []
    /// f_int of every dof, N.
    public internal(set) var internalForce: [Double] = []
    /// Strain energy, J.
    public internal(set) var strainEnergy = 0.0
    /// State variables of the laws, block by block, in the order the kernels keep them.
    public internal(set) var state: [[Double]] = []
    /// What the caller handed over the border: displacements in m, forces in N.
    public internal(set) var guideValues: [Double] = [], borderForce: [Double] = []
  }

  /// Everything that changes, as a value.
  public func checkpoint() -> Checkpoint {
    Checkpoint(
      loadFactor: loadFactor, displacement: problem.displacement, load: problem.load,
      internalForce: problem.internalForce, strainEnergy: problem.energy,
      state: problem.stateOld.map { $0.flatMap { lanes in (0..<8).map { lanes[$0] } } },
      guideValues: guideValues, borderForce: problem.borderForce)
  }

  /// Returns to a checkpoint of this model or of another one with the same definition.
  /// - Throws: `FEMError` where it belongs to another mesh, border or law; the model is then untouched.
  public mutating func restore(_ checkpoint: Checkpoint) throws(FEMError) {
    let count = problem.displacement.count
    let lengths = [
      checkpoint.displacement.count, checkpoint.load.count, checkpoint.internalForce.count,
      checkpoint.borderForce.count,
    ]
    guard lengths.allSatisfy({ $0 == count }), checkpoint.guideValues.count == guidedDofs.count,
      checkpoint.state.map(\.count) == problem.stateOld.map({ 8 * $0.count })
    else {
      throw FEMError(
        "checkpoint", "belongs to another model (\(lengths[0]) dofs, this one has \(count))",
        "restore it into a model of the definition that it was taken from")
    }
    loadFactor = checkpoint.loadFactor
    guideValues = checkpoint.guideValues
    problem.borderForce = checkpoint.borderForce
    problem.stateOld = checkpoint.state.map { values in
      stride(from: 0, to: values.count, by: 8).map { Lanes(values[$0..<$0 + 8]) }
    }
    problem.restore(
      checkpoint.displacement, checkpoint.load, checkpoint.internalForce, checkpoint.strainEnergy)
  }
}
