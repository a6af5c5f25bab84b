import FEM
import Geometry
import Mechanics
import Testing

@Suite("A model at one state: tangent, products, point operators")
struct LinearisationTests {
  private func model(_ volumetric: VolumetricTreatment, shape: CellShape) throws -> FEMModel {
    let mesh = try StructuredMesh.box(
      size: SIMD3(1, 1, 1), divisions: (2, 2, 1), shape: shape
    ).perturbed(by: 0.1, seed: 4)
    var definition = FEMModel.Definition(mesh: mesh, law: try NeoHooke(mu: 1, lambda: 10))
    definition.volumetric = volumetric
    definition.prescriptions = [
      .fixed("xmin"), Prescription(set: "xmax", component: 0, to: 0.2),
      Prescription(set: "xmax", component: 1, to: 0.1),
    ]
    var model = try FEMModel(definition)
    let stepping = model.run(through: [0.5, 1])
    #expect(stepping.converged)
    return model
  }

  private func wobble(_ model: FEMModel) -> [Double] {
    var random = Wobble(seed: 9)
    return model.displacement.map { _ in random.next() }
  }

  @Test("K v is the difference quotient of the internal forces, at prescribed dofs too")
  func products() throws {
    var model = try model(.standard, shape: .hex8)
    let v = wobble(model)
    let u = model.displacement
    let product = model.tangentProducts([v])[0]
    let free = model.freeDofs.map { Int($0) }
    // Only free dofs can be moved from outside.
    var w = [Double](repeating: 0, count: v.count)
    for dof in free { w[dof] = v[dof] }
    let h = 1e-6
    func forces(_ s: Double) -> [Double] {
      model.restart(from: zip(u, w).map { $0 + s * $1 }, at: 1)
      let known = model.evaluate()
      #expect(known)
      return model.reactions
    }
    let difference = zip(forces(h), forces(-h)).map { ($0 - $1) / (2 * h) }
    model.restart(from: u, at: 1)
    let restricted = model.tangentProducts([w])[0]
    let size = restricted.map { abs($0) }.max()!
    for dof in difference.indices {
      #expect(abs(difference[dof] - restricted[dof]) < 1e-7 * size)
    }
    // Symmetry: w·K v = v·K w.
    let a = zip(w, product).reduce(0) { $0 + $1.0 * $1.1 }
    let b = zip(v, restricted).reduce(0) { $0 + $1.0 * $1.1 }
    #expect(abs(a - b) < 1e-10 * abs(a))
  }

  @Test("factors of the tangent undo its product")
  func factors() throws {
    var model = try model(.meanDilatation, shape: .hex8)
    let linear = try model.linearise()
    var v = [Double](repeating: 0, count: model.displacement.count)
    let random = wobble(model)
    for dof in model.freeDofs { v[Int(dof)] = random[Int(dof)] }
    let product = model.tangentProducts([v])[0]
    var x = linear.freeDofs.map { product[Int($0)] }
    try linear.solve(&x)
    for (i, dof) in linear.freeDofs.enumerated() { #expect(abs(x[i] - v[Int(dof)]) < 1e-9) }
  }

  @Test(
    "stresses summed through the point operators are the internal forces",
    arguments: VolumetricTreatment.allCases)
  func operators(volumetric: VolumetricTreatment) throws {
    var model = try model(volumetric, shape: volumetric == .standard ? .hex20 : .hex8)
    let known = model.evaluate()
    #expect(known)
    var force = [Double](repeating: 0, count: model.displacement.count)
    var volume = 0.0
    model.visitPointOperators { point in
      volume += point.volume
      for (a, dof) in point.dofs.enumerated() {
        for i in 0..<6 { force[dof] += point.volume * point.B[6 * a + i] * point.stress[i] }
      }
    }
    let size = model.reactions.map { abs($0) }.max()!
    for (a, b) in zip(force, model.reactions) { #expect(abs(a - b) < 1e-12 * size) }
    #expect(abs(volume - 1) < 1e-12)
  }

  @Test("another law from another state leads to the same equilibrium as a fresh model")
  func replaced() throws {
    var model = try model(.standard, shape: .hex8)
    let other = try Gent(mu: 2, limit: 20, bulk: 30)
    try model.setLaw(other)
    model.restart(from: model.displacement, at: 1)
    #expect(model.step(to: 1).converged)
    var fresh = try self.model(.standard, shape: .hex8)
    try fresh.setLaw(other)
    fresh.restart(from: fresh.displacement.map { 0 * $0 }, at: 0)
    #expect(fresh.run(through: [0.5, 1]).converged)
    for (a, b) in zip(model.displacement, fresh.displacement) { #expect(abs(a - b) < 1e-8) }
    #expect(throws: FEMError.self) { try model.setLaw(other, in: "nowhere") }
    #expect(throws: FEMError.self) { try model.setLaw(LinearElastic(young: 1, poisson: 0.3)) }
  }
}
