extension DynamicModel {
  /// All of a dynamic model that changes from step to step. Restored, the model goes on with the same
  /// bits, in this process or in another one that makes the model of the same definition and initial
  /// displacement (which the stiffness part of damping belongs to).
  public struct Checkpoint: Codable, Sendable, Equatable {
    /// Time (as load factor), displacement, state of the laws, border data.
    public internal(set) var body = FEMModel.Checkpoint()
    /// Of every dof, m/s and m/s².
    public internal(set) var velocity: [Double] = [], acceleration: [Double] = []
    /// C v and reactions of every dof, N.
    public internal(set) var dampingForce: [Double] = [], reactions: [Double] = []
    /// Border reaction, and border force of the last step, of every dof, N.
    public internal(set) var borderReaction: [Double] = [], lastBorderForce: [Double] = []
    /// Where the energy went.
    public internal(set) var energy = EnergyAccount()
    /// What residuals of the next step are compared with at least, N.
    public internal(set) var smallestReference = 0.0
  }

  /// Everything that changes, as a value.
  public func checkpoint() -> Checkpoint {
    Checkpoint(
      body: problem.body.checkpoint(), velocity: velocity, acceleration: acceleration,
      dampingForce: problem.dampingForce, reactions: reactions, borderReaction: borderReaction,
      lastBorderForce: lastBorderForce, energy: energy,
      smallestReference: problem.smallestReference)
  }

  /// Returns to a checkpoint of this model or of another one with the same definition.
  /// - Throws: `FEMError` where it belongs to another one; the model is then untouched.
  public mutating func restore(_ checkpoint: Checkpoint) throws(FEMError) {
    let fields = [
      checkpoint.velocity, checkpoint.acceleration, checkpoint.dampingForce, checkpoint.reactions,
      checkpoint.borderReaction, checkpoint.lastBorderForce,
    ]
    guard fields.allSatisfy({ $0.count == velocity.count }) else {
      throw FEMError(
        "checkpoint", "belongs to another model",
        "restore it into a model of the definition that it was taken from")
    }
    try problem.body.restore(checkpoint.body)
    problem.velocity = checkpoint.velocity
    problem.acceleration = checkpoint.acceleration
    problem.dampingForce = checkpoint.dampingForce
    reactions = checkpoint.reactions
    borderReaction = checkpoint.borderReaction
    lastBorderForce = checkpoint.lastBorderForce
    energy = checkpoint.energy
    problem.smallestReference = checkpoint.smallestReference
  }
}
