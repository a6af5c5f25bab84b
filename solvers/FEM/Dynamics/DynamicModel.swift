import FixedPoint
import Geometry
import LinearAlgebra

/// A body with mass in motion: M a + C v + f_int(u) + R u = f_ext(t) + g, small or finite strain.
///
/// The caller owns the loop: `step(dt)` goes from `time` to `time + dt`, keeps the state when it
/// converged and restores the last one when it did not; `run` walks to an end with cut-back. M is that
/// of the undeformed body; loads and given displacements are functions of time. A linear body with a
/// constant step is factorised once.
///
/// Constrained dofs, prescribed or guided, get their velocity and acceleration from their displacement
/// through Newmark's formulas, like all others.
public struct DynamicModel {
  /// The definition it was built from.
  public let definition: Definition
  var problem: DynamicProblem
  /// Where the energy went since the start.
  public internal(set) var energy = EnergyAccount()
  /// M a + C v + f_int + R u − f_ext − g at the present time on every dof, N: what supports and guides
  /// do to the body; on free dofs zero (with generalised-α the balance holds a little earlier).
  public internal(set) var reactions: [Double]
  /// The force that the border exerts on the body, on every dof, N: inertia, damping and internal force
  /// less f_ext, without R u and without g. On free dofs of the border it is g − R u.
  ///
  /// With generalised-α it is taken at the balance of the last step, like g itself.
  public internal(set) var borderReaction: [Double]
  var lastBorderForce: [Double]
  private var tangent: CSRMatrix
  private let solver: EquilibriumSolver
  private var tangentKey: FactorKey?
  private var stepOfTangent = 0.0
  /// M r with r = 1 on every dof: what each node weighs in each direction; nil where the ground rests.
  private let groundInertia: [Double]?

  /// Validates the definition, builds mass and damping, and starts from rest or from given fields.
  ///
  /// The initial acceleration of free dofs balances M a = f − C v − f_int − R u.
  /// - Parameters:
  ///   - displacement: initial displacement of every dof, m; prescribed dofs take their value at t = 0.
  ///   - velocity: initial velocity of every dof, m/s, constrained ones included.
  ///   - acceleration: initial acceleration, m/s², of which that of the constrained dofs is used. A
  ///     support that starts with an acceleration needs it: from zero, Newmark's scheme oscillates.
  /// - Throws: `FEMError` for what `FEMModel.init` refuses (but for a body free to move), a region
  ///   without density, a scheme or record that cannot be, or an initial state without a balance.
  public init(
    _ definition: Definition, displacement: [Double]? = nil, velocity: [Double]? = nil,
    acceleration: [Double]? = nil
  ) throws(FEMError) {
    try definition.validate()
    self.definition = definition
    var body = try FEMModel(definition.body, mayMove: true)
    let count = body.displacement.count
    for (name, field) in [
      ("displacement", displacement), ("velocity", velocity), ("acceleration", acceleration),
    ] {
      guard let field else { continue }
      guard field.count == count, field.allSatisfy(\.isFinite) else {
        throw FEMError(
          "initial \(name)", "has \(field.count) values, not \(count) finite ones",
          "give one per dof, node * dimension + component")
      }
    }
    if let displacement {
      body.guideValues = body.guidedDofs.map { displacement[$0] }
      body.problem.displacement = displacement
    }
    body.place(at: 0)
    guard body.evaluate() else {
      throw FEMError(
        "initial displacement", "turns a cell inside out or leaves a law without a value",
        "start from another state")
    }
    let mass = MassMatrix(definition)
    groundInertia =
      definition.groundMoves ? mass.times(Array(repeating: 1, count: count)) : nil
    problem = DynamicProblem(
      body: body, mass: mass, damping: DampingMatrix(definition.damping, of: body),
      scheme: definition.scheme)
    tangent = CSRMatrix(pattern: body.problem.dofs.pattern)
    solver = EquilibriumSolver(
      definition.body.solver, points: definition.body.mesh.points, dofs: body.problem.dofs)
    reactions = Array(repeating: 0, count: count)
    (borderReaction, lastBorderForce) = (reactions, reactions)
    if let velocity { problem.velocity = velocity }
    if let acceleration { problem.acceleration = acceleration }
    problem.body.problem.load = load(at: 0)
    try balanceAcceleration()
    energy = EnergyAccount(start: self)
  }

  /// Time of the present state, s.
  public var time: Double { problem.body.loadFactor }
  /// Displacement of every dof in m, `[node * dimension + component]`; relative to the ground where
  /// that moves.
  public var displacement: [Double] { problem.body.displacement }
  /// Velocity of every dof, m/s.
  public var velocity: [Double] { problem.velocity }
  /// Acceleration of every dof, m/s².
  public var acceleration: [Double] { problem.acceleration }
  /// The body as a model of statics in its present state, for stresses and probes; its load factor is
  /// the time, and its `reactions` lack inertia and damping.
  public var body: FEMModel { problem.body }
  /// Displacement components per node: 2 or 3.
  public var dimension: Int { problem.body.dimension }
  /// Number of free degrees of freedom.
  public var unknownCount: Int { problem.unknownCount }
  /// How often a tangent was factorised by this model and its copies.
  public var factorisations: Int { solver.factorisations }

  /// Goes one step of `dt` seconds.
  ///
  /// On failure, also for a step or border data that are not finite, the model stays as it was and the
  /// record says why.
  public mutating func step(_ dt: Double) -> ConvergenceRecord {
    guard dt > 0, dt.isFinite else {
      return ConvergenceRecord(reason: .notFinite, message: "a step of \(dt) s")
    }
    guard problem.body.borderDataIsFinite else {
      return ConvergenceRecord(reason: .notFinite, message: "the border data are not finite")
    }
    let structure = problem.body.problem
    let saved = (
      structure.displacement, structure.load, structure.internalForce, structure.energy
    )
    let end = time + dt
    problem.body.setIncrements(end)
    problem.begin(dt)
    problem.body.problem.load = load(at: end)
    let lag = definition.scheme.alphaF * dt
    problem.loadOfBalance = lag == 0 ? problem.body.problem.load : load(at: end - lag)
    chooseTangent(for: dt)
    var x = [Double](repeating: 0, count: problem.unknownCount)
    var newton = definition.body.newton
    newton.absoluteTolerance = max(newton.absoluteTolerance, problem.roundingFloor)
    let record = newton.solve(
      &problem, x: &x, tangent: &tangent, solver: solver)
    guard record.converged else {
      tangentKey = nil
      problem.body.problem.restore(saved.0, saved.1, saved.2, saved.3)
      return record
    }
    finish(at: end, loadAtStart: saved.1)
    return record
  }

  /// Walks to a time in steps of `dt`, the last one shortened to end there; a step that fails is halved
  /// down to 1/1024 of `dt`.
  /// - Parameter progress: shown the model after every converged step, with the step's record.
  /// - Returns: the record of the last step; its iterations and cut-backs are those of the whole run.
  public mutating func run<Failure: Error>(
    to end: Double, dt: Double, progress: (DynamicModel, ConvergenceRecord) throws(Failure) -> Void
  ) throws(Failure) -> ConvergenceRecord {
    precondition(dt > 0, "a run with steps of \(dt) s")
    var total = ConvergenceRecord(reason: .converged)
    while end - time > 1e-9 * dt {
      // A remainder within rounding of a step is a step: equal steps share their factors.
      let rest = end - time
      var part = rest < dt * (1 - 1e-9) ? rest : dt
      var record = step(part)
      total.iterations += record.iterations
      while !record.converged && part > dt / 1024 {
        part /= 2
        total.cutBacks += 1
        record = step(part)
        total.iterations += record.iterations
      }
      let (iterations, cutBacks) = (total.iterations, total.cutBacks)
      total = record
      (total.iterations, total.cutBacks) = (iterations, cutBacks)
      guard record.converged else { break }
      try progress(self, record)
    }
    return total
  }

  /// Walks to a time, telling nobody.
  public mutating func run(to end: Double, dt: Double) -> ConvergenceRecord {
    run(to: end, dt: dt) { _, _ in }
  }

  /// Gives the free dofs the acceleration that balances the present state, displacement, velocity and
  /// border force: after a jump of the border force at standstill, say.
  /// - Throws: `FEMError` where there is none.
  public mutating func balanceAcceleration() throws(FEMError) {
    let structure = problem.body.problem
    problem.updateDampingForce()
    for dof in structure.dofs.free { problem.acceleration[Int(dof)] = 0 }
    var r = problem.mass.times(problem.acceleration)
    for i in r.indices { r[i] += problem.dampingForce[i] + structure.outOfBalance(i) }
    if structure.dofs.free.contains(where: { r[Int($0)] != 0 }) {
      var matrix = CSRMatrix(pattern: structure.dofs.pattern)
      problem.mass.add(to: &matrix, dofs: structure.dofs, scale: 1)
      var a = structure.dofs.free.map { -r[Int($0)] }
      do {
        let factors = DirectSolver(.symmetricDefinite)
        try factors.factorise(matrix)
        try factors.solve(&a)
      } catch {
        throw FEMError("initial acceleration", error.description, "check densities and loads")
      }
      for (i, dof) in structure.dofs.free.enumerated() { problem.acceleration[Int(dof)] = a[i] }
    }
    reactions = problem.mass.times(problem.acceleration)
    for i in reactions.indices {
      reactions[i] += problem.dampingForce[i] + structure.outOfBalance(i)
      borderReaction[i] = reactions[i] - structure.elasticForce[i] + structure.borderForce[i]
    }
    lastBorderForce = structure.borderForce
  }

  private mutating func chooseTangent(for dt: Double) {
    if dt != stepOfTangent { tangentKey = nil }
    stepOfTangent = dt
    let isLinear = problem.isLinear
    problem.body.problem.keepsTangent = isLinear && tangentKey != nil
    if isLinear && tangentKey == nil { tangentKey = FactorKey() }
    solver.key = isLinear ? tangentKey : nil
  }

  private mutating func finish(at end: Double, loadAtStart: [Double]) {
    var newReactions = borderReaction
    problem.endReaction(into: &newReactions)
    energy.add(
      self, loadAtStart: loadAtStart, reactionsAtEnd: newReactions)
    borderReaction = problem.balance
    reactions = newReactions
    lastBorderForce = problem.body.problem.borderForce
    problem.smallestReference = 1e-6 * problem.residualReference
    problem.advance()
    problem.body.problem.commit()
    problem.body.loadFactor = end
  }

  /// Loads at a time with the inertia of the ground's motion, N.
  private func load(at time: Double) -> [Double] {
    var f = problem.body.externalForces(at: time)
    if let groundInertia {
      let a = definition.groundAcceleration(at: time)
      for i in f.indices { f[i] -= groundInertia[i] * a[i % dimension] }
    }
    return f
  }
}
