import FixedPoint
import LinearAlgebra

/// Alternating projections between the states that are in equilibrium and those that a material admits,
/// as one fixed point: z ← P_E(P_D(z)).
///
/// The caller owns the loop: `step` makes one turn and returns how far the state moved; `run` is the
/// loop with its record. Nearest data end after finitely many turns with a movement of exactly zero;
/// tangent spaces and manifolds converge linearly. What does not converge says so and keeps its state.
/// Source: Kirchdoerfer & Ortiz, CMAME 304 (2016).
public struct DataDrivenSolver<Material: MaterialSet> {
  /// Converged when ‖z_new − z‖ ≤ tolerance · ‖z_new‖ in the energy norm.
  public var tolerance = 1e-10
  /// Most turns.
  public var iterationLimit = 500
  /// Turns without halving the smallest movement after which the iteration is called stagnated.
  public var patience = 100

  /// Equilibrium and compatibility.
  public private(set) var equilibrium: EquilibriumSet
  /// The material.
  public private(set) var material: Material
  /// The states in equilibrium, `[point * 2m + i]` in metric coordinates.
  public private(set) var states: [Double]
  /// The admissible states nearest to those before the latest turn.
  public private(set) var admissible: [Double]
  private var previous: [Double]

  /// Starts from the states in equilibrium that are nearest to rest: no strain, and the stresses of the
  /// linear elastic solution with the metric as its stiffness.
  /// - Throws: `DataDrivenError` where the structure can move freely.
  public init(_ structure: Structure, _ material: Material) throws(DataDrivenError) {
    equilibrium = try EquilibriumSet(structure, metric: material.metric)
    self.material = material
    states = Array(
      repeating: 0, count: 2 * material.metric.componentCount * structure.pointCount)
    (admissible, previous) = (states, states)
    do throws(LinearSolverError) { try begin(from: states) } catch {
      throw DataDrivenError("structure", error.description, "check its forces")
    }
  }

  /// Begins anew from the states in equilibrium that are nearest to some given ones (`[point * 2m + i]`).
  public mutating func begin(from admissible: [Double]) throws(LinearSolverError) {
    material.restart()
    self.admissible = admissible
    try equilibrium.project(admissible, into: &states)
  }

  /// One turn: the material's projection, then equilibrium's.
  /// - Returns: ‖z_new − z‖ / ‖z_new‖ (the movement itself where z_new is zero), or nil where the
  ///   material has no projection.
  public mutating func step() throws(LinearSolverError) -> Double? {
    swap(&previous, &states)
    guard material.project(previous, into: &admissible) else {
      swap(&previous, &states)
      return nil
    }
    try equilibrium.project(admissible, into: &states)
    let size = equilibrium.norm(states)
    let movement = equilibrium.distance(states, previous)
    return size > 0 ? movement / size : movement
  }

  /// Turns until the state rests, or will not.
  /// - Parameter progress: shown the number of the turn and the movement; false stops there.
  public mutating func run(progress: ((Int, Double) -> Bool)? = nil) -> ConvergenceRecord {
    var record = ConvergenceRecord(reason: .iterationLimit)
    record.reference = equilibrium.norm(states)
    var (smallest, since) = (Double.infinity, 0)
    while record.iterations < iterationLimit {
      let movement: Double?
      do throws(LinearSolverError) { movement = try step() } catch {
        record.reason = .singular
        record.message = error.description
        return record
      }
      record.iterations += 1
      guard let movement, movement.isFinite else {
        record.reason = .notFinite
        return record
      }
      record.residuals.append(movement)
      record.stepLengths.append(1)
      if movement <= tolerance {
        record.reason = .converged
        return record
      }
      if movement <= 0.5 * smallest { (smallest, since) = (movement, 0) } else { since += 1 }
      if since >= patience || progress?(record.iterations, movement) == false {
        record.reason = .stagnated
        return record
      }
    }
    return record
  }

  /// Runs from rest and from admissible states drawn at random, and keeps the
  /// solution that lies nearest to the material among those that converged (among all, if none did).
  /// - Returns: the records in the order of the starts, and which of them was kept.
  public mutating func run(
    starts: Int, seed: UInt64
  ) -> (records: [ConvergenceRecord], kept: Int) {
    precondition(starts > 0, "\(starts) starts")
    var records: [ConvergenceRecord] = []
    var best: (solver: Self, kept: Int)?
    for start in 0..<starts {
      var trial = self
      let first =
        start == 0
        ? [Double](repeating: 0, count: states.count)
        : material.sample(about: states, seed: seed &+ UInt64(start))
      do throws(LinearSolverError) {
        try trial.begin(from: first)
        records.append(trial.run())
      } catch {
        records.append(ConvergenceRecord(reason: .singular, message: error.description))
      }
      let converged = records[start].converged
      if best == nil || (converged && !records[best!.kept].converged)
        || (converged == records[best!.kept].converged && trial.distance < best!.solver.distance)
      {
        best = (trial, start)
      }
    }
    self = best!.solver
    return (records, best!.kept)
  }

  /// Distance between the states in equilibrium and the admissible ones, (Σ w d²)^½ in √J: zero where a
  /// solution obeys both exactly.
  public var distance: Double { equilibrium.distance(states, admissible) * 0.5.squareRoot() }
  /// d of every point to its admissible state, √(J/m³).
  public var pointDistances: [Double] {
    let width = 2 * material.metric.componentCount
    return stride(from: 0, to: states.count, by: width).map { p in
      var sum = 0.0
      for i in p..<p + width { sum += (states[i] - admissible[i]) * (states[i] - admissible[i]) }
      return (0.5 * sum).squareRoot()
    }
  }

  /// Displacement of every dof, m.
  public var displacement: [Double] { equilibrium.displacement }
  /// Strain of every point, `[point * m + i]`: compatible.
  public var strains: [Double] { material.metric.strains(states) }
  /// Stress of every point in Pa, `[point * m + i]`: in equilibrium.
  public var stresses: [Double] { material.metric.stresses(states) }
}
