import Contact
import DDA
import Glibc

/// Runs a case of blocks: steps, output times, probes.
struct BlockRun {
  let study: BlockCase
  let definition: DDADefinition
  let probes: [BlockProbe]
  let outputs: [Double]
  private let solver: DDASolver
  private let search: StrengthReduction?
  private let seating: BlockSeating?
  private let cut: CutBlocks?
  /// What a person should know of the case before it runs; one line each.
  let warnings: [String]
  private let step: Double

  /// Validates everything that can be validated before work starts.
  /// - Throws: `InputError` for a case that makes no block system.
  init(_ study: BlockCase) throws(InputError) {
    self.study = study
    (step, outputs) = try study.times()
    let table = try study.blockTable()
    cut = table.cut
    warnings = table.warnings
    definition = try study.definition(table)
    // Nothing acts on borders here, but a mistake in them is one.
    var coupled = definition
    _ = try study.borders(&coupled, table)
    solver = try study.solver(definition, table)
    probes = try study.probes(outputs, table)
    search = try study.strengthReduction()
    seating = try study.seating(table)
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
      ] + (cut ?? []) + JSONValue.warnings(warnings)))
  }

  /// Steps to the end, or searches the factor of safety where the case asks for it. Steps that do
  /// not settle are recorded and the run goes on; it stops where blocks fly beyond all numbers.
  /// - Throws: `InputError` for a search that the solver refuses.
  func run(progress: Progress = { _, _ in }) throws(InputError) -> BlockResult {
    if let search { return try run(search, progress: progress) }
    let clock = Stopwatch()
    var (solver, isSeated) = (solver, true)
    if let seating {
      do {
        (solver, isSeated) = try seating.seat(definition)
      } catch { throw study.value.need("seating").error("\(error)") }
    }
    let start = solver.time
    var observer = BlockObserver(
      self, end: outputs.last!, startingAt: start, isSeated: isSeated)
    observer.look(solver)
    for time in outputs {
      observer.add(
        solver.run(to: start + time, dt: step, halvings: study.halvings))
      guard solver.energy.total.isFinite else { break }
      observer.look(solver)
      progress(time / outputs.last!, "\(Show.number(time)) s of \(Show.number(outputs.last!)) s")
    }
    var result = observer.finished()
    result.provenance.seconds = clock.seconds
    return result
  }
}
