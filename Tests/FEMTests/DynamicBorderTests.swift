import FEM
import Foundation
import Geometry
import Mechanics
import Testing

@Suite("Borders of a moving body")
struct DynamicBorderTests {
  private func block(_ scheme: Scheme, damping: Double = 0.01) throws -> DynamicModel.Definition {
    var body = FEMModel.Definition(
      mesh: hexBox(3, 1, 1, size: [3, 1, 1]), law: try LinearElastic(young: 5, poisson: 0.2))
    body.prescriptions = [.fixed("xmin")]
    body.tractions = [Traction(set: "ymax") { _, _, t in [0, 0.1 * sin(t), 0] }]
    var definition = DynamicModel.Definition(body: body, density: 1)
    definition.scheme = scheme
    definition.damping = RayleighDamping(mass: damping, stiffness: damping)
    return definition
  }

  private func largest(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).map { abs($0 - $1) }.max()!
  }

  @Test("an oscillator on a border spring swings as a stiffer one does, step by step")
  func spring() throws {
    let definition = try oscillator { body in
      // Four springs of ¾ N/m beside E A/L = 2 N/m: K = 5, M = 2.
      let dofs = body.mesh.nodeSets["xmax"]!.map { 3 * $0 }
      body.elasticBorder = ElasticBorder(springsOn: dofs, stiffness: 0.75)
    }
    var model = try DynamicModel(definition, displacement: tip(definition, 1))
    let dt = 0.1
    // The trapezoidal rule's own closed form: tan(ω̄ Δt/2) = ω Δt/2.
    let angle = 2 * atan(0.5 * 2.5.squareRoot() * dt)
    var error = 0.0
    for n in 1...500 {
      #expect(model.step(dt).converged)
      error = max(error, abs(model.displacement[3] - cos(Double(n) * angle)))
      let reaction = model.borderReaction[3] + 0.75 * model.displacement[3]
      #expect(abs(reaction) < 1e-12)
    }
    #expect(error < 1e-11)
    #expect(abs(model.energy.defect) < 1e-12)
  }

  @Test(
    "what guides a border along a motion is the force that drives it so", arguments: bothSchemes)
  func guidedAndPushed(scheme: Scheme) throws {
    var definition = try block(scheme)
    var pushed = try DynamicModel(definition)
    definition.body.guided = [Guide(set: "xmax")]
    var guided = try DynamicModel(definition)
    let border = guided.guidedDofs
    let dt = 0.1
    var (error, scale, moved) = (0.0, 0.0, 0.0)
    for step in 1...100 {
      var g = pushed.borderForce
      let size = 0.2 * Double(min(step, 9))
      for dof in border { g[dof] = size * sin(0.3 * Double(step) + Double(dof)) }
      pushed.borderForce = g
      #expect(pushed.step(dt).converged)
      guided.guide(border.map { pushed.displacement[$0] })
      #expect(guided.step(dt).converged)
      for dof in border {
        error = max(error, abs(guided.borderReaction[dof] - g[dof]))
        scale = max(scale, abs(g[dof]))
      }
      moved = max(moved, largest(guided.displacement, pushed.displacement))
    }
    #expect(error < 1e-9 * scale)
    #expect(moved < 1e-11)
    #expect(guided.factorisations == 1)
  }

  @Test("the energy of loads, guides, border forces, springs and damping adds up")
  func account() throws {
    var definition = try block(.newmark())
    definition.body.guided = [Guide(set: "zmax", components: [2])]
    definition.body.prescriptions = [
      Prescription(set: "xmin", components: [0, 1]) { _, t in [0.1 * t * t * t, 0, 0] }
    ]
    let spring = definition.body.mesh.nodeSets["xmax"]!.map { 3 * $0 + 1 }
    definition.body.elasticBorder = ElasticBorder(springsOn: spring, stiffness: 0.5)
    definition.baseAcceleration = BaseAcceleration(
      times: [0, 1, 2], values: [0, 1, 0], direction: [0, 1, 0])
    var model = try DynamicModel(definition)
    for step in 1...60 {
      let t = 0.05 * Double(step)
      model.guide(model.guidedDofs.map { 0.05 * t * t * t * (1 + sin(Double($0))) })
      var g = model.borderForce
      for dof in spring { g[dof] = 0.1 * t }
      model.borderForce = g
      #expect(model.step(0.05).converged)
    }
    let e = model.energy
    let parts = [
      e.kinetic, e.strain, e.elasticBorder, e.external, e.border, e.guided, e.prescribed, e.damped,
    ]
    #expect(parts.allSatisfy { abs($0) > 1e-4 })
    #expect(abs(e.defect) < 1e-11 * parts.map { abs($0) }.max()!)
  }

  @Test(
    "restored, also from JSON, a moving body goes on with the same bits", arguments: bothSchemes)
  func checkpoints(scheme: Scheme) throws {
    for finite in [false, true] {
      var definition = try block(scheme)
      definition.body.guided = [Guide(set: "xmax", components: [2])]
      definition.body.elasticBorder = ElasticBorder([.init(3 * 3, 3 * 14 + 1, 0.2)])
      if finite {
        definition.body.laws = ["body": try NeoHooke(mu: 2, lambda: 4)]
        definition.body.strain = .finite
      }
      var model = try DynamicModel(definition)
      func drive(_ model: inout DynamicModel, _ k: Int) {
        model.guide(model.guidedDofs.map { _ in 0.001 * Double(k * k) })
        var g = model.borderForce
        g[3 * 15] = 0.01 * Double(k)
        model.borderForce = g
        #expect(model.step(k % 4 == 0 ? 0.1 : 0.2).converged)
      }
      for k in 1...4 { drive(&model, k) }
      let saved = model.checkpoint()
      for k in 5...8 { drive(&model, k) }
      let end = model.checkpoint()
      try model.restore(saved)
      #expect(model.checkpoint() == saved)
      for k in 5...8 { drive(&model, k) }
      #expect(model.checkpoint() == end)
      let data = try JSONEncoder().encode(saved)
      var fresh = try DynamicModel(definition)
      try fresh.restore(JSONDecoder().decode(DynamicModel.Checkpoint.self, from: data))
      for k in 5...8 { drive(&fresh, k) }
      #expect(fresh.checkpoint() == end)
    }
  }

  @Test("a step that cannot be done leaves the body as it was")
  func refused() throws {
    var definition = try block(.newmark())
    definition.body.laws = ["body": try NeoHooke(mu: 2, lambda: 4)]
    definition.body.strain = .finite
    definition.body.guided = [Guide(set: "xmax", components: [0])]
    var model = try DynamicModel(definition)
    for k in 1...3 {
      model.guide(model.guidedDofs.map { _ in 0.01 * Double(k) })
      #expect(model.step(0.1).converged)
    }
    let before = model.checkpoint()
    for dt in [Double.nan, .infinity, -1, 0] { #expect(!model.step(dt).converged) }
    #expect(model.checkpoint() == before)
    // A border pushed through the support, and one that is nowhere.
    for value in [-7, Double.nan] {
      model.guide(model.guidedDofs.map { _ in value })
      let record = model.step(0.1)
      #expect(!record.converged)
      model.guide(before.body.guideValues)
      #expect(model.checkpoint() == before)
    }
    var g = model.borderForce
    g[3 * 5] = .nan
    model.borderForce = g
    let record = model.step(0.1)
    #expect(record.reason == .notFinite)
    model.borderForce = before.body.borderForce
    #expect(model.checkpoint() == before)
    #expect(model.step(0.1).converged)
  }

  @Test("a jump of the border force is balanced at once where that is asked for")
  func jump() throws {
    let definition = try oscillator()
    var model = try DynamicModel(definition)
    var g = model.borderForce
    for n in definition.body.mesh.nodeSets["xmax"]! { g[3 * n] = 0.5 }
    model.borderForce = g
    try model.balanceAcceleration()
    #expect(abs(model.acceleration[3] - 1) < 1e-14)
    let (dt, angle) = (0.1, 2 * atan(0.05))
    for n in 1...100 {
      #expect(model.step(dt).converged)
      #expect(abs(model.displacement[3] - (1 - cos(Double(n) * angle))) < 1e-12)
    }
    #expect(abs(model.energy.defect) < 1e-13)
  }
}
