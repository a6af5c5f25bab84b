import FEM
import Geometry
import LinearAlgebra

/// Natural frequencies of a body: at rest without load, or strained by the full load of its case.
struct FrequencyRun {
  private let fem: FEMCase
  private let count: Int
  /// (rad/s)²; nil for the lowest modes.
  private let shift: Double?
  private let observer: BodyObserver
  private let densities: [String: Double]
  private let mass: MassKind
  private let model: DynamicModel
  /// The walk to the full load, where the load changes the stiffness.
  private let preload: FieldRun?

  /// Validates everything that can be validated before work starts.
  /// - Throws: `InputError` for a case that makes no body, motion besides, or more modes than unknowns.
  init(_ fem: FEMCase) throws {
    self.fem = fem
    let block = fem.value.need("frequencies")
    if fem.isDynamic {
      throw block.error("does not go with 'dynamics'; give the two in a case each")
    }
    if !fem.value.need("probes").list.isEmpty {
      throw fem.value.need("probes").error(
        "is not read here: the probes are f1, f2, …, in Hz; remove it")
    }
    let body = try fem.definition()
    count = block.need("count").integer
    let hertz = block.need("shift").number
    shift = hertz == 0 ? nil : 4 * .pi * .pi * hertz * hertz
    densities = try fem.densities(block.need("density"), body.mesh)
    mass = MassKind(rawValue: block.need("mass").text)!
    preload = body.strain == .finite && body.isLoaded ? try FieldRun(fem) : nil
    model = try FrequencyRun.model(fem, body.following { _ in 0 }, densities, mass, nil)
    observer = try BodyObserver(fem, body.mesh, course: .modes(count: count))
    guard count <= model.unknownCount else {
      throw block.need("count").error(
        "asks for \(count) modes of a body with \(model.unknownCount) unknowns")
    }
  }

  private static func model(
    _ fem: FEMCase, _ body: FEMModel.Definition, _ densities: [String: Double],
    _ mass: MassKind, _ displacement: [Double]?
  ) throws(InputError) -> DynamicModel {
    var definition = DynamicModel.Definition(body: body, densities: densities)
    definition.mass = mass
    do {
      return try DynamicModel(definition, displacement: displacement)
    } catch {
      throw InputError(fem.file, error.description)
    }
  }

  /// Figures of `validate --json`.
  var figures: [(String, JSONValue)] {
    let mesh = model.definition.body.mesh
    return [
      ("nodes", JSONValue(mesh.nodeCount)), ("cells", JSONValue(mesh.cellCount)),
      ("unknowns", JSONValue(model.unknownCount)), ("mass", .number(model.totalMass)),
      ("modes", JSONValue(count)),
    ]
  }

  /// Finds the modes. Where the full load is not reached, the result is that of the walk to it.
  /// - Throws: `InputError` for a shift that is a natural frequency, `NotConverged`.
  func run(progress: Progress = { _, _ in }) throws -> FieldResult {
    let clock = Stopwatch()
    var observer = observer
    var strained = model
    if var preload {
      let walk = try preload.run(progress: progress)
      guard walk.converged else { return walk }
      observer.add(walk.steps)
      strained = try FrequencyRun.model(
        fem, fem.definition().following { _ in 1 }, densities, mass, preload.displacement)
    }
    progress(0.5, "modes")
    let spectrum: DynamicModel.Spectrum
    do {
      spectrum = try strained.frequencies(count: count, shift: shift)
    } catch LinearSolverError.singular {
      throw fem.value.need("frequencies").need("shift").error(
        "is a natural frequency of the body; move it a little")
    } catch {
      throw NotConverged("\(fem.file): the modes were not found: \(error.description)")
    }
    observer.keep(spectrum, of: strained)
    return observer.finished(converged: true, seconds: clock.seconds)
  }
}

extension FEMModel.Definition {
  /// Whether anything acts on the body at full load.
  var isLoaded: Bool {
    if !tractions.isEmpty || bodyForce != nil { return true }
    return prescriptions.contains { p in
      (mesh.nodes(in: p.set) ?? []).contains { node in
        let u = p.value(mesh.points[node], 1)
        return p.components.contains { u[$0] != 0 }
      }
    }
  }
}

extension BodyObserver {
  /// Keeps modes as states, numbered from 1, and their frequencies as probes f1, f2, …
  ///
  /// A shape is scaled to move by at most a tenth of the body's size, for the eye.
  mutating func keep(_ spectrum: DynamicModel.Spectrum, of model: DynamicModel) {
    let (low, high) = model.definition.body.mesh.bounds
    var modes = FieldResult.Modes(isComplete: spectrum.isComplete)
    var (states, probes): ([FieldResult.State], [ProbeHistory]) = ([], [])
    for (k, mode) in spectrum.modes.enumerated() {
      modes.frequencies.append(mode.frequency)
      modes.residuals.append(mode.residual)
      probes.append(.init(name: "f\(k + 1)", unit: "Hz", values: [mode.frequency]))
      let largest = mode.shape.reduce(0) { max($0, abs($1)) }
      let scale = largest > 0 ? 0.1 * (high - low).max() / largest : 0
      let shape = BodyObserver.vectors(mode.shape.map { scale * $0 }, dimension: model.dimension)
      states.append(
        .init(
          factor: Double(k + 1), displacement: shape, stress: [], vonMises: [], strain: [],
          energy: []))
    }
    keep(modes, states, probes)
  }
}
