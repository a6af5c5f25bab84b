import Contact
import DDA

/// Steps without inertia before a run: blocks find their places under what acts at its beginning.
struct BlockSeating: Sendable {
  let steps: Int, step: Double
  /// Most halvings of a step that does not settle.
  let halvings: Int

  /// The system as the run begins, and whether the last step settled: on the way there steps need
  /// not, as each begins anew from where blocks are.
  ///
  /// Time goes on in a solver, so that histories are moved to where the run begins; while blocks are
  /// seated they have the value of its beginning.
  func seat(_ definition: DDADefinition) throws(DDAError) -> (solver: DDASolver, isSeated: Bool) {
    var still = definition.changingHistories { .constant($0(0)) }
    still.dynamicFactor = 0
    var seat = try DDASolver(still)
    let records = seat.run(to: Double(steps) * step, dt: step, halvings: halvings)
    let start = seat.time
    var solver = try DDASolver(definition.changingHistories { $0.delayed(by: start) })
    solver.restore(seat.checkpoint)
    return (solver, records.last?.converged ?? true)
  }
}

extension BlockCase {
  /// How blocks are seated before the run; nil where it begins with them as they are given.
  /// - Throws: `InputError` beside what it contradicts.
  func seating(_ table: BlockTable) throws(InputError) -> BlockSeating? {
    guard let row = value["seating"] else { return nil }
    guard value["strength-reduction"] == nil else {
      throw row.error("strength-reduction seats the blocks; give its seating-steps, remove this")
    }
    if let moving = table.blocks.firstIndex(where: { $0.velocity != Point() || $0.spin != 0 }) {
      throw row.error(
        "brings blocks to rest, and block \(moving) begins with a velocity; remove one of them")
    }
    return BlockSeating(
      steps: row.need("steps").integer, step: row.need("step").number, halvings: halvings)
  }
}

extension DDADefinition {
  /// The same system with every number over time changed.
  fileprivate func changingHistories(_ change: (TimeHistory) -> TimeHistory) -> DDADefinition {
    var d = self
    for i in d.loads.indices { d.loads[i].history = change(d.loads[i].history) }
    for i in d.held.indices { d.held[i].displacement = change(d.held[i].displacement) }
    for i in d.edgeLoads.indices { d.edgeLoads[i].history = change(d.edgeLoads[i].history) }
    for i in d.water.indices { d.water[i].history = change(d.water[i].history) }
    d.baseAcceleration = (change(d.baseAcceleration.x), change(d.baseAcceleration.y))
    return d
  }
}

extension TimeHistory {
  /// The same, a time later, s.
  fileprivate func delayed(by time: Double) -> TimeHistory {
    switch self {
    case .constant: self
    case .table(let times, let values): .table(times: times.map { $0 + time }, values: values)
    case .harmonic(let sines):
      .harmonic(
        sines.map {
          .init(
            amplitude: $0.amplitude, frequency: $0.frequency,
            phase: $0.phase - $0.frequency * time)
        })
    }
  }
}
