import FEM
import FixedPoint
import Geometry
import Mechanics

/// Writes down what a body does: increments, states, probes, energies.
///
/// It is shown the body where a state is to be kept or probes are to be read, and knows nothing of how
/// the body got there: load steps, time steps, or the windows of a coupling.
struct BodyObserver {
  private let probes: [Probe]
  private let trust: CoverageCheck
  private let warnShare: Double
  private(set) var result: FieldResult
  /// Largest energy of the account so far, J.
  private var energyScale = 0.0

  /// - Parameter course: What the case walks through.
  /// - Throws: `InputError` for a probe that cannot be.
  init(_ fem: FEMCase, _ mesh: Mesh, course: FieldResult.Course) throws {
    probes = try fem.probes(mesh)
    let fitted = try fem.fittedLaws()
    trust = CoverageCheck(
      Dictionary(fitted.map { ($0.region, $0.coverage) }) { first, _ in first })
    warnShare = fem.value.need("coverage").need("warn-share").number
    result = FieldResult(
      mesh: mesh, title: fem.title, states: [], steps: [], converged: false, factors: [],
      probes: probes.map { .init(name: $0.name, unit: $0.unit, values: []) },
      output: fem.value.need("output").list.map(\.text), provenance: Provenance(seconds: 0))
    result.course = course
    result.provenance.citation = Set(fitted.map(\.citation)).sorted().joined(separator: " ")
  }

  /// Evaluates the probes and forgets them: one outside the body is bad input, and must be found before
  /// the work.
  func check(_ view: BodyView) throws(InputError) {
    let sight = sight(of: view)
    for probe in probes { _ = try probe.value(sight) }
  }

  /// Increments that were tried.
  mutating func add(_ steps: [LoadStepping.Step]) { result.steps += steps }

  /// Reads the probes and keeps the state.
  /// - Parameter keepsState: Whether its fields go into the file.
  mutating func look(at view: BodyView, keepsState: Bool = true) throws(InputError) {
    if let account = view.motion?.energy { note(account) }
    let sight = sight(of: view)
    result.factors.append(view.parameter)
    for (i, probe) in probes.enumerated() {
      result.probes[i].values.append(try probe.value(sight))
    }
    if keepsState { result.states.append(BodyObserver.state(sight)) }
    result.coveredShare = sight.coverage?.share
    warn(at: view.parameter)
  }

  /// What later looks depend on beside the body itself: a run that goes on from a checkpoint begins with it.
  struct Memory: Codable {
    var energyScale: Double, uncovered: FieldResult.Uncovered?
  }

  /// Of the looks so far.
  var memory: Memory { Memory(energyScale: energyScale, uncovered: result.uncovered) }

  /// Goes on where another one was.
  mutating func resume(_ memory: Memory) {
    (energyScale, result.uncovered) = (memory.energyScale, memory.uncovered)
  }

  /// Modes in place of states in time.
  mutating func keep(
    _ modes: FieldResult.Modes, _ states: [FieldResult.State], _ probes: [ProbeHistory]
  ) {
    (result.modes, result.states, result.probes) = (modes, states, probes)
    (result.factors, result.output) = ([1], ["displacement"])
  }

  /// The whole run.
  func finished(converged: Bool, seconds: Double) -> FieldResult {
    var result = result
    result.converged = converged
    result.provenance.seconds = seconds
    return result
  }

  private func sight(of view: BodyView) -> Probe.Sight {
    Probe.Sight(
      view: view, fields: view.body.nodalFields(), coverage: trust.coverage(of: view.body),
      energyScale: max(energyScale, view.motion?.energy.scale ?? 0))
  }

  private mutating func note(_ account: DynamicModel.EnergyAccount) {
    energyScale = max(energyScale, account.scale)
    if result.energies.isEmpty {
      result.energies = BodyEnergy.allCases.map {
        .init(name: $0.rawValue, unit: "J", values: [])
      }
    }
    for (i, term) in BodyEnergy.allCases.enumerated() {
      result.energies[i].values.append(term.value(account))
    }
  }

  /// Says once, and again with the last figure, that too much of the volume is strained beyond the data.
  private mutating func warn(at parameter: Double) {
    guard let share = result.coveredShare else { return }
    guard 1 - share > warnShare else {
      result.uncovered = nil
      return
    }
    let first = result.uncovered?.from ?? parameter
    result.uncovered = .init(
      share: 1 - share, limit: warnShare, from: first, at: parameter,
      isTime: result.course.isTime)
  }

  private static func state(_ sight: Probe.Sight) -> FieldResult.State {
    let (model, fields) = (sight.view.body, sight.fields)
    var state = FieldResult.State(
      factor: sight.view.parameter,
      displacement: vectors(model.displacement, dimension: model.dimension),
      stress: plain(fields.stress), vonMises: fields.vonMises, strain: plain(fields.strain),
      energy: fields.energy, coverageScore: sight.coverage?.scores,
      coveredShare: sight.coverage?.shares)
    if let motion = sight.view.motion {
      state.velocity = vectors(motion.velocity, dimension: model.dimension)
      state.acceleration = vectors(motion.acceleration, dimension: model.dimension)
    }
    return state
  }

  /// A field over dofs as three numbers per node; z = 0 in the plane.
  static func vectors(_ field: [Double], dimension d: Int) -> [Double] {
    if d == 3 { return field }
    return (0..<field.count / d * 3).map { $0 % 3 < d ? field[$0 / 3 * d + $0 % 3] : 0 }
  }

  /// Mandel order to plain tensor components.
  private static func plain(_ mandel: [Double]) -> [Double] {
    mandel.indices.map { $0 % 6 < 3 ? mandel[$0] : mandel[$0] * Mandel.halfRoot2 }
  }
}
