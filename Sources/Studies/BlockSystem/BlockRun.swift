import Contact
import DDA
import Glibc

/// Runs a case of blocks: steps, output times, probes.
struct BlockRun {
  private let study: BlockCase
  private let solver: DDASolver
  private let definition: DDADefinition
  private let cut: CutBlocks?
  private let probes: [BlockProbe]
  private let step: Double, outputs: [Double]

  /// Validates everything that can be validated before work starts.
  /// - Throws: `InputError` for a case that makes no block system.
  init(_ study: BlockCase) throws(InputError) {
    self.study = study
    (step, outputs) = try study.times()
    let table = try study.blockTable()
    cut = table.cut
    definition = try study.definition(table)
    solver = try study.solver(definition, table)
    probes = try study.probes(outputs, table)
  }

  /// Figures of `validate --json`.
  var figures: JSONValue {
    let free = definition.blocks.count { !$0.isFixed }
    let cut = cut.map { cut in
      [
        ("traces", JSONValue(cut.traces)), ("dropped-traces", JSONValue(cut.droppedTraces)),
        ("dangling-length", JSONValue.number(cut.danglingLength)),
        ("bridges", JSONValue(cut.bridges)),
      ]
    }
    return .object(
      ([
        ("title", .string(study.source.title)), ("blocks", JSONValue(definition.blocks.count)),
        ("unknowns", JSONValue(free * (3 + definition.order.modeCount))),
        ("contacts", JSONValue(solver.contactReports.count)),
        ("outputs", JSONValue(outputs.count)), ("probes", JSONValue(probes.count)),
      ] + (cut ?? [])))
  }

  /// Steps to the end. Steps that do not settle are recorded and the run goes on; it stops where blocks fly
  /// beyond all numbers.
  func run(progress: Progress = { _, _ in }) -> BlockResult {
    let clock = Stopwatch()
    var solver = solver
    let start = definition.blocks.map(\.polygon.centroid)
    var result = BlockResult(
      title: study.source.title, isFixed: definition.blocks.map(\.isFixed),
      corners: definition.blocks.map(\.polygon.vertices.count),
      probes: probes.map { .init(name: $0.name, unit: $0.unit, values: []) },
      end: outputs.last!, provenance: Provenance(seconds: 0))
    var overlap = 0.0
    func look() {
      result.states.append(state(solver))
      for (i, probe) in probes.enumerated() {
        result.probes[i].values.append(probe.value(solver, start: start, overlap: overlap))
      }
    }
    look()
    for time in outputs {
      let records = advance(&solver, to: time)
      result.steps += records
      overlap = records.reduce(overlap) { max($0, $1.overlap) }
      guard solver.energy.total.isFinite else { break }
      look()
      progress(time / outputs.last!, "\(Show.number(time)) s of \(Show.number(outputs.last!)) s")
    }
    for (i, probe) in probes.enumerated() {
      result.probes[i].values = probe.relative(result.probes[i].values)
    }
    result.provenance.seconds = clock.seconds
    return result
  }

  /// Steps to a time; after a step that was halved, back to the asked length by and by.
  private func advance(_ solver: inout DDASolver, to time: Double) -> [StepRecord] {
    let halvings = study.value.need("contact").need("halvings").integer
    var records: [StepRecord] = []
    var current = step
    while solver.time < time - 1e-12 * max(time, step) {
      let record = solver.step(min(current, time - solver.time), halvings: halvings)
      records.append(record)
      if record.cutBacks > 0 { current = record.dt }
      current = min(step, 1.3 * current)
      guard solver.energy.total.isFinite else { break }
    }
    return records
  }

  private func state(_ solver: DDASolver) -> BlockResult.State {
    var out = BlockResult.State(time: solver.time, energy: solver.energy)
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
