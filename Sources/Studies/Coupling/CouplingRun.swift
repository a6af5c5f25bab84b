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
    parts = try CoupledParticipant.all(of: study)
    system = try study.system(parts.map(\.participant))
    for (n, row) in study.value.need("participants").list.enumerated() {
      let (part, participant) = (parts[n], system.participants[n])
      guard let file = study.cases[n]?.source.file else { continue }
      try CouplingCase.inOwnCase(of: row, file) { try part.check(participant) }
    }
    outputs = try study.outputs(window: system.fullLength)
    var probes: [CouplingProbe] = []
    for row in study.value.need("probes").list {
      let name = row.need("name")
      guard !probes.contains(where: { $0.name == name.text }) else {
        throw name.error("there is a probe '\(name.text)' already; rename one of them")
      }
      probes.append(try CouplingProbe(row, study, system, parts))
    }
    self.probes = probes
    settings = CouplingSettings.list(system)
  }

  /// What a person should know before it runs; one line each.
  private var warnings: [String] { system.warnings + loadWarnings + stepWarnings }

  /// Bodies at rest that get more or less than their loads.
  private var loadWarnings: [String] {
    let end = outputs.last!
    guard end != 1 else { return [] }
    return zip(parts, study.cases).compactMap { part, own in
      guard part.isAtRest, own?.source.value["loads"]?.list.isEmpty == false else { return nil }
      return
        "participant '\(part.name)' is at rest, so that the time is its load factor: at the end "
        + "\(Show.number(end)) times its loads act on it"
    }
  }

  /// Bodies in motion whose neighbours take other steps: displacements that agree at the ends of windows do not make
  /// velocities agree in between, and the rounding of one window is the pulse of the next.
  private var stepWarnings: [String] {
    system.definition.interfaces.compactMap { interface in
      let ends = [interface.first, interface.second].map { end in
        parts.first { $0.name == end.participant }!
      }
      let steps = ends.map { min($0.participant.longestStep, system.fullLength) }
      guard interface.exchange.isMechanical, ends.contains(where: \.isInMotion),
        abs(steps[0] - steps[1]) > 1e-9 * system.fullLength
      else { return nil }
      return "interface '\(interface.name)': '\(ends[0].name)' takes steps of "
        + "\(Show.number(steps[0])) s and '\(ends[1].name)' of \(Show.number(steps[1])) s; bodies in "
        + "motion with unequal steps gain energy over such an interface, often without bound: give both the "
        + "same step, or watch a probe of 'created'"
    }
  }

  /// Figures of `validate --json`.
  var figures: JSONValue {
    .object(
      [
        ("title", .string(study.source.title)), ("participants", JSONValue(parts.count)),
        ("interfaces", JSONValue(system.definition.interfaces.count)),
        ("outputs", JSONValue(outputs.count)), ("probes", JSONValue(probes.count)),
      ] + JSONValue.warnings(warnings))
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
    var result = CouplingResult(
      title: study.source.title, names: study.names, settings: settings, end: outputs.last!)
    result.warnings = warnings
    result.probes = probes.map { .init(name: $0.name, unit: $0.unit, values: []) }
    try look(&result)
    if let saved { try resume(saved, &result) }
    let every = study.value["checkpoint"]?.need("every").integer
    output: for time in outputs.dropFirst(result.times.count - 1) {
      while system.time < time - 1e-9 * (result.windows.last?.length ?? time) {
        let record = system.step(limit: time)
        result.windows.append(record)
        result.works.append(system.work)
        guard record.converged else { break output }
        if let every, system.windows % every == 0 {
          let state = try state(result)
          try save(state)
        }
      }
      try look(&result)
      progress(time / outputs.last!, "\(Show.number(time)) s of \(Show.number(outputs.last!)) s")
    }
    result.finish(system, parts, seconds: clock.seconds)
    return result
  }

  /// Between two windows.
  private func state(_ result: CouplingResult) throws(InputError) -> CouplingState {
    do throws(CouplingError) {
      return CouplingState(
        system: try system.checkpoint(), windows: result.windows, works: result.works,
        times: result.times, probes: result.probes.map(\.values), parts: parts.map(\.memory))
    } catch { throw InputError(study.source.file, error.description) }
  }

  /// Becomes what another run was.
  private mutating func resume(
    _ saved: CouplingState, _ result: inout CouplingResult
  ) throws(InputError) {
    guard saved.probes.count == probes.count, saved.parts.count == parts.count,
      !saved.times.isEmpty, saved.times.count <= outputs.count + 1
    else {
      throw InputError(study.source.file, "is not the case of the checkpoint; start the run anew")
    }
    do throws(CouplingError) { try system.restore(saved.system) } catch {
      throw InputError(study.source.file, error.description)
    }
    (result.windows, result.works, result.times) = (saved.windows, saved.works, saved.times)
    for n in probes.indices { result.probes[n].values = saved.probes[n] }
    for n in parts.indices { parts[n].resume(saved.parts[n]) }
    result.continuedFrom = system.time
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
  let windows: [WindowRecord], works: [[InterfaceWork]]
  /// Output times so far, and the values of probes there.
  let times: [Double], probes: [[Double]]
  let parts: [CoupledParticipant.Memory]
}
