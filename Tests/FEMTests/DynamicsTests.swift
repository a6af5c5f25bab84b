import FEM
import Geometry
import Glibc
import Mechanics
import Testing

/// A cube of one hex8 that can only stretch along x: with lumped mass an oscillator of
/// M = ρ/2, K = E and ω² = 2 E/ρ (1 m sides).
func oscillator(
  young: Double = 2, density: Double = 4, scheme: Scheme = .newmark(),
  damping: RayleighDamping = RayleighDamping(), edit: (inout FEMModel.Definition) -> Void = { _ in }
) throws -> DynamicModel.Definition {
  var body = FEMModel.Definition(
    mesh: hexBox(1, 1, 1, size: [1, 1, 1]), law: try LinearElastic(young: young, poisson: 0))
  body.prescriptions = [
    .fixed("xmin"), .fixed("xmax", components: [1, 2]),
  ]
  edit(&body)
  var definition = DynamicModel.Definition(body: body, density: density)
  definition.mass = .lumped
  definition.scheme = scheme
  definition.damping = damping
  return definition
}

/// x on the free end of the oscillator, zero elsewhere.
func tip(_ definition: DynamicModel.Definition, _ value: Double) -> [Double] {
  DynamicModel.field(on: definition.body.mesh) { [$0.x * value, 0, 0] }
}

/// Displacement and velocity of the oscillator's free end (dof 3 is x of node 1).
private func state(_ model: DynamicModel) -> (u: Double, v: Double) {
  (model.displacement[3], model.velocity[3])
}

let bothSchemes: [Scheme] = [.newmark(), .generalisedAlpha(spectralRadius: 0.6)]

@Suite("Linear dynamics against closed forms")
struct DynamicsTests {
  @Test("Newmark with β = ¼, γ = ½ keeps the energy of a linear body over 10 000 steps")
  func energyIsKept() throws {
    var body = FEMModel.Definition(
      mesh: hexBox(2, 1, 1, size: [2, 1, 1]), law: try LinearElastic(young: 3, poisson: 0.3))
    body.prescriptions = [.fixed("xmin")]
    let definition = DynamicModel.Definition(body: body, density: 1)
    var random = Wobble(seed: 3)
    let v0 = DynamicModel.field(on: body.mesh) { p in
      p.x == 0 ? .zero : [random.next(), random.next(), random.next()]
    }
    var model = try DynamicModel(definition, velocity: v0)
    let start = model.energy.total
    var largest = 0.0
    for _ in 0..<10_000 {
      let record = model.step(0.2)
      guard record.converged else {
        Issue.record("not converged: \(record)")
        return
      }
      largest = max(largest, abs(model.energy.total / start - 1))
    }
    #expect(largest < 1e-10)
    #expect(abs(model.energy.defect) < 1e-10 * start)
    #expect(model.factorisations == 1)
  }

  @Test(
    "the period of the trapezoidal rule is too long by (ω Δt)²/12", arguments: [0.2, 0.1, 0.05])
  func period(dt: Double) throws {
    let definition = try oscillator()
    var model = try DynamicModel(definition, displacement: tip(definition, 1))
    var (phase, last, steps) = (0.0, 0.0, 0)
    while phase < 40 * .pi {
      #expect(model.step(dt).converged)
      steps += 1
      let angle = atan2(-state(model).v, state(model).u)
      var turn = angle - last
      if turn < -.pi { turn += 2 * .pi }
      phase += turn
      last = angle
    }
    let error = Double(steps) * dt / phase - 1
    #expect(abs(error / (dt * dt / 12) - 1) < 0.01)
  }

  @Test(
    "displacement and velocity converge with order 2",
    arguments: [
      Scheme.newmark(), .generalisedAlpha(spectralRadius: 0),
      .generalisedAlpha(spectralRadius: 0.5), .generalisedAlpha(spectralRadius: 0.8),
      .generalisedAlpha(spectralRadius: 1),
    ])
  func order(scheme: Scheme) throws {
    // Damped, under the force sin 2t shared by the four nodes: u'' + 2ζ u' + u = ½ sin 2t.
    let ratio = 0.05
    let definition = try oscillator(
      scheme: scheme, damping: RayleighDamping(mass: ratio, stiffness: ratio)
    ) { $0.tractions = [Traction(set: "xmax") { _, _, t in [sin(2 * t), 0, 0] }] }
    func end(_ dt: Double) throws -> (u: Double, v: Double) {
      var model = try DynamicModel(
        definition, displacement: tip(definition, 1), velocity: tip(definition, 0.3))
      #expect(model.run(to: 4, dt: dt).converged)
      return state(model)
    }
    let exact = DampedOscillator(ratio: ratio, u0: 1, v0: 0.3, force: 0.5, frequency: 2).state(4)
    let errors = try [0.05, 0.025, 0.0125].map { dt in
      let (u, v) = try end(dt)
      return hypot(u - exact.u, v - exact.v)
    }
    for k in 0..<2 {
      let order = log2(errors[k] / errors[k + 1])
      #expect(abs(order - 2) < 0.1)
    }
  }

  @Test(
    "generalised-α damps infinite frequencies by the spectral radius asked for",
    arguments: [0.0, 0.3, 0.5, 0.9, 1])
  func spectralRadius(rho: Double) throws {
    let definition = try oscillator(scheme: .generalisedAlpha(spectralRadius: rho))
    var model = try DynamicModel(definition, displacement: tip(definition, 1))
    // At ω Δt → ∞ all three roots are −ρ: (E + ρ)³ u = 0.
    var u = [1.0]
    for _ in 0..<12 {
      let record = model.step(1e5)
      guard record.converged else {
        Issue.record("not converged: \(record)")
        return
      }
      u.append(state(model).u)
    }
    for n in 0..<u.count - 3 {
      let rest = u[n + 3] + 3 * rho * u[n + 2] + 3 * rho * rho * u[n + 1] + rho * rho * rho * u[n]
      let size = abs(u[n + 3]) + 3 * abs(u[n + 2]) + 3 * abs(u[n + 1]) + abs(u[n])
      #expect(abs(rest) <= 1e-8 * size + 1e-11)
    }
  }

  @Test("the first mode of a slender cantilever has Euler and Bernoulli's frequency")
  func cantilever() throws {
    let (length, height, E, rho) = (1.0, 0.04, 1e9, 1000.0)
    var body = FEMModel.Definition(
      mesh: try StructuredMesh.rectangle(
        size: [length, height], divisions: (20, 1), shape: .quad8),
      formulation: .planeStress, law: try LinearElastic(young: E, poisson: 0))
    body.prescriptions = [.fixed("xmin")]
    // Released from the shape under its own weight: nearly the first mode alone.
    body.bodyForce = { _, t in [0, t > 0 ? -1 : 0, 0] }
    var bent = try FEMModel(body)
    #expect(bent.step(to: 1).converged)
    body.bodyForce = nil
    let omega =
      1.875104069 * 1.875104069 * (E * height * height / (12 * rho)).squareRoot()
      / (length * length)
    var model = try DynamicModel(
      DynamicModel.Definition(body: body, density: rho), displacement: bent.displacement)
    // Zero crossings of the tip over ten periods.
    let dt = 2 * .pi / omega / 100
    let dof = 2 * body.mesh.nearestNode(to: [length, height, 0])! + 1
    var (crossings, before): ([Double], Double) = ([], model.displacement[dof])
    for _ in 0..<1050 {
      #expect(model.step(dt).converged)
      let now = model.displacement[dof]
      if before < 0 && now >= 0 { crossings.append(model.time - dt * now / (now - before)) }
      before = now
    }
    let period = (crossings.last! - crossings.first!) / Double(crossings.count - 1)
    let error = 2 * .pi / omega / period - 1
    // Shear and rotatory inertia lower it by 0.1 %, the rule's period error by 0.03 %.
    #expect(error < 0 && error > -0.003)
  }

  @Test("stiffness and mass damping give a mode the ratio ½(α/ω + βω)")
  func dampingRatio() throws {
    let damping = RayleighDamping(ratio: 0.03, at: 0.5, and: 1)
    let definition = try oscillator(damping: damping)
    var model = try DynamicModel(definition, displacement: tip(definition, 1))
    let dt = 0.01
    #expect(model.run(to: 30, dt: dt).converged)
    // The envelope of energy, exp(−2 ζ ω t), at its mean over a period.
    func mean(_ model: inout DynamicModel) -> Double {
      let damped = (1 - 0.03 * 0.03).squareRoot()
      let steps = Int((2 * .pi / damped / dt).rounded())
      var sum = 0.0
      for _ in 0..<steps {
        #expect(model.step(dt).converged)
        sum += model.energy.total
      }
      return sum
    }
    let t0 = model.time
    let first = mean(&model)
    let t1 = model.time
    let second = mean(&model)
    let ratio = log(first / second) / (2 * (t1 - t0))
    #expect(abs(ratio - 0.03) < 2e-5)
    #expect(abs(model.energy.defect) < 1e-12)
    #expect(model.dampedEnergy > 0.9 * model.energy.initial)
  }

  @Test("a falling body falls by ½ g t², exactly", arguments: bothSchemes)
  func freeFall(scheme: Scheme) throws {
    for strain in StrainKind.allCases {
      var body = FEMModel.Definition(
        mesh: hexBox(2, 2, 2, size: [1, 1, 1]),
        law: strain == .small
          ? try LinearElastic(young: 100, poisson: 0.3) : try NeoHooke(mu: 40, lambda: 60))
      body.bodyForce = { _, _ in [0, 0, -9.81 * 2] }
      var definition = DynamicModel.Definition(body: body, density: 2)
      definition.scheme = scheme
      var model = try DynamicModel(definition)
      #expect(model.run(to: 1, dt: 0.01).converged)
      let error = model.displacement.indices.map {
        abs(model.displacement[$0] - ($0 % 3 == 2 ? -0.5 * 9.81 : 0))
      }.max()!
      #expect(error < 1e-11)
      #expect(abs(model.momentum.z + 2 * 9.81) < 1e-11)
      #expect(abs(model.energy.defect) < 1e-10)
    }
  }

  @Test("a shaken ground is a moving support seen from the support", arguments: bothSchemes)
  func groundMotion(scheme: Scheme) throws {
    var body = FEMModel.Definition(
      mesh: hexBox(3, 1, 1, size: [3, 1, 1]), law: try LinearElastic(young: 5, poisson: 0.2))
    var random = Wobble(seed: 8)
    let dt = 0.05
    let record = [0.0] + (0..<200).map { _ in random.next() }
    body.prescriptions = [.fixed("xmin")]
    var relative = DynamicModel.Definition(body: body, density: 1)
    relative.scheme = scheme
    relative.baseAcceleration = BaseAcceleration(
      times: record.indices.map { Double($0) * dt }, values: record, direction: [0, 0, 2])
    body.prescriptions = []
    body.guided = [Guide(set: "xmin")]
    var absolute = DynamicModel.Definition(body: body, density: 1)
    absolute.scheme = scheme
    var (a, b) = (try DynamicModel(relative), try DynamicModel(absolute))
    // The ground by the scheme's own formulas.
    var (u, v) = (0.0, 0.0)
    let (beta, gamma) = (scheme.beta, scheme.gamma)
    var largest = 0.0
    for k in 1..<record.count {
      u += dt * v + dt * dt * ((0.5 - beta) * record[k - 1] + beta * record[k])
      v += dt * ((1 - gamma) * record[k - 1] + gamma * record[k])
      b.guide(b.guidedDofs.map { $0 % 3 == 2 ? u : 0 })
      #expect(a.step(dt).converged)
      #expect(b.step(dt).converged)
      for i in a.displacement.indices {
        let seen = b.displacement[i] - (i % 3 == 2 ? u : 0)
        largest = max(largest, abs(a.displacement[i] - seen))
      }
    }
    // With generalised-α inertia is weighted by α_m, the record read at α_f: alike to order 2 only.
    #expect(largest < (scheme == .newmark() ? 1e-10 : 0.02))
    if scheme == .newmark() {
      let (p, q) = (try a.reaction(on: "xmin"), try b.reaction(on: "xmin"))
      #expect(abs(p.z - q.z) < 1e-8)
    }
  }

  @Test(
    "a support that sets off with an acceleration keeps it, step by step", arguments: bothSchemes)
  func acceleratedSupport(scheme: Scheme) throws {
    var body = FEMModel.Definition(
      mesh: hexBox(2, 1, 1, size: [2, 1, 1]), law: try LinearElastic(young: 5, poisson: 0.2))
    body.prescriptions = [
      Prescription(set: "xmin", components: [0, 1, 2]) { _, t in [0.5 * 3 * t * t, 0, 0] }
    ]
    var definition = DynamicModel.Definition(body: body, density: 1)
    definition.scheme = scheme
    var model = try DynamicModel(
      definition, acceleration: DynamicModel.field(on: body.mesh) { _ in [3, 0, 0] })
    var work = 0.0
    for _ in 0..<100 {
      let before = try model.reaction(on: "xmin").x
      let (start, end) = (model.time, model.time + 0.05)
      #expect(model.step(0.05).converged)
      work +=
        0.5 * (before + (try model.reaction(on: "xmin").x)) * 1.5 * (end * end - start * start)
      for n in body.mesh.nodeSets["xmin"]! {
        #expect(abs(model.acceleration[3 * n] - 3) < 1e-9)
        #expect(abs(model.velocity[3 * n] - 3 * end) < 1e-10)
      }
    }
    #expect(abs(model.energy.prescribed - work) < 1e-9 * work)
  }

  @Test(
    "every shape has its mass, and a positive lumped one",
    arguments: CellShape.allCases)
  func masses(shape: CellShape) throws {
    let mesh = try StructuredMesh.box(
      size: [2, 1, 3], divisions: (2, 2, 2), shape: shape
    ).perturbed(by: 0.1, seed: 2)
    let body = FEMModel.Definition(mesh: mesh, law: try LinearElastic(young: 1, poisson: 0.3))
    let volume = shape.dimension == 3 ? 6.0 : 2
    for kind in MassKind.allCases {
      var definition = DynamicModel.Definition(body: body, density: 5)
      definition.mass = kind
      let model = try DynamicModel(
        definition, velocity: DynamicModel.field(on: mesh) { _ in [1, 0, 0] })
      #expect(abs(model.totalMass - 5 * volume) < 1e-12)
      #expect(abs(model.momentum.x - 5 * volume) < 1e-12)
      #expect(abs(model.kineticEnergy - 2.5 * volume) < 1e-12)
      guard kind == .lumped else { continue }
      for n in mesh.points.indices {
        var e = [Double](repeating: 0, count: model.velocity.count)
        e[n * model.dimension] = 1
        #expect(try DynamicModel(definition, velocity: e).momentum.x > 0)
      }
    }
  }

  @Test("a ring of a cylinder has the mass of the cylinder")
  func ring() throws {
    let mesh = try StructuredMesh.rectangle(
      size: [1, 2], divisions: (2, 2), origin: [1, 0], shape: .quad8)
    let body = FEMModel.Definition(
      mesh: mesh, formulation: .axisymmetric, law: try LinearElastic(young: 1, poisson: 0.3))
    let model = try DynamicModel(DynamicModel.Definition(body: body, density: 2))
    #expect(abs(model.totalMass - 2 * .pi * 3 * 2) < 1e-12)
  }

  @Test("densities, schemes and records that cannot be are refused")
  func refusals() throws {
    let good = try oscillator()
    func refused(_ edit: (inout DynamicModel.Definition) -> Void) -> Bool {
      var definition = good
      edit(&definition)
      do { _ = try DynamicModel(definition) } catch { return true }
      return false
    }
    #expect(!refused { _ in })
    #expect(refused { $0.densities = [:] })
    #expect(refused { $0.densities = ["body": -1] })
    #expect(refused { $0.scheme = .newmark(beta: 0, gamma: 0.5) })
    #expect(refused { $0.scheme = .newmark(beta: 0.25, gamma: 0.4) })
    #expect(refused { $0.scheme = .generalisedAlpha(spectralRadius: 1.1) })
    #expect(refused { $0.damping.stiffness = -1 })
    #expect(
      refused {
        $0.baseAcceleration = BaseAcceleration(
          times: [0, 0], values: [1, 1], direction: [1, 0, 0])
      })
    #expect(throws: FEMError.self) { try DynamicModel(good, velocity: [1]) }
  }
}

/// u'' + 2ζ u' + u = f sin(Ω t) in closed form.
struct DampedOscillator {
  let ratio: Double, u0: Double, v0: Double, force: Double, frequency: Double

  func state(_ t: Double) -> (u: Double, v: Double) {
    let (z, w) = (ratio, frequency)
    let d = (1 - w * w) * (1 - w * w) + 4 * z * z * w * w
    let (s, c) = (force * (1 - w * w) / d, -force * 2 * z * w / d)
    let wd = (1 - z * z).squareRoot()
    let A = u0 - c
    let B = (v0 - s * w + z * A) / wd
    let e = exp(-z * t)
    let u = e * (A * cos(wd * t) + B * sin(wd * t)) + s * sin(w * t) + c * cos(w * t)
    let v =
      e * ((B * wd - z * A) * cos(wd * t) - (A * wd + z * B) * sin(wd * t))
      + w * (s * cos(w * t) - c * sin(w * t))
    return (u, v)
  }
}
