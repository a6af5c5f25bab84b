import FEM
import FixedPoint
import Geometry

/// Runs a finite-element case at rest under its load: definition, model, load steps, probes.
struct FieldRun {
  private let fem: FEMCase
  private let levels: [Double]
  private let observer: BodyObserver
  private var model: FEMModel

  /// Validates everything that can be validated before work starts.
  /// - Throws: `InputError` or `FEMError` for a case that makes no model.
  init(_ fem: FEMCase) throws {
    self.fem = fem
    let definition = try fem.definition()
    levels = try fem.levels
    do {
      model = try FEMModel(definition)
    } catch {
      throw InputError(fem.file, error.description)
    }
    observer = try BodyObserver(fem, definition.mesh, course: .load)
    try observer.check(BodyView(model))
  }

  /// Figures of `validate --json`.
  var figures: [(String, JSONValue)] {
    let mesh = model.definition.mesh
    return [
      ("nodes", JSONValue(mesh.nodeCount)), ("cells", JSONValue(mesh.cellCount)),
      ("unknowns", JSONValue(model.unknownCount)), ("steps", JSONValue(levels.count)),
      ("probes", JSONValue(observer.result.probes.count)),
    ]
  }

  /// Walks to the full load with automatic cut-back.
  ///
  /// A run that does not converge is an ordinary outcome: the result holds what was reached.
  mutating func run(progress: Progress = { _, _ in }) throws -> FieldResult {
    let clock = Stopwatch()
    var observer = observer
    let smallest = fem.value.need("newton").need("smallest-step").number
    var stepping = LoadStepping(levels: levels, smallestIncrement: smallest)
    progress(0, "step 1 of \(levels.count)")
    while let (_, factor) = stepping.next() {
      let record = model.step(to: factor)
      guard record.converged else {
        stepping.refuse(record)
        continue
      }
      stepping.accept(record)
      try observer.look(at: BodyView(model), keepsState: levels.contains(factor))
      progress(factor, "load factor \(Show.number(factor))")
    }
    observer.add(stepping.steps)
    return observer.finished(converged: stepping.converged, seconds: clock.seconds)
  }
}
