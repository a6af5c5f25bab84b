import FEM
import Geometry
import Glibc
import Mechanics
import Testing

@Suite("Motion with large turns and strains")
struct FiniteMotionTests {
  private func spinner(_ scheme: Scheme) throws -> DynamicModel {
    let mesh = try StructuredMesh.rectangle(size: [2, 0.5], divisions: (8, 2), shape: .quad4)
    var body = FEMModel.Definition(mesh: mesh, law: try NeoHooke(mu: 50, lambda: 100))
    body.newton.tolerance = 1e-11
    var definition = DynamicModel.Definition(body: body, density: 1)
    definition.scheme = scheme
    // Thrown and spun about its centre at once, one turn in about 6 s.
    let v0 = DynamicModel.field(on: mesh) { p in [0.3 - (p.y - 0.25), 0.2 + (p.x - 1), 0] }
    return try DynamicModel(definition, velocity: v0)
  }

  @Test(
    "a body that is thrown and spun keeps its momentum; its energy stays bounded",
    arguments: bothSchemes)
  func spin(scheme: Scheme) throws {
    var model = try spinner(scheme)
    let (p0, e0) = (model.momentum, model.energy.total)
    let centre = { (t: Double) in SIMD3(1 + 0.3 * t, 0.25 + 0.2 * t, 0) }
    let L0 = model.angularMomentum(about: centre(0)).z
    var (drift, spread, gain) = (0.0, 0.0, 0.0)
    let record = model.run(to: 8, dt: 0.02) { model, _ in
      let p = model.momentum - p0
      drift = max(drift, (p * p).sum().squareRoot())
      spread = max(spread, abs(model.angularMomentum(about: centre(model.time)).z / L0 - 1))
      gain = max(gain, model.energy.total / e0 - 1)
    }
    #expect(record.converged)
    #expect(drift < 1e-10)
    #expect(spread < 2e-3)
    #expect(gain < 1e-3)
    #expect(model.energy.total > 0.95 * e0)
  }

  @Test("a body in free flight, with nothing to balance, flies on", arguments: bothSchemes)
  func flight(scheme: Scheme) throws {
    let body = FEMModel.Definition(
      mesh: hexBox(2, 2, 2, size: [1, 1, 1]), law: try NeoHooke(mu: 1e6, lambda: 1e7))
    var definition = DynamicModel.Definition(body: body, density: 1)
    definition.scheme = scheme
    let velocity = SIMD3(100.0, -30, 7)
    var model = try DynamicModel(
      definition, velocity: DynamicModel.field(on: body.mesh) { _ in velocity })
    for dt in [1e-2, 1e-4] {
      for _ in 0..<100 {
        let record = model.step(dt)
        #expect(record.converged)
      }
    }
    let t = model.time
    let error = model.displacement.indices.map {
      abs(model.displacement[$0] - t * velocity[$0 % 3])
    }.max()!
    // Two cells of stiffness 10⁷ Pa, 101 m from where they started.
    #expect(error < 1e-8)
    #expect(abs(model.momentum.x - 100) < 1e-7)
  }

  @Test("a finite motion converges with order 2", arguments: bothSchemes)
  func order(scheme: Scheme) throws {
    func end(_ dt: Double) throws -> [Double] {
      var model = try spinner(scheme)
      #expect(model.run(to: 0.2, dt: dt).converged)
      return model.displacement
    }
    let u = try [0.004, 0.002, 0.001].map { try end($0) }
    func distance(_ a: [Double], _ b: [Double]) -> Double {
      zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
    }
    let order = log2(distance(u[0], u[1]) / distance(u[1], u[2]))
    #expect(abs(order - 2) < 0.3)
  }

  @Test("small amplitudes of a finite model swing as the linear model does")
  func smallAmplitude() throws {
    func swing(_ law: any ConstitutiveLaw) throws -> [Double] {
      var body = FEMModel.Definition(mesh: hexBox(2, 1, 1, size: [2, 1, 1]), law: law)
      body.prescriptions = [.fixed("xmin")]
      let v0 = DynamicModel.field(on: body.mesh) { p in 1e-6 * p.x * SIMD3(1, 0.5, -0.2) }
      var model = try DynamicModel(
        DynamicModel.Definition(body: body, density: 1), velocity: v0)
      #expect(model.run(to: 5, dt: 0.05).converged)
      return model.displacement
    }
    let (mu, lambda) = (2.0, 3.0)
    let E = mu * (3 * lambda + 2 * mu) / (lambda + mu)
    let linear = try swing(LinearElastic(young: E, poisson: lambda / (2 * (lambda + mu))))
    let finite = try swing(NeoHooke(mu: mu, lambda: lambda))
    let size = linear.map { abs($0) }.max()!
    let error = zip(linear, finite).map { abs($0 - $1) }.max()! / size
    #expect(error < 1e-5)
  }

  @Test("a step too long for the cells is cut, and the run arrives")
  func cutBack() throws {
    var body = FEMModel.Definition(
      mesh: hexBox(2, 2, 2, size: [1, 1, 1]), law: try NeoHooke(mu: 1, lambda: 10))
    body.prescriptions = [
      .fixed("zmin"),
      Prescription(set: "zmax", components: [0, 1, 2]) { X, t in
        let s = min(t, 1)
        let (x, y) = (X.x - 0.5, X.y - 0.5)
        return [(1 - s) * x - s * y - x, s * x + (1 - s) * y - y, -0.6 * s]
      },
    ]
    var definition = DynamicModel.Definition(body: body, density: 1e-3)
    definition.scheme = .generalisedAlpha(spectralRadius: 0.5)
    var model = try DynamicModel(definition)
    let record = model.run(to: 1, dt: 1)
    #expect(record.converged)
    #expect(record.cutBacks > 0)
    #expect(abs(model.time - 1) < 1e-12)
  }
}
