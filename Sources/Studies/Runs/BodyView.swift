import FEM

/// What states and probes see of a body at one instant: one at rest under its load, or one in motion.
struct BodyView {
  /// What only a body in motion has.
  struct Motion {
    /// Of every dof, m/s and m/s².
    var velocity: [Double], acceleration: [Double]
    /// N·s.
    var momentum: SIMD3<Double>
    var energy: DynamicModel.EnergyAccount
  }

  let body: FEMModel
  /// Load factor, or time in s.
  let parameter: Double
  /// On every dof, N; where it moves, inertia and damping included.
  let reactions: [Double]
  /// nil in statics.
  let motion: Motion?

  /// The last converged state of a body at rest.
  /// - Parameter time: s, where it is a part of something that has a time; else its load factor counts.
  init(_ model: FEMModel, at time: Double? = nil) {
    body = model
    parameter = time ?? model.loadFactor
    reactions = model.reactions
    motion = nil
  }

  /// The present state of a body in motion.
  /// - Parameter time: The output time that was meant, s: a sum of steps misses it by rounding.
  init(_ model: DynamicModel, at time: Double? = nil) {
    body = model.body
    parameter = time ?? model.time
    reactions = model.reactions
    motion = Motion(
      velocity: model.velocity, acceleration: model.acceleration, momentum: model.momentum,
      energy: model.energy)
  }
}
