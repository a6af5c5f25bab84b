import FEM
import FixedPoint
import Geometry
import Glibc
import Mechanics
import Testing

struct StretchTwist: Sendable {
  let n: Int, force: Double, moment: Double
  let side: SIMD3<Double>
}

/// Values on which two codes agree to 14 digits: one with a tangent by hand, one with automatic
/// derivatives of the energy; side is the displacement of (1, ½, ½).
@Test(
  "a stretched and twisted neo-Hooke cube: four linear solves per increment, forces to 11 digits",
  arguments: [
    StretchTwist(
      n: 8, force: 1.23904502427109, moment: 0.0595835467648522,
      side: [-0.116441442609, 0.102774205703, 0.25]),
    StretchTwist(
      n: 16, force: 1.20423656256988, moment: 0.0596007809445125,
      side: [-0.114741101838, 0.103229810639, 0.25]),
  ])
func stretchTwist(expected: StretchTwist) throws {
  let n = expected.n
  var definition = FEMModel.Definition(
    mesh: hexBox(n, n, n, size: [1, 1, 1]), law: try NeoHooke(mu: 1, lambda: 10))
  definition.prescriptions = [
    .fixed("zmin"),
    Prescription(set: "zmax", components: [0, 1, 2]) { X, s in
      let angle = 30 * s * .pi / 180
      let (x, y) = (X.x - 0.5, X.y - 0.5)
      return [cos(angle) * x - sin(angle) * y - x, sin(angle) * x + cos(angle) * y - y, 0.5 * s]
    },
  ]
  var model = try FEMModel(definition)
  let stepping = model.run(through: [0.2, 0.4, 0.6, 0.8, 1])
  let iterations = stepping.steps.map(\.record.iterations)
  #expect(iterations == [4, 4, 4, 4, 4])
  for step in stepping.steps {
    // Quadratic: from the first correction on, each residual is of the order of the square of the last.
    let r = step.record.residuals
    for k in 1..<r.count - 1 { #expect(r[k + 1] <= 10 * r[k] * r[k] + 1e-13) }
  }
  let F = try model.reaction(on: "zmax").z
  let M = try model.moment(on: "zmax", about: [0.5, 0.5, 0]).z
  #expect(abs(F - expected.force) < 1e-11)
  #expect(abs(M - expected.moment) < 1e-12)
  let side = try model.displacement(at: [1, 0.5, 0.5])
  for i in 0..<3 { #expect(abs(side[i] - expected.side[i]) < 1e-11) }
}

struct Cantilever: Sendable {
  let n: Int, centre: Double, corner: Double
}

/// Values on which all codes measured agree to 9 digits or more.
@Test(
  "the tip of a hex8 cantilever sinks as every code says, to 8 digits",
  arguments: [
    Cantilever(n: 8, centre: -9.68752770974e-3, corner: -9.688666430e-3),
    Cantilever(n: 16, centre: -9.759889928e-3, corner: -9.761353214e-3),
  ])
func cantilever(expected: Cantilever) throws {
  let n = expected.n
  var definition = FEMModel.Definition(
    mesh: hexBox(8 * n, n, n, size: [8, 1, 1]),
    law: try LinearElastic(young: 210e9, poisson: 0.3))
  definition.prescriptions = [.fixed("xmin")]
  definition.tractions = [Traction(set: "xmax", vector: [0, 0, -1e6])]
  var model = try FEMModel(definition)
  let record = model.step(to: 1)
  #expect(record.converged)
  #expect(record.iterations == 1)
  let centre = try model.displacement(at: [8, 0.5, 0.5]).z
  let corner = try model.displacement(at: [8, 0, 0]).z
  #expect(abs(centre - expected.centre) < 1e-8 * abs(expected.centre))
  #expect(abs(corner - expected.corner) < 1e-8 * abs(expected.corner))
  // The support carries the load: 1 MPa on 1 m².
  let reaction = try model.reaction(on: "xmin")
  #expect(abs(reaction.z - 1e6) < 1e-3)
}

@Test("conjugate gradients reach the same tip as the direct solver")
func iterativeCantilever() throws {
  var definition = FEMModel.Definition(
    mesh: hexBox(32, 4, 4, size: [8, 1, 1]), law: try LinearElastic(young: 210e9, poisson: 0.3))
  definition.prescriptions = [.fixed("xmin")]
  definition.tractions = [Traction(set: "xmax", vector: [0, 0, -1e6])]
  var direct = try FEMModel(definition)
  #expect(direct.step(to: 1).converged)
  definition.solver = .conjugateGradients(tolerance: 1e-11)
  var iterative = try FEMModel(definition)
  #expect(iterative.step(to: 1).converged)
  let (a, b) = (direct.displacement, iterative.displacement)
  #expect(zip(a, b).map { abs($0 - $1) }.max()! < 1e-8 * a.map { abs($0) }.max()!)
}
