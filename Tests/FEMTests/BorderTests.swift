import FEM
import Foundation
import Geometry
import Mechanics
import Testing

@Suite("Borders: guided dofs, forces and elastic borders handed over by the caller")
struct BorderTests {
  private func bar(_ n: Int = 3) throws -> FEMModel.Definition {
    FEMModel.Definition(
      mesh: hexBox(n, 2, 2, size: [1, 1, 1]), law: try LinearElastic(young: 10, poisson: 0.3))
  }

  private func dofs(_ definition: FEMModel.Definition, _ set: String, _ component: Int) -> [Int] {
    definition.mesh.nodeSets[set]!.map { 3 * $0 + component }
  }

  private func largest(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).map { abs($0 - $1) }.max()!
  }

  @Test("guided dofs move like prescribed ones, with the same bits")
  func guided() throws {
    var definition = try bar()
    definition.prescriptions = [
      .fixed("xmin"), Prescription(set: "xmax", component: 0, to: 0.1),
      Prescription(set: "xmax", component: 1, to: -0.05),
    ]
    var prescribed = try FEMModel(definition)
    definition.prescriptions = [.fixed("xmin")]
    definition.guided = [Guide(set: "xmax", components: [0, 1])]
    var model = try FEMModel(definition)
    #expect(
      model.guidedDofs
        == definition.mesh.nodeSets["xmax"]!.flatMap { [3 * $0, 3 * $0 + 1] }.sorted())
    for factor in [0.5, 1.0, 0.25] {
      #expect(prescribed.step(to: factor).converged)
      model.guide(model.guidedDofs.map { factor * ($0 % 3 == 0 ? 0.1 : -0.05) })
      // The load factor has nothing to say here.
      #expect(model.step(to: 1).converged)
      #expect(model.displacement == prescribed.displacement)
      #expect(model.reactions == prescribed.reactions)
      #expect(model.borderReaction == prescribed.reactions)
    }
    #expect(model.timings.factorisations == 1)
  }

  @Test("the forces that hold a guided border move the free one alike, step after step")
  func dirichletAndNeumann() throws {
    var definition = try bar()
    definition.prescriptions = [.fixed("xmin")]
    var pushed = try FEMModel(definition)
    definition.guided = [Guide(set: "xmax")]
    var guided = try FEMModel(definition)
    let border = guided.guidedDofs
    for step in 1...4 {
      guided.guide(border.map { 0.01 * Double(step) * sin(Double($0)) })
      #expect(guided.step(to: 1).converged)
      var force = [Double](repeating: 0, count: guided.displacement.count)
      for dof in border { force[dof] = guided.borderReaction[dof] }
      pushed.borderForce = force
      #expect(pushed.step(to: 1).converged)
      #expect(largest(pushed.displacement, guided.displacement) < 1e-13)
      // What the border does to the body is what the caller put there.
      #expect(largest(pushed.borderReaction, guided.borderReaction) < 1e-13)
    }
    // An affine problem is factorised once.
    #expect(pushed.timings.factorisations == 1)
    #expect(guided.timings.factorisations == 1)
    // Unloaded, it returns to nothing and says that it converged.
    pushed.borderForce = force(zero: pushed)
    #expect(pushed.step(to: 1).converged)
    #expect(pushed.displacement.allSatisfy { abs($0) < 1e-15 })
  }

  private func force(zero model: FEMModel) -> [Double] { model.displacement.map { _ in 0 } }

  @Test("a bar on springs moves as springs in series do")
  func springs() throws {
    // E A / L = 10 N/m with no cross contraction, springs of 8 N/m in all at its free end.
    var definition = FEMModel.Definition(
      mesh: hexBox(3, 2, 2, size: [1, 1, 1]), law: try LinearElastic(young: 10, poisson: 0))
    definition.prescriptions = [.fixed("xmin")]
    definition.tractions = [Traction(set: "xmax", vector: [1, 0, 0])]
    // Springs shared as the nodes of a face share a uniform traction.
    let nodes = definition.mesh.nodeSets["xmax"]!
    definition.elasticBorder = ElasticBorder(
      nodes.map { n in
        let p = definition.mesh.points[n]
        let share = (p.y == 0.5 ? 2.0 : 1) * (p.z == 0.5 ? 2.0 : 1) / 16
        return ElasticBorder.Entry(3 * n, 3 * n, 8 * share)
      })
    var model = try FEMModel(definition)
    #expect(model.step(to: 1).converged)
    let tip = try model.displacement(at: [1, 0.3, 0.7]).x
    #expect(abs(tip - 1 / 18.0) < 1e-14)
    // Border reaction: −R u on the free border, here −8/18 of the load.
    let sum = nodes.reduce(0) { $0 + model.borderReaction[3 * $1] }
    #expect(abs(sum + 8 / 18.0) < 1e-13)
    #expect(abs(model.elasticBorderEnergy - 0.5 * 8 * tip * tip) < 1e-14)
    // Energy: what the load gave is in the bar and in the springs.
    #expect(abs(0.5 * tip - model.strainEnergy - model.elasticBorderEnergy) < 1e-14)
  }

  @Test("a border that couples dofs of no common cell stands for the half that was cut away")
  func condensed() throws {
    // The whole bar of 2 × 1 × 1, and its left half with the right one condensed to the cut.
    let law = try LinearElastic(young: 10, poisson: 0.3)
    var whole = FEMModel.Definition(mesh: hexBox(4, 2, 2, size: [2, 1, 1]), law: law)
    whole.prescriptions = [.fixed("xmin"), .fixed("xmax")]
    whole.bodyForce = { X, s in X.x <= 1 ? [s, 0.5 * s, -s] : .zero }
    var full = try FEMModel(whole)
    #expect(full.step(to: 1).converged)

    var right = FEMModel.Definition(
      mesh: try StructuredMesh.box(size: [1, 1, 1], divisions: (2, 2, 2), origin: [1, 0, 0]),
      law: law)
    right.prescriptions = [.fixed("xmax")]
    right.guided = [Guide(set: "xmin")]
    var neighbour = try FEMModel(right)
    let cut = neighbour.guidedDofs
    var R: [Double] = []
    for k in cut.indices {
      neighbour.guide(cut.indices.map { $0 == k ? 1 : 0 })
      #expect(neighbour.step(to: 0).converged)
      let reaction = neighbour.borderReaction
      R += cut.map { reaction[$0] }
    }
    #expect(neighbour.timings.factorisations == 1)

    var left = FEMModel.Definition(mesh: hexBox(2, 2, 2, size: [1, 1, 1]), law: law)
    left.prescriptions = [.fixed("xmin")]
    left.bodyForce = whole.bodyForce
    let border = (0..<3).flatMap { dofs(left, "xmax", $0) }.sorted()
    left.elasticBorder = ElasticBorder(dofs: border, matrix: R)
    var half = try FEMModel(left)
    #expect(half.step(to: 1).converged)
    for x in [0.5, 1.0] {
      let (a, b) = (
        try full.displacement(at: [x, 0.3, 0.8]), try half.displacement(at: [x, 0.3, 0.8])
      )
      for i in 0..<3 { #expect(abs(a[i] - b[i]) < 1e-13) }
    }
  }

  @Test("a free body on an elastic border is accepted, on too few springs it is refused")
  func heldByBorder() throws {
    var definition = FEMModel.Definition(
      mesh: hexBox(2, 2, 2, size: [1, 1, 1]), law: try NeoHooke(mu: 1, lambda: 10))
    let all = (0..<3).flatMap { dofs(definition, "zmin", $0) }
    definition.elasticBorder = ElasticBorder(springsOn: all, stiffness: 1e-3)
    definition.tractions = [Traction(set: "zmax", vector: [0.002, 0, 0])]
    var model = try FEMModel(definition)
    let record = model.step(to: 1)
    #expect(record.converged)
    // Nine springs carry it.
    let carried = dofs(definition, "zmin", 0).reduce(0) { $0 + model.borderReaction[$1] }
    #expect(abs(carried + 0.002) < 1e-10)
    definition.elasticBorder = ElasticBorder(
      springsOn: dofs(definition, "zmin", 0), stiffness: 1e-3)
    #expect(throws: FEMError.self) { try FEMModel(definition) }
  }

  @Test("the pattern grows by the border alone: a border of zeros changes nothing but that")
  func zeroBorder() throws {
    var definition = try bar()
    definition.prescriptions = [.fixed("xmin"), Prescription(set: "xmax", component: 1, to: 0.1)]
    var plain = try FEMModel(definition)
    definition.elasticBorder = ElasticBorder([.init(3 * 20, 3 * 2 + 1, 0)])
    var bordered = try FEMModel(definition)
    #expect(plain.step(to: 1).converged)
    #expect(bordered.step(to: 1).converged)
    #expect(largest(plain.displacement, bordered.displacement) < 1e-15)
  }

  @Test("what is given twice, unknown or not finite is refused in one line")
  func refusals() throws {
    var definition = try bar()
    definition.prescriptions = [.fixed("xmin")]
    definition.guided = [Guide(set: "ymin", components: [1])]
    #expect(throws: FEMError.self) { try FEMModel(definition) }
    definition.guided = [Guide(set: "xmax"), Guide(set: "xmax", components: [2])]
    #expect(throws: FEMError.self) { try FEMModel(definition) }
    definition.guided = [Guide(set: "lid")]
    #expect(throws: FEMError.self) { try FEMModel(definition) }
    definition.guided = []
    definition.elasticBorder = ElasticBorder([.init(0, 1_000_000, 1)])
    #expect(throws: FEMError.self) { try FEMModel(definition) }
    definition.elasticBorder = ElasticBorder([.init(0, 0, .nan)])
    #expect(throws: FEMError.self) { try FEMModel(definition) }
  }

  @Test("a step with border data that are not finite leaves the model as it was")
  func notFinite() throws {
    var definition = try bar()
    definition.prescriptions = [.fixed("xmin")]
    definition.guided = [Guide(set: "xmax", components: [0])]
    var model = try FEMModel(definition)
    model.guide(model.guidedDofs.map { _ in 0.1 })
    #expect(model.step(to: 1).converged)
    let before = model.checkpoint()
    model.guide(model.guidedDofs.map { _ in .nan })
    let record = model.step(to: 1)
    #expect(record.reason == .notFinite)
    model.guide(before.guideValues)
    #expect(model.checkpoint() == before)
    // And a step that the physics refuses: the border pushed through the support.
    var finite = definition
    finite.laws = ["body": try NeoHooke(mu: 1, lambda: 10)]
    finite.strain = .finite
    var rubber = try FEMModel(finite)
    rubber.guide(rubber.guidedDofs.map { _ in -0.2 })
    #expect(rubber.step(to: 1).converged)
    let state = rubber.checkpoint()
    rubber.guide(rubber.guidedDofs.map { _ in -3 })
    #expect(!rubber.step(to: 1).converged)
    rubber.guide(state.guideValues)
    #expect(rubber.checkpoint() == state)
  }

  @Test("restored from a checkpoint, also from its JSON, a model goes on with the same bits")
  func checkpoints() throws {
    var definition = try bar()
    definition.laws = ["body": try NeoHooke(mu: 1, lambda: 10)]
    definition.strain = .finite
    definition.prescriptions = [.fixed("xmin")]
    definition.guided = [Guide(set: "xmax", components: [1, 2])]
    definition.elasticBorder = ElasticBorder(springsOn: dofs(definition, "ymax", 0), stiffness: 0.1)
    for linear in [false, true] {
      if linear {
        definition.laws = ["body": try LinearElastic(young: 10, poisson: 0.3)]
        definition.strain = .small
      }
      var model = try FEMModel(definition)
      func drive(_ model: inout FEMModel, _ k: Int) {
        model.guide(model.guidedDofs.map { 0.02 * Double(k) * cos(Double($0)) })
        var g = model.displacement.map { _ in 0.0 }
        for dof in dofs(definition, "xmax", 0) { g[dof] = 0.03 * Double(k) }
        model.borderForce = g
        #expect(model.step(to: 1).converged)
      }
      for k in 1...3 { drive(&model, k) }
      let saved = model.checkpoint()
      for k in 4...6 { drive(&model, k) }
      let end = model.checkpoint()
      try model.restore(saved)
      #expect(model.checkpoint() == saved)
      for k in 4...6 { drive(&model, k) }
      #expect(model.checkpoint() == end)
      // Elsewhere.
      let data = try JSONEncoder().encode(saved)
      var fresh = try FEMModel(definition)
      try fresh.restore(JSONDecoder().decode(FEMModel.Checkpoint.self, from: data))
      for k in 4...6 { drive(&fresh, k) }
      #expect(fresh.checkpoint() == end)
      var coarse = try bar(2)
      coarse.prescriptions = [.fixed("xmin")]
      var other = try FEMModel(coarse)
      #expect(throws: FEMError.self) { try other.restore(saved) }
    }
  }

  @Test("copies of a linear model do not lend each other factors of another law")
  func copies() throws {
    var definition = try bar()
    definition.prescriptions = [.fixed("xmin")]
    definition.tractions = [Traction(set: "xmax", vector: [0.1, 0, 0])]
    var a = try FEMModel(definition)
    #expect(a.step(to: 1).converged)
    var b = a
    try b.setLaw(LinearElastic(young: 20, poisson: 0.3))
    #expect(b.step(to: 1).converged)
    #expect(a.step(to: 2).converged)
    let (x, y) = (try a.displacement(at: [1, 1, 1]).x, try b.displacement(at: [1, 1, 1]).x)
    #expect(abs(x - 4 * y) < 1e-14)
  }
}
