import Coupling
import DDA
import FEM
import Geometry
import Participants

/// One who takes part in a coupled case, with what is written down of it.
struct CoupledParticipant {
  /// Name; what the coupling runs.
  let name: String, participant: any Participant
  private var notes: Notes
  /// Values of its probes before the checkpoint from which the run went on.
  private var earlier: [[Double]]?

  /// What is written down.
  private enum Notes {
    case body(BodyObserver)
    case blocks(BlockObserver)
    /// A model without fields.
    case nothing
  }

  /// Makes every participant of a case.
  /// - Throws: `InputError` with file, line and key.
  static func all(of study: CouplingCase) throws(InputError) -> [CoupledParticipant] {
    let end = study.value.need("end").number
    var out: [CoupledParticipant] = []
    for (row, one) in zip(study.value.need("participants").list, study.cases) {
      switch one {
      case .fem(let fem):
        out.append(
          try CouplingCase.inOwnCase(of: row, fem.file) {
            try CoupledParticipant(row, fem, end: end)
          })
      case .blockSystem(let blocks):
        out.append(
          try CouplingCase.inOwnCase(of: row, blocks.source.file) {
            try CoupledParticipant(row, blocks, end: end)
          })
      default: out.append(CoupledParticipant(model: row))
      }
    }
    return out
  }

  private init(_ row: CaseValue, _ fem: FEMCase, end: Double) throws {
    name = row.need("name").text
    guard let sets = row["borders"] else {
      throw row.error("names no borders; give sets of the mesh, 'borders: [xmax]'")
    }
    let borders = sets.list.map(\.text)
    let mesh: Mesh
    if fem.isDynamic {
      let d = try fem.dynamicDefinition()
      mesh = d.body.mesh
      participant = try DynamicFEMParticipant(
        name, d, borders: borders, longestStep: row["step"]?.number ?? fem.times().step,
        velocity: fem.initialVelocity(for: d), acceleration: fem.initialAcceleration(for: d))
      if let complement = row["complement"] {
        throw complement.error("is for bodies at rest; remove it, or 'dynamics' of the case")
      }
    } else {
      let d = try fem.definition()
      mesh = d.mesh
      participant = try FEMParticipant(
        name, d, borders: borders, longestStep: row["step"]?.number ?? .infinity,
        complement: row["complement"]?.list.map(\.text) ?? [])
    }
    notes = .body(try BodyObserver(fem, mesh, course: .time(end: end)))
  }

  private init(_ row: CaseValue, _ blocks: BlockCase, end: Double) throws(InputError) {
    name = row.need("name").text
    for key in ["borders", "complement"] {
      if let given = row[key] {
        throw given.error("is for finite elements; blocks name their borders in their own case")
      }
    }
    let run = try BlockRun(blocks)
    var definition = run.definition
    let table = try blocks.blockTable()
    let borders = try blocks.borders(&definition, table)
    try blocks.checkFree(borders, table)
    guard !borders.isEmpty else {
      throw row.need("case").error("names no borders; add 'borders:' to that case")
    }
    participant = DDAParticipant(
      name, definition, borders: borders,
      longestStep: row["step"]?.number ?? blocks.value.need("time").need("step").number,
      halvings: blocks.halvings)
    notes = .blocks(BlockObserver(run, end: end))
  }

  private init(model row: CaseValue) {
    name = row.need("name").text
    notes = .nothing
    let step = row["step"]?.number ?? .infinity
    switch row.need("model").text {
    case "point-mass":
      participant = PointMass(
        name: name, mass: row.need("mass").number, stiffness: row.need("stiffness").number,
        damping: row.need("damping").number, longestStep: step,
        integrator: PointMass.Integrator(rawValue: row.need("integrator").text)!,
        displacement: row.need("displacement").number, velocity: row.need("velocity").number)
    case "spring":
      let ends = row.need("displacement").numbers
      participant = Spring(
        name: name, stiffness: row.need("stiffness").number, longestStep: step,
        ends: (ends[0], ends[1]))
    case let model:
      var tube = ElasticTube()
      (tube.cells, tube.length) = (row.need("cells").integer, row.need("length").number)
      participant =
        model == "elastic-tube-flow"
        ? ElasticTubeFlow(name: name, tube: tube) : ElasticTubeWall(name: name, tube: tube)
    }
  }

  /// Whether it is a body at rest, whose load factor is the time.
  var isAtRest: Bool { participant is FEMParticipant }

  /// Whether it has mass and mesh or blocks.
  var isInMotion: Bool { participant is DynamicFEMParticipant || participant is DDAParticipant }

  /// Evaluates the probes of a body and forgets them: one outside is bad input, and must be found before the work.
  func check(_ participant: any Participant) throws(InputError) {
    guard case .body(let observer) = notes, let view = view(of: participant, at: 0) else { return }
    try observer.check(view)
  }

  private func view(of participant: any Participant, at time: Double) -> BodyView? {
    if let moving = participant as? DynamicFEMParticipant {
      return BodyView(moving.model!, at: time)
    }
    return (participant as? FEMParticipant).map { BodyView($0.model!, at: time) }
  }

  /// Looks at the participant as it is now.
  mutating func look(_ participant: any Participant, at time: Double) throws(InputError) {
    switch notes {
    case .body(var observer):
      try observer.look(at: view(of: participant, at: time)!)
      notes = .body(observer)
    case .blocks(var observer):
      let blocks = participant as! DDAParticipant
      observer.add(Array(blocks.records.dropFirst(observer.stepCount)))
      observer.look(blocks.solver!)
      notes = .blocks(observer)
    case .nothing: break
    }
  }

  /// Probes of its own so far.
  var probes: [ProbeHistory] {
    let seen: [ProbeHistory] =
      switch notes {
      case .body(let observer): observer.result.probes
      case .blocks(let observer): observer.finished().probes
      case .nothing: []
      }
    guard let earlier else { return seen }
    // Both begin with the start.
    return zip(seen, earlier).map { one, before in
      .init(name: one.name, unit: one.unit, values: before + one.values.dropFirst())
    }
  }

  /// What is left of it.
  func result(converged: Bool, seconds: Double) -> ParticipantResult {
    switch notes {
    case .body(let observer): .body(observer.finished(converged: converged, seconds: seconds))
    case .blocks(let observer): .blocks(observer.finished())
    case .nothing: .nothing
    }
  }

  // MARK: - Going on from a checkpoint

  /// What must be known of the time before a checkpoint; fields are not among it.
  struct Memory: Codable {
    var probes: [[Double]], body: BodyObserver.Memory?
  }

  /// Of the time up to now.
  var memory: Memory {
    let values = probes.map(\.values)
    guard case .body(let observer) = notes else { return Memory(probes: values, body: nil) }
    return Memory(probes: values, body: observer.memory)
  }

  /// Takes up where another run was; the start has been looked at, and nothing after it.
  mutating func resume(_ memory: Memory) {
    earlier = memory.probes
    guard case .body(var observer) = notes, let body = memory.body else { return }
    observer.resume(body)
    notes = .body(observer)
  }
}

/// What a coupled run leaves of one who took part.
public enum ParticipantResult: Sendable {
  /// Finite elements.
  case body(FieldResult)
  /// Blocks.
  case blocks(BlockResult)
  /// A model without fields.
  case nothing

  /// What a person should know of it.
  var warnings: [String] {
    switch self {
    case .body(let result): result.warnings
    case .blocks(let result): result.warnings
    case .nothing: []
    }
  }
}
