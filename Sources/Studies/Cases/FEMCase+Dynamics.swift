import DDA
import FEM
import Geometry

// A case of motion: the block `dynamics`.
extension FEMCase {
  /// Whether the body moves under its own inertia.
  var isDynamic: Bool { value["dynamics"] != nil }

  /// The body in motion that the case describes, ready to be validated by `DynamicModel.init`.
  /// - Throws: `InputError` for what `definition()` refuses, a region without a density, a history that
  ///   is none, or load steps.
  func dynamicDefinition() throws -> DynamicModel.Definition {
    let dynamics = value.need("dynamics")
    if let steps = value["steps"] {
      throw steps.error("does not go with 'dynamics', whose 'time' gives the steps; remove it")
    }
    let history = try source.history(dynamics["history"], .none, or: 1)
    let body = try definition().following { history($0) }
    var d = DynamicModel.Definition(
      body: body, densities: try densities(dynamics.need("density"), body.mesh))
    d.mass = MassKind(rawValue: dynamics.need("mass").text)!
    d.scheme = scheme(dynamics.need("scheme"))
    if let damping = dynamics["damping"] { d.damping = rayleigh(damping) }
    d.groundAcceleration = try groundAcceleration(
      dynamics.need("base-acceleration"), body.mesh)
    if let velocity = dynamics["velocity"], velocity.list.count != body.mesh.dimension {
      throw velocity.error(
        "needs \(body.mesh.dimension) numbers in a \(body.mesh.dimension)-D mesh")
    }
    return d
  }

  /// Length of a step and output times after the start, s.
  func times() throws(InputError) -> (step: Double, outputs: [Double]) {
    try CaseSource.times(value.need("dynamics").need("time"))
  }

  /// Velocity of every dof at the start, m/s: that of the case, at supports that of their motion; nil
  /// where all is at rest.
  func initialVelocity(for definition: DynamicModel.Definition) -> [Double]? {
    let mesh = definition.body.mesh
    let v = value["dynamics"]?["velocity"]?.vector ?? .zero
    var field = DynamicModel.field(on: mesh) { _ in v }
    let h = differenceStep
    visitSupports(definition) { dof, u in
      field[dof] = (4 * u(h) - u(2 * h) - 3 * u(0)) / (2 * h)
    }
    return field.allSatisfy { $0 == 0 } ? nil : field
  }

  /// Acceleration of every dof at the start, m/s², as far as supports move; nil where they do not.
  func initialAcceleration(for definition: DynamicModel.Definition) -> [Double]? {
    var field = DynamicModel.field(on: definition.body.mesh) { _ in .zero }
    let h = differenceStep
    visitSupports(definition) { dof, u in
      field[dof] = (2 * u(0) - 5 * u(h) + 4 * u(2 * h) - u(3 * h)) / (h * h)
    }
    return field.allSatisfy { $0 == 0 } ? nil : field
  }

  /// Histories are smooth or straight over a part of a step; forward, for they begin with the run. The
  /// error of either difference is the square of (angular frequency · this).
  private var differenceStep: Double {
    1e-3 * (value["dynamics"]?.need("time").need("step").number ?? 1)
  }

  /// Every prescribed dof with its displacement as a function of time.
  private func visitSupports(
    _ definition: DynamicModel.Definition, _ body: (Int, (Double) -> Double) -> Void
  ) {
    let mesh = definition.body.mesh
    for p in definition.body.prescriptions {
      for node in mesh.nodes(in: p.set) ?? [] {
        for i in p.components {
          body(node * mesh.dimension + i) { p.value(mesh.points[node], $0)[i] }
        }
      }
    }
  }

  /// Density of every region, kg/m³.
  func densities(_ density: CaseValue, _ mesh: Mesh) throws(InputError) -> [String: Double] {
    let regions = Set(mesh.blocks.map(\.name)).sorted()
    guard !density.entries.isEmpty else {
      return Dictionary(uniqueKeysWithValues: regions.map { ($0, density.number) })
    }
    var out: [String: Double] = [:]
    for (region, value) in density.entries {
      guard regions.contains(region) else {
        throw value.error(
          "the mesh has no region '\(region)'; \(Suggestion.remedy(for: region, in: regions))")
      }
      out[region] = value.number
    }
    for region in regions where out[region] == nil {
      throw density.error("region '\(region)' of the mesh has no density; add '\(region):'")
    }
    return out
  }

  private func scheme(_ scheme: CaseValue) -> Scheme {
    guard scheme.need("method").text == "newmark" else {
      return .generalisedAlpha(spectralRadius: scheme.need("spectral-radius").number)
    }
    return .newmark(beta: scheme.need("beta").number, gamma: scheme.need("gamma").number)
  }

  private func rayleigh(_ damping: CaseValue) -> RayleighDamping {
    guard let ratio = damping["ratio"] else {
      return RayleighDamping(
        mass: damping["mass"]?.number ?? 0, stiffness: damping["stiffness"]?.number ?? 0)
    }
    let omega = damping.need("frequencies").numbers.map { 2 * .pi * $0 }
    return RayleighDamping(ratio: ratio.number, at: omega[0], and: omega[1])
  }

  private func groundAcceleration(
    _ base: CaseValue, _ mesh: Mesh
  ) throws(InputError) -> (@Sendable (Double) -> SIMD3<Double>)? {
    guard !base.entries.isEmpty else { return nil }
    if mesh.dimension == 2, let z = base["z"] { throw z.error("the mesh is plane; remove it") }
    let x = try source.history(base["x"], .acceleration, or: 0)
    let y = try source.history(base["y"], .acceleration, or: 0)
    let z = try source.history(base["z"], .acceleration, or: 0)
    return { SIMD3(x($0), y($0), z($0)) }
  }

  /// Files that the block names.
  var dynamicsFiles: [CaseValue] {
    guard let dynamics = value["dynamics"] else { return [] }
    let base = dynamics.need("base-acceleration")
    return [dynamics["history"], base["x"], base["y"], base["z"]].compactMap { $0?["file"] }
  }
}

extension FEMModel.Definition {
  /// The same body; the load factor of its prescriptions and loads is a function of the parameter.
  func following(_ factor: @escaping @Sendable (Double) -> Double) -> FEMModel.Definition {
    var d = self
    d.prescriptions = prescriptions.map { p in
      Prescription(set: p.set, components: p.components) { X, t in p.value(X, factor(t)) }
    }
    d.tractions = tractions.map { load in
      Traction(set: load.set) { X, normal, t in load.value(X, normal, factor(t)) }
    }
    if let bodyForce { d.bodyForce = { X, t in bodyForce(X, factor(t)) } }
    return d
  }
}
