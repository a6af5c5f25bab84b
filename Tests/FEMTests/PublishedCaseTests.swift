import FEM
import FixedPoint
import Geometry
import Glibc
import Mechanics
import Testing

@Test("a stretched and twisted neo-Hooke cube gives the forces two other codes agree on", arguments: [8, 16])
func stretchTwist(n: Int) throws {
  let mesh = hexBox(n, n, n, size: [1, 1, 1])
  var definition = FEMModel.Definition(mesh: mesh, law: try NeoHooke(mu: 1, lambda: 10))
  definition.prescriptions = [
    .fixed("zmin"),
    Prescription(set: "zmax", components: [0, 1, 2]) { X, s in
      let angle = 30 * s * .pi / 180
      let (x, y) = (X.x - 0.5, X.y - 0.5)
      return [cos(angle) * x - sin(angle) * y - x, sin(angle) * x + cos(angle) * y - y, 0.5 * s]
    },
  ]
  var model = try FEMModel(definition)
  let t0 = ContinuousClock.now
  let stepping = model.run(through: [0.2, 0.4, 0.6, 0.8, 1])
  print("cube", n, ContinuousClock.now - t0)
  #expect(stepping.converged)
  #expect(stepping.steps.map(\.record.iterations) == [4, 4, 4, 4, 4])
  for s in stepping.steps { print(s.record.residuals) }
  let F = try model.reaction(on: "zmax")
  let M = try model.moment(on: "zmax", about: [0.5, 0.5, 0])
  print(F, M, model.timings)
}

@Test("cantilever", arguments: [8, 16])
func cantilever(n: Int) throws {
  var t0 = ContinuousClock.now
  let mesh = hexBox(8 * n, n, n, size: [8, 1, 1])
  print("mesh", ContinuousClock.now - t0)
  t0 = ContinuousClock.now
  var definition = FEMModel.Definition(mesh: mesh, law: try LinearElastic(young: 210e9, poisson: 0.3))
  definition.prescriptions = [.fixed("xmin")]
  definition.tractions = [Traction(set: "xmax", vector: [0, 0, -1e6])]
  var model = try FEMModel(definition)
  print("setup", ContinuousClock.now - t0)
  t0 = ContinuousClock.now
  let record = model.step(to: 1)
  print("step", ContinuousClock.now - t0)
  print(record, model.timings)
  print(try model.displacement(at: [8, 0.5, 0.5]), try model.displacement(at: [8, 0, 0]))
}
