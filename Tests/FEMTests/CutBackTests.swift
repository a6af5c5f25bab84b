import FEM
import FixedPoint
import Geometry
import Mechanics
import Testing

/// Small-strain elasticity that softens once its largest strain ever seen passes a limit: the least law
/// with a history, to see that a refused step leaves the history alone.
struct SofteningMemory: ConstitutiveLaw {
  let elastic: LinearElastic
  let limit: Double
  var pair: WorkPair { .smallStrain }
  var stateCount: Int { 1 }

  func evaluate(_ batch: inout PointBatch) {
    elastic.evaluate(&batch)
    for g in 0..<batch.groups {
      var seen = batch.stateIn[g]
      for i in 0..<3 {
        let e = batch.strain[6 * g + i]
        seen = pointwiseMax(seen, pointwiseMax(e, -e))
      }
      batch.stateOut[g] = seen
      let factor = Lanes(repeating: 1).replacing(with: 0.5, where: seen .> limit)
      batch.energy[g] *= factor
      for i in 0..<6 { batch.stress[6 * g + i] *= factor }
      for i in 0..<21 { batch.tangent[21 * g + i] *= factor }
    }
  }
}

@Test("history is kept after a converged step and untouched by a refused one")
func historyIsAValue() throws {
  let law = SofteningMemory(elastic: try LinearElastic(young: 1, poisson: 0), limit: 0.15)
  var definition = FEMModel.Definition(mesh: hexBox(1, 1, 1, size: [1, 1, 1]), law: law)
  definition.prescriptions = [
    .fixed("xmin", components: [0]), .fixed("ymin", components: [1]),
    .fixed("zmin", components: [2]), Prescription(set: "xmax", component: 0, to: 1),
  ]
  var model = try FEMModel(definition)
  #expect(model.step(to: 0.1).converged)
  #expect(try abs(model.reaction(on: "xmax").x - 0.1) < 1e-12)
  // Not a number cannot be equilibrated: the step is refused, nothing of it is remembered.
  let before = model.displacement
  #expect(!model.step(to: .nan).converged)
  #expect(model.displacement == before)
  #expect(model.loadFactor == 0.1)
  #expect(try abs(model.reaction(on: "xmax").x - 0.1) < 1e-12)
  #expect(model.step(to: 0.2).converged)
  #expect(try abs(model.reaction(on: "xmax").x - 0.1) < 1e-12)
  // Back at 0.1 the damage stays.
  #expect(model.step(to: 0.1).converged)
  #expect(try abs(model.reaction(on: "xmax").x - 0.05) < 1e-12)
}

@Test("an increment that turns a cell inside out is cut back until it is not")
func cutBack() throws {
  var definition = FEMModel.Definition(
    mesh: hexBox(3, 3, 3, size: [1, 1, 1]), law: try NeoHooke(mu: 1, lambda: 10))
  // A quarter turn of the top and 60 % compression, in one increment.
  definition.prescriptions = [
    .fixed("zmin"),
    Prescription(set: "zmax", components: [0, 1, 2]) { X, s in
      let (x, y) = (X.x - 0.5, X.y - 0.5)
      let (c, t) = (1 - s, s)
      return [c * x - t * y - x, t * x + c * y - y, -0.6 * s]
    },
  ]
  var model = try FEMModel(definition)
  let stepping = model.run(through: [1])
  let (reason, cutBacks) = (stepping.reason, stepping.cutBacks)
  #expect(reason == .converged)
  #expect(cutBacks > 0)
  #expect(model.loadFactor == 1)
  let reached = model.displacement
  #expect(reached.allSatisfy { $0.isFinite })

  // The same place in many small increments without any cut-back.
  var careful = try FEMModel(definition)
  #expect(careful.run(through: (1...40).map { Double($0) / 40 }).converged)
  let largest = zip(reached, careful.displacement).map { abs($0 - $1) }.max()!
  #expect(largest < 1e-6)
}

@Test("an impossible demand ends with a reason, not with a number")
func impossible() throws {
  var definition = FEMModel.Definition(
    mesh: hexBox(1, 1, 2, size: [1, 1, 1]), law: try NeoHooke(mu: 1, lambda: 10))
  // A confined column cannot be pushed through its own floor.
  definition.prescriptions = [
    .fixed("zmin"), .fixed("all", components: [0, 1]),
    Prescription(set: "zmax", component: 2, to: -1.5),
  ]
  definition.mesh.nodeSets["all"] = Array(definition.mesh.points.indices)
  var model = try FEMModel(definition)
  let stepping = model.run(through: [1])
  let reason = stepping.reason
  #expect(reason == .stepTooSmall)
  #expect(model.loadFactor > 0.5)
  #expect(model.loadFactor < 1 / 1.5)
  #expect(model.displacement.allSatisfy { $0.isFinite })
}
