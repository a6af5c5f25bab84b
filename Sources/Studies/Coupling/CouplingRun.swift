import Coupling

/// Runs a coupled case: windows, output times, probes.
struct CouplingRun {
  let study: CouplingCase
  private var system: CoupledSystem
  private var parts: [CoupledParticipant]
  private let probes: [CouplingProbe]
  private let outputs: [Double]
  private let settings: [(key: String, value: String)]

  /// Validates everything that can be validated before work starts.
  /// - Throws: `InputError` for a case that makes no coupling.
  init(_ study: CouplingCase) throws {
    self.study = study
    outputs = try study.outputs()
    parts = try CoupledParticipant.all(of: study)
    system = try study.system(parts.map(\.participant))
    var probes: [CouplingProbe] = []
    for row in study.value.need("probes").list {
      probes.append(try CouplingProbe(row, study, system, parts))
    }
    self.probes = probes
    settings = CouplingSettings.list(system)
  }

  /// Figures of `validate --json`.
  var figures: JSONValue {
    .object(
      [
        ("title", .string(study.source.title)), ("participants", JSONValue(parts.count)),
        ("interfaces", JSONValue(system.definition.interfaces.count)),
        ("outputs", JSONValue(outputs.count)), ("probes", JSONValue(probes.count)),
      ] + JSONValue.warnings(system.warnings))
  }

  /// Windows to the end; stops where one fails, which is an ordinary outcome.
  /// - Parameters:
  ///   - saved: a state to go on from.
  ///   - save: called with the state where the case asks for checkpoints.
  mutating func run(
    from saved: CouplingState? = nil, save: (CouplingState) throws -> Void = { _ in },
    progress: Progress = { _, _ in }
  ) throws -> CouplingResult {
    let clock = Stopwatch()
    var result = CouplingResult(study, system, settings, end: outputs.last!)
    result.probes = probes.map { .init(name: $0.name, unit: $0.unit, values: []) }
    if let saved {
      do throws(CouplingError) { try system.restore(saved.system) } catch {
        throw InputError(study.source.file, error.description)
      }
      result.windows = saved.windows
      result.continuedFrom = system.time
    }
    try look(&result)
    let every = study.value["checkpoint"]?.need("every").integer
    output: for time in outputs where time > system.time * (1 + 1e-12) {
      while system.time < time - 1e-9 * (result.windows.last?.length ?? time) {
        let record = system.step(limit: time)
        result.windows.append(record)
        result.works.append(system.work)
        guard record.converged else { break output }
        if let every, system.windows % every == 0 {
          let state = try checkpoint(result.windows)
          try save(state)
        }
      }
      try look(&result)
      progress(time / outputs.last!, "\(Show.number(time)) s of \(Show.number(outputs.last!)) s")
    }
    result.finish(system, parts, seconds: clock.seconds)
    return result
  }

  private func checkpoint(_ windows: [WindowRecord]) throws(InputError) -> CouplingState {
    do throws(CouplingError) {
      return CouplingState(system: try system.checkpoint(), windows: windows)
    } catch { throw InputError(study.source.file, error.description) }
  }

  /// An output time.
  private mutating func look(_ result: inout CouplingResult) throws {
    for p in parts.indices { try parts[p].look(system.participants[p], at: system.time) }
    result.times.append(system.time)
    for (n, probe) in probes.enumerated() {
      result.probes[n].values.append(probe.value(system, result.windows, parts))
    }
  }
}

/// What a coupled run goes on from: the state between two windows, and the records so far.
struct CouplingState: Codable {
  let system: CoupledSystem.Checkpoint
  let windows: [WindowRecord]
}
