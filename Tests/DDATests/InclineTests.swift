import Contact
import DDA
import Foundation
import Testing

/// A unit block seated on a long fixed slope; gravity 9.81.
func incline(
  slope: Double, friction: Double, cohesion: Double = 0, scheme: TimeScheme = .classical
) throws -> DDADefinition {
  let a = slope * .pi / 180
  let (t, n) = (Point(cos(a), -sin(a)), Point(sin(a), cos(a)))
  func at(_ s: Double, _ h: Double) -> Point { s * t + h * n }
  let ground = try Polygon([at(-5, -2), at(200, -2), at(200, 0), at(-5, 0)])
  let block = try Polygon([at(0, 0), at(1, 0), at(1, 1), at(0, 1)])
  var d = DDADefinition(
    blocks: [BlockDefinition(ground, isFixed: true), BlockDefinition(block)],
    materials: [try BlockMaterial(young: 5e9, poisson: 0.25, density: 2600)],
    joint: try CoulombJoint(friction: friction * .pi / 180, cohesion: cohesion))
  d.scheme = scheme
  return d
}

@Suite("A block on an incline")
struct InclineTests {
  @Test(
    "slides with g (sin A − cos A tan φ) to 1e-6",
    arguments: [(28.0, 22.0), (30, 10), (45, 30), (22.6, 22)])
  func slides(slope: Double, friction: Double) throws {
    for scheme in [TimeScheme.classical, TimeScheme(spectralRadius: 0)] {
      var solver = try DDASolver(try incline(slope: slope, friction: friction, scheme: scheme))
      let records = solver.run(to: 0.5, dt: 0.01)
      let v0 = solver.velocity(1).centre.length
      let after = solver.run(to: 1.5, dt: 0.01)
      let a = solver.velocity(1).centre.length - v0
      let (s, f) = (slope * .pi / 180, friction * .pi / 180)
      let exact = 9.81 * (sin(s) - cos(s) * tan(f))
      print(
        scheme.beta, slope, a, a / exact - 1, records.map(\.passes).max()!,
        after.map(\.passes).max()!, records[0], solver.energy.total)
      #expect(abs(a / exact - 1) < 1e-6)
      #expect((records + after).allSatisfy { $0.converged })
    }
  }
}
