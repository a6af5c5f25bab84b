extension DynamicModel {
  /// Where the energy of a dynamic model is, and where it came from since the start, J.
  ///
  /// Works are sums over steps of the mean of the forces at both ends times the increment of the
  /// displacement. With Newmark's β = ¼, γ = ½ the account of a linear body closes to rounding; what it
  /// lacks otherwise (`defect`) is what the scheme and a law with dissipation dissipate.
  public struct EnergyAccount: Codable, Sendable, Equatable {
    /// Of the motion, relative to the ground where that moves.
    public internal(set) var kinetic = 0.0
    /// Strain energy of the cells, and of the elastic border.
    public internal(set) var strain = 0.0, elasticBorder = 0.0
    /// Work of tractions, body forces and the inertia of the ground's motion.
    public internal(set) var external = 0.0
    /// Work of the border force g.
    public internal(set) var border = 0.0
    /// Work done on the body at guided dofs, and at prescribed ones.
    public internal(set) var guided = 0.0, prescribed = 0.0
    /// Lost to C v.
    public internal(set) var damped = 0.0
    /// Kinetic and stored energy at the start.
    public internal(set) var initial = 0.0

    /// Kinetic and stored energy.
    public var total: Double { kinetic + strain + elasticBorder }
    /// What came in less what is there and what was damped.
    public var defect: Double {
      initial + external + border + guided + prescribed - total - damped
    }

    init() {}

    init(start model: DynamicModel) {
      take(model, velocity: model.problem.velocity)
      initial = total
    }

    private mutating func take(_ model: DynamicModel, velocity v: [Double]) {
      kinetic = 0.5 * EnergyAccount.dot(v, model.problem.mass.times(v))
      strain = model.problem.body.strainEnergy
      elasticBorder = model.problem.body.elasticBorderEnergy
    }

    /// One converged step whose end is not yet the present state of the model.
    mutating func add(_ model: DynamicModel, loadAtStart: [Double], reactionsAtEnd: [Double]) {
      let (problem, structure) = (model.problem, model.problem.body.problem)
      let (old, load, du) = (model.reactions, structure.load, problem.delta)
      var (byGuides, byBoth) = (0.0, 0.0)
      for i in du.indices {
        external += 0.5 * (loadAtStart[i] + load[i]) * du[i]
        border += 0.5 * (model.lastBorderForce[i] + structure.borderForce[i]) * du[i]
        damped += 0.5 * (problem.dampingForce[i] + problem.newDampingForce[i]) * du[i]
        if structure.dofs.freeIndex[i] < 0 {
          byBoth += 0.5 * (old[i] + reactionsAtEnd[i]) * du[i]
        }
      }
      for i in problem.body.guidedDofs { byGuides += 0.5 * (old[i] + reactionsAtEnd[i]) * du[i] }
      guided += byGuides
      prescribed += byBoth - byGuides
      take(model, velocity: problem.newVelocity)
    }

    private static func dot(_ a: [Double], _ b: [Double]) -> Double {
      var sum = 0.0
      for i in a.indices { sum += a[i] * b[i] }
      return sum
    }
  }
}
