import Contact
import DDA

/// Writes down what a run of blocks does: steps, states at output times, probes.
struct BlockObserver {
  private let definition: DDADefinition
  private let probes: [BlockProbe]
  /// Time that counts as 0, s.
  private let start: Double
  private var result: BlockResult
  /// What probes ask for.
  var context = BlockProbe.Context()

  /// - Parameters:
  ///   - end: When the run should end, counted from its start.
  ///   - start: Time of the solver at its start, s.
  ///   - isSeated: Whether a seating before it, if any, settled.
  init(_ run: BlockRun, end: Double, startingAt start: Double = 0, isSeated: Bool = true) {
    (definition, probes, self.start) = (run.definition, run.probes, start)
    context.given = definition.blocks.map(\.polygon.centroid)
    result = BlockResult(
      title: run.study.source.title, isFixed: definition.blocks.map(\.isFixed),
      corners: definition.blocks.map(\.polygon.vertices.count),
      probes: probes.map { .init(name: $0.name, unit: $0.unit, values: []) }, end: end,
      provenance: Provenance(seconds: 0))
    result.isSeated = isSeated
    result.warnings = run.warnings
  }

  /// Steps that were done.
  mutating func add(_ records: [StepRecord]) {
    for var record in records {
      record.time -= start
      context.overlap = max(context.overlap, record.overlap)
      result.steps.append(record)
    }
  }

  /// Steps so far.
  var stepCount: Int { result.steps.count }

  /// An output time.
  mutating func look(_ solver: DDASolver) {
    if result.states.isEmpty {
      context.begun = (0..<solver.blockCount).map { solver.pose($0).centre }
    }
    result.states.append(state(solver))
    for (i, probe) in probes.enumerated() {
      result.probes[i].values.append(probe.value(solver, context))
    }
  }

  /// The whole run.
  func finished() -> BlockResult {
    var result = result
    for (i, probe) in probes.enumerated() {
      result.probes[i].values = probe.relative(result.probes[i].values)
    }
    return result
  }

  private func state(_ solver: DDASolver) -> BlockResult.State {
    var out = BlockResult.State(time: solver.time - start, energy: solver.energy)
    out.contacts = solver.contactReports.map(BlockResult.Contact.init)
    for b in 0..<solver.blockCount {
      for (p, q) in zip(solver.outline(b), definition.blocks[b].polygon.vertices) {
        out.points += [p.x, p.y, 0]
        out.displacement += [p.x - q.x, p.y - q.y, 0]
      }
      let (v, spin) = solver.velocity(b)
      out.velocity += [v.x, v.y, 0]
      out.spin.append(spin)
      out.rotation.append(solver.pose(b).angle)
      let s = solver.stress(b)
      let across = stressAcross(b, s)
      out.stress += [s[0], s[1], across, 0, 0, s[2]]
      let (x, y, z) = (s[0], s[1], across)
      let normal = (x - y) * (x - y) + (y - z) * (y - z) + (z - x) * (z - x)
      out.vonMises.append((0.5 * normal + 3 * s[2] * s[2]).squareRoot())
    }
    return out
  }

  /// σzz: none in plane stress, ν (σxx + σyy) in plane strain.
  private func stressAcross(_ b: Int, _ s: [Double]) -> Double {
    guard definition.plane == .strain else { return 0 }
    return definition.materials[definition.blocks[b].material].poisson * (s[0] + s[1])
  }
}
