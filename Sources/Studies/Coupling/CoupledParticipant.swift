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

  /// What is written down.
  private enum Notes {
    case body(BodyObserver)
    case blocks(BlockObserver)
    /// A model without fields.
    case nothing
  }

  /// Makes every participant of a case.
  /// - Throws: `InputError` with line and key.
  static func all(of study: CouplingCase) throws -> [CoupledParticipant] {
    let end = study.value.need("end").number
    return try zip(study.value.need("participants").list, study.cases).map { row, one in
      let name = row.need("name")
      guard !name.text.contains(".") else {
        throw name.error("a name with a dot could not be told from one with a border; leave it out")
      }
      switch one {
      case .fem(let fem): return try CoupledParticipant(row, fem, end: end)
      case .blockSystem(let blocks): return try CoupledParticipant(row, blocks, end: end)
      default: return CoupledParticipant(model: row)
      }
    }
  }

  private init(_ row: CaseValue, _ fem: FEMCase, end: Double) throws {
    name = row.need("name").text
    guard let sets = row["borders"] else {
      throw row.error("names no borders; give sets of the mesh, 'borders: [xmax]'")
    }
    let borders = sets.list.map(\.text)
    let mesh: Mesh
    do throws(CouplingError) {
      if fem.isDynamic {
        let d = try wrapped(fem.file) { try fem.dynamicDefinition() }
        let step = try wrapped(fem.file) { try fem.times().step }
        mesh = d.body.mesh
        participant = try DynamicFEMParticipant(
          name, d, borders: borders, longestStep: row["step"]?.number ?? step,
          velocity: fem.initialVelocity(for: d), acceleration: fem.initialAcceleration(for: d))
      } else {
        let d = try wrapped(fem.file) { try fem.definition() }
        mesh = d.mesh
        participant = try FEMParticipant(
          name, d, borders: borders, longestStep: row["step"]?.number ?? .infinity,
          complement: row["complement"]?.list.map(\.text) ?? [])
      }
    } catch { throw row.error(error.description) }
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
      throw row.need("case").error("names no borders; add 'borders:' to it")
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
    if row.need("model").text == "point-mass" {
      participant = PointMass(
        name: name, mass: row.need("mass").number, stiffness: row.need("stiffness").number,
        damping: row.need("damping").number, longestStep: row["step"]?.number ?? .infinity,
        integrator: PointMass.Integrator(rawValue: row.need("integrator").text)!,
        displacement: row.need("displacement").number, velocity: row.need("velocity").number)
      return
    }
    var tube = ElasticTube()
    (tube.cells, tube.length) = (row.need("cells").integer, row.need("length").number)
    participant =
      row.need("model").text == "elastic-tube-flow"
      ? ElasticTubeFlow(name: name, tube: tube) : ElasticTubeWall(name: name, tube: tube)
  }

  /// Looks at the participant as it is now.
  mutating func look(_ participant: any Participant, at time: Double) throws {
    switch notes {
    case .body(var observer):
      if let moving = participant as? DynamicFEMParticipant {
        try observer.look(at: BodyView(moving.model!, at: time))
      } else if let resting = participant as? FEMParticipant {
        try observer.look(at: BodyView(resting.model!, at: time))
      }
      notes = .body(observer)
    case .blocks(var observer):
      observer.look((participant as! DDAParticipant).solver!)
      notes = .blocks(observer)
    case .nothing: break
    }
  }

  /// Probes of its own so far.
  var probes: [ProbeHistory] {
    switch notes {
    case .body(let observer): observer.result.probes
    case .blocks(let observer): observer.finished().probes
    case .nothing: []
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
}

/// What a coupled run leaves of one who took part.
public enum ParticipantResult: Sendable {
  /// Finite elements.
  case body(FieldResult)
  /// Blocks.
  case blocks(BlockResult)
  /// A model without fields.
  case nothing

  /// Its probes.
  var probes: [ProbeHistory] {
    switch self {
    case .body(let result): result.probes
    case .blocks(let result): result.probes
    case .nothing: []
    }
  }

  /// What a person should know of it.
  var warnings: [String] {
    switch self {
    case .body(let result): result.warnings
    case .blocks(let result): result.warnings
    case .nothing: []
    }
  }
}

/// What a case's own mistakes are to a coupling: they keep their line.
private func wrapped<T>(_ file: String, _ body: () throws -> T) throws(CouplingError) -> T {
  do { return try body() } catch {
    throw CouplingError("'\(file)'", "\(error)", "correct it there")
  }
}
