import FEM
import FixedPoint

/// Runs a finite-element case in motion: definition, model, time steps, output times.
struct MotionRun {
  private let observer: BodyObserver
  private let step: Double, outputs: [Double]
  private let smallestShare: Double
  private var model: DynamicModel

  /// Validates everything that can be validated before work starts.
  /// - Throws: `InputError` for a case that makes no body in motion.
  init(_ fem: FEMCase) throws {
    let definition = try fem.dynamicDefinition()
    (step, outputs) = try fem.times()
    smallestShare = fem.value.need("newton").need("smallest-step").number
    do {
      model = try DynamicModel(
        definition, velocity: fem.initialVelocity(for: definition),
        acceleration: fem.initialAcceleration(for: definition))
    } catch {
      throw InputError(fem.file, error.description)
    }
    observer = try BodyObserver(fem, definition.body.mesh, course: .time(end: outputs.last!))
    try observer.check(BodyView(model))
  }

  /// Figures of `validate --json`.
  var figures: [(String, JSONValue)] {
    let mesh = model.definition.body.mesh
    return [
      ("nodes", JSONValue(mesh.nodeCount)), ("cells", JSONValue(mesh.cellCount)),
      ("unknowns", JSONValue(model.unknownCount)), ("mass", .number(model.totalMass)),
      ("steps", JSONValue(Int((outputs.last! / step * (1 - 1e-12)).rounded(.up)))),
      ("outputs", JSONValue(outputs.count)), ("probes", JSONValue(observer.result.probes.count)),
    ]
  }

  /// Steps to the end with automatic cut-back; looks at the start and at every output time.
  ///
  /// A run that does not converge is an ordinary outcome: the result holds what was reached.
  mutating func run(progress: Progress = { _, _ in }) throws -> FieldResult {
    let clock = Stopwatch()
    var observer = observer
    let end = outputs.last!
    progress(0, "0 s of \(Show.number(end)) s")
    try observer.look(at: BodyView(model))
    var arrived = true
    for time in outputs {
      arrived = advance(to: time, &observer) {
        progress($0 / end, "\(Show.number($0)) s of \(Show.number(end)) s")
      }
      guard arrived else { break }
      try observer.look(at: BodyView(model, at: time))
    }
    return observer.finished(converged: arrived, seconds: clock.seconds)
  }

  /// Whether a time was reached, in whole steps and a shorter last one; what fails is halved.
  private mutating func advance(
    to end: Double, _ observer: inout BodyObserver, _ progress: (Double) -> Void
  ) -> Bool {
    while end - model.time > 1e-9 * step {
      // A remainder within rounding of a step is a step: equal steps share their factors.
      let rest = end - model.time
      var part = rest < step * (1 - 1e-9) ? rest : step
      var cutBacks = 0
      while true {
        let from = model.time
        var record = model.step(part)
        record.cutBacks = cutBacks
        observer.add([.init(from: from, to: from + part, record: record)])
        if record.converged { break }
        part /= 2
        cutBacks += 1
        guard part >= smallestShare * step else { return false }
      }
      progress(model.time)
    }
    return true
  }
}
