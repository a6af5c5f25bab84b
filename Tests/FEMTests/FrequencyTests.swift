import FEM
import Geometry
import Glibc
import Mechanics
import Testing

@Suite("Natural frequencies")
struct FrequencyTests {
  private func model(
    _ mesh: Mesh, _ formulation: Formulation? = nil, young: Double = 1, poisson: Double = 0.3,
    density: Double = 1, mass: MassKind = .consistent, thickness: Double = 1,
    held: [Prescription] = []
  ) throws -> DynamicModel {
    var body = FEMModel.Definition(
      mesh: mesh, formulation: formulation, law: try LinearElastic(young: young, poisson: poisson))
    body.prescriptions = held
    body.thickness = thickness
    var definition = DynamicModel.Definition(body: body, density: density)
    definition.mass = mass
    return try DynamicModel(definition)
  }

  /// NAFEMS, Selected Benchmarks for Natural Frequency Analysis (1987), test FV32.
  @Test("the cantilevered tapered membrane of NAFEMS FV32", arguments: MassKind.allCases)
  func taperedMembrane(mass: MassKind) throws {
    let mesh = try StructuredMesh.quadrilateral(
      corners: [[0, -2.5], [10, -0.5], [10, 0.5], [0, 2.5]], divisions: (32, 16), shape: .quad8)
    let model = try model(
      mesh, .planeStress, young: 200e9, density: 8000, mass: mass, thickness: 0.05,
      held: [.fixed("xmin")])
    let spectrum = try model.frequencies(count: 6)
    let expected = [44.623, 130.03, 162.70, 246.05, 379.90, 391.44]
    #expect(spectrum.isComplete)
    for (f, reference) in zip(spectrum.frequencies, expected) {
      // Lumping a quadratic cell costs an order.
      #expect(abs(f / reference - 1) < (mass == .consistent ? 0.5e-3 : 3e-3))
    }
    #expect(spectrum.modes.allSatisfy { $0.residual < 1e-9 })
  }

  @Test("a slender cantilever has Euler and Bernoulli's bending frequencies")
  func beam() throws {
    let (length, height) = (1.0, 0.01)
    let mesh = try StructuredMesh.rectangle(
      size: [length, height], divisions: (160, 1), shape: .quad8)
    let model = try model(
      mesh, .planeStress, young: 1e9, poisson: 0, density: 1000, held: [.fixed("xmin")])
    let spectrum = try model.frequencies(count: 4)
    #expect(spectrum.isComplete)
    let roots = [1.8751040687, 4.6940911330, 7.8547574382, 10.9955407349]
    for (mode, root) in zip(spectrum.modes, roots) {
      let omega = root * root * (1e9 * height * height / 12 / 1000).squareRoot()
      let error = mode.angularFrequency / omega - 1
      // Shear and rotatory inertia take ½ β² (h²/12) (1 + E/κG) of it, nearly.
      let correction = root * root * height * height / 24 * (1 + 2.4)
      #expect(abs(error + correction) < 0.5 * correction + 2e-5)
    }
  }

  @Test("a free square has exactly three rigid motions, a free cube six, and then its pairs")
  func free() throws {
    let square = try model(
      StructuredMesh.rectangle(size: [1, 1], divisions: (8, 8), shape: .quad8), .planeStress)
    let plane = try square.frequencies(count: 8)
    #expect(plane.isComplete && plane.shift < 0)
    let elastic = plane.modes[3].eigenvalue
    #expect(plane.modes.prefix(3).allSatisfy { abs($0.eigenvalue) < 1e-9 * elastic })
    #expect(elastic > 1)
    let cube = try model(hexBox(4, 4, 4, size: [1, 1, 1]))
    let space = try cube.frequencies(count: 16)
    #expect(space.isComplete)
    let lowest = space.modes[6].eigenvalue
    #expect(space.modes.prefix(6).allSatisfy { abs($0.eigenvalue) < 1e-9 * lowest })
    #expect(space.modes[6].eigenvalue > 0.5)
    // Cubic symmetry: multiplicities one, two and three only, and some above one.
    var multiplicities: [Int] = []
    var last = -1.0
    for mode in space.modes.dropFirst(6) {
      if mode.eigenvalue < last * (1 + 1e-8) {
        multiplicities[multiplicities.count - 1] += 1
      } else {
        multiplicities.append(1)
      }
      last = mode.eigenvalue
    }
    #expect(multiplicities.allSatisfy { $0 <= 3 })
    #expect(multiplicities.contains { $0 > 1 })
  }

  @Test("the lowest modes of a clamped square membrane are a pair")
  func pair() throws {
    let model = try model(
      StructuredMesh.rectangle(size: [1, 1], divisions: (6, 6), shape: .quad8), .planeStress,
      held: ["xmin", "xmax", "ymin", "ymax"].map { .fixed($0) })
    let spectrum = try model.frequencies(count: 4)
    let values = spectrum.modes.map(\.eigenvalue)
    #expect(spectrum.isComplete)
    #expect(abs(values[1] / values[0] - 1) < 1e-11)
    #expect(values[2] > 1.01 * values[1])
    // The pair is two modes, not one found twice.
    let product = zip(spectrum.modes[0].shape, model.massTimes(spectrum.modes[1].shape))
      .reduce(0) { $0 + $1.0 * $1.1 }
    #expect(abs(product) < 1e-10)
    // Modes near a shift above them.
    let near = try model.frequencies(count: 2, shift: values[2] * 1.001)
    #expect(near.isComplete)
    #expect(near.modes.contains { abs($0.eigenvalue / values[2] - 1) < 1e-10 })
  }

  @Test("springs on the border raise the frequency of the body by their stiffness")
  func springs() throws {
    let definition = try oscillator { body in
      let dofs = body.mesh.nodeSets["xmax"]!.map { 3 * $0 }
      body.elasticBorder = ElasticBorder(springsOn: dofs, stiffness: 0.75)
    }
    let model = try DynamicModel(definition)
    // The uniform stretch is one of the four modes of the four nodes.
    let spectrum = try model.frequencies(count: model.unknownCount)
    #expect(spectrum.modes.contains { abs($0.eigenvalue - 2.5) < 1e-12 })
  }

  @Test("pulling a string of rubber taut raises its pitch: modes about a strained state")
  func taut() throws {
    let mesh = try StructuredMesh.rectangle(size: [10, 0.1], divisions: (20, 1), shape: .quad8)
    let body = FEMModel.Definition(mesh: mesh, law: try NeoHooke(mu: 1, lambda: 2))
    func pitch(_ stretch: Double) throws -> Double {
      var pulled = body
      pulled.prescriptions = [
        .fixed("xmin"), Prescription(set: "xmax", component: 0, to: 10 * (stretch - 1)),
        .fixed("xmax", components: [1]),
      ]
      var rest = try FEMModel(pulled)
      #expect(rest.run(through: [0.25, 0.5, 0.75, 1]).converged)
      pulled.prescriptions = [
        .fixed("xmin"), .fixed("xmax", components: [1]),
        Prescription(set: "xmax", components: [0]) { _, _ in SIMD3(10 * (stretch - 1), 0, 0) },
      ]
      let model = try DynamicModel(
        DynamicModel.Definition(body: pulled, density: 1), displacement: rest.displacement)
      let tension = try -rest.reaction(on: "xmin").x
      // A string: f = √(T/μ)/(2 L) with the mass per present length.
      let string = (tension * stretch / 0.1).squareRoot() / (2 * 10 * stretch)
      let f = try model.frequencies(count: 1).frequencies[0]
      return f / string
    }
    // The bending stiffness of the string adds a little.
    #expect(abs(try pitch(1.5) - 1) < 0.005)
  }
}
