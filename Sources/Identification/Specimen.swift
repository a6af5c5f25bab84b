import FEM
import LinearAlgebra
import Mechanics

/// One experiment with its finite-element model: equilibrium at every level for a law, and its exact
/// sensitivities.
///
/// With u(θ) in equilibrium, f(u(θ); θ) = load: K ∂u/∂θ = −∂f/∂θ|_u on the free dofs, and a net reaction
/// R = e·f changes by e·∂f/∂θ|_u + (K e)·∂u/∂θ, e being 1 on the dofs of the support.
package struct Specimen {
  let experiment: FieldExperiment
  let interpolation: FieldInterpolation
  var model: FEMModel
  /// e of every net reaction, on all dofs.
  let supports: [[Double]]
  /// Displacement of all dofs at every level, in equilibrium for the law of the last `solve`.
  private(set) var states: [[Double]]
  /// f_int − load of all dofs at every level.
  private(set) var forces: [[Double]]
  /// States and ∂u/∂θ (parameter by parameter, free dofs) of the last `sensitivities`, and their θ: what
  /// the next solution is predicted from.
  private var base: [[Double]]
  private var slopes: [[Double]]
  private var anchor: [Double] = []

  package init(
    _ experiment: FieldExperiment, law: any ConstitutiveLaw
  ) throws(IdentificationError) {
    self.experiment = experiment
    interpolation = try FieldInterpolation(experiment)
    var definition = experiment.definition
    for block in definition.mesh.blocks { definition.laws[block.name] = law }
    do {
      model = try FEMModel(definition)
    } catch {
      throw IdentificationError(
        "experiment '\(experiment.name)', \(error.place)", error.problem, error.remedy)
    }
    let count = model.displacement.count
    states = []
    forces = []
    base = []
    slopes = []
    var supports: [[Double]] = []
    for reaction in experiment.reactions {
      supports.append(try Specimen.support(reaction, model, count, experiment.name))
    }
    self.supports = supports
  }

  private static func support(
    _ reaction: NetReaction, _ model: FEMModel, _ count: Int, _ name: String
  ) throws(IdentificationError) -> [Double] {
    var field = [Double](repeating: 0, count: count)
    guard let nodes = model.definition.mesh.nodes(in: reaction.set) else {
      throw IdentificationError(
        "experiment '\(name)', reaction on '\(reaction.set)'", "names no set of the mesh",
        "name a set on which the displacement is prescribed")
    }
    let given = model.definition.prescriptions.filter {
      $0.components.contains(reaction.component)
    }
    let held = Set(given.flatMap { model.definition.mesh.nodes(in: $0.set) ?? [] })
    for node in nodes {
      guard held.contains(node) else {
        throw IdentificationError(
          "experiment '\(name)', reaction on '\(reaction.set)'",
          "node \(node + 1) is free in direction \(reaction.component)",
          "measure reactions where the displacement is prescribed")
      }
      field[node * model.dimension + reaction.component] = 1
    }
    return field
  }

  /// Number of measured values.
  var measurementCount: Int {
    experiment.levels.count
      * (experiment.points.count * experiment.components.count + experiment.reactions.count)
  }

  /// Puts in a law and finds equilibrium at every level; false where there is none within reach.
  mutating func solve(_ law: any ConstitutiveLaw, theta: [Double]) -> Bool {
    do { try model.setLaw(law) } catch { return false }
    let count = experiment.levels.count
    if states.count != count {
      states = Array(repeating: [], count: count)
      forces = states
    }
    for (l, level) in experiment.levels.enumerated() {
      guard solve(l, level.factor, theta) else { return false }
      states[l] = model.displacement
      forces[l] = model.reactions
    }
    return true
  }

  private mutating func solve(_ l: Int, _ factor: Double, _ theta: [Double]) -> Bool {
    if !base.isEmpty {
      model.restart(from: predicted(l, theta), at: factor)
      if model.step(to: factor).converged { return true }
      // A trial that far from a known law is better refused than pursued: the step will be shorter.
      model.restart(from: base[l], at: factor)
      return model.step(to: factor).converged
    }
    if l > 0 {
      model.restart(from: states[l - 1], at: experiment.levels[l - 1].factor)
      if model.step(to: factor).converged { return true }
    }
    model.restart(from: [Double](repeating: 0, count: model.displacement.count), at: 0)
    return model.run(through: experiment.levels[...l].map(\.factor)).converged
  }

  /// Lets the next `solve` start from the states of the last one.
  mutating func keepStates() {
    base = states
    slopes = []
  }

  /// First-order prediction of the displacement at θ.
  private func predicted(_ l: Int, _ theta: [Double]) -> [Double] {
    var u = base[l]
    guard !slopes.isEmpty, theta.count == anchor.count else { return u }
    let free = model.freeDofs
    for j in theta.indices {
      let step = theta[j] - anchor[j]
      guard step != 0 else { continue }
      for i in free.indices { u[Int(free[i])] += step * slopes[l][j * free.count + i] }
    }
    return u
  }

  /// (prediction − measurement) / deviation of all measured values, level by level: displacements, then
  /// reactions.
  func residual(into r: inout [Double], from row: Int) {
    var row = row
    for l in experiment.levels.indices {
      writeResidual(
        l, displacement: states[l], reactions: netReactions(forces[l]), into: &r, from: row)
      row += measurementCount / experiment.levels.count
    }
  }

  func writeResidual(
    _ l: Int, displacement u: [Double], reactions: [Double], into r: inout [Double],
    from row: Int
  ) {
    var row = row
    let level = experiment.levels[l]
    var k = 0
    for p in 0..<interpolation.points {
      for c in experiment.components {
        let value = interpolation.value(u, p, c, model.dimension)
        r[row] = (value - level.displacements[k]) / experiment.deviation
        row += 1
        k += 1
      }
    }
    for (j, value) in reactions.enumerated() {
      r[row] = (value - level.reactions[j]) / experiment.reactionDeviation
      row += 1
    }
  }

  /// e·f of every net reaction, N.
  func netReactions(_ f: [Double]) -> [Double] {
    supports.map { e in
      var sum = 0.0
      for dof in e.indices where e[dof] != 0 { sum += f[dof] }
      return sum
    }
  }

  /// Residuals and their derivatives at the states of the last `solve`, whose θ is given; false where
  /// a tangent is singular.
  mutating func sensitivities(
    _ family: some ParametricLaw, theta: [Double], residual r: inout [Double],
    tangent J: inout DenseMatrix, from row: Int
  ) -> Bool {
    residual(into: &r, from: row)
    var sensitivity = family.sensitivity(theta)
    let rows = measurementCount / experiment.levels.count
    base = states
    anchor = theta
    if slopes.count != states.count { slopes = Array(repeating: [], count: states.count) }
    for l in states.indices {
      model.restart(from: states[l], at: experiment.levels[l].factor)
      guard let linear = try? model.linearise() else { return false }
      let force = model.forceDerivatives(&sensitivity, parameters: theta.count)
      let products = model.tangentProducts(supports)
      guard let slope = displacementSlope(linear, force, theta.count) else { return false }
      writeTangent(
        slope: slope, force: force, products: products, parameters: theta.count, into: &J,
        from: row + l * rows)
      slopes[l] = slope
    }
    return true
  }

  /// ∂u/∂θ = −K⁻¹ ∂f/∂θ on the free dofs, parameter by parameter.
  func displacementSlope(_ linear: Linearisation, _ force: [Double], _ n: Int) -> [Double]? {
    let free = linear.freeDofs
    var slope = [Double](repeating: 0, count: free.count * n)
    for (i, dof) in free.enumerated() {
      for j in 0..<n { slope[j * free.count + i] = -force[Int(dof) * n + j] }
    }
    do { try linear.solve(&slope, count: n) } catch { return nil }
    return slope
  }

  /// Rows of one level: B ∂u/∂θ and the reactions' derivatives, over their deviations.
  func writeTangent(
    slope: [Double], force: [Double], products: [[Double]], parameters n: Int,
    into J: inout DenseMatrix, from first: Int
  ) {
    let free = model.freeDofs
    let d = model.dimension
    var u = [Double](repeating: 0, count: model.displacement.count)
    for j in 0..<n {
      for i in free.indices { u[Int(free[i])] = slope[j * free.count + i] }
      var at = first + J.rows * j
      for p in 0..<interpolation.points {
        for c in experiment.components {
          J.values[at] = interpolation.value(u, p, c, d) / experiment.deviation
          at += 1
        }
      }
      for (k, e) in supports.enumerated() {
        var sum = 0.0
        for dof in e.indices where e[dof] != 0 { sum += force[dof * n + j] }
        for dof in free { sum += products[k][Int(dof)] * u[Int(dof)] }
        J.values[at] = sum / experiment.reactionDeviation
        at += 1
      }
    }
  }
}
