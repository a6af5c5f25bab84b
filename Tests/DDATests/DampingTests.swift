import Contact
import DDA
import Foundation
import Testing

@Suite("Velocity carried in part")
struct DampingTests {
  @Test("a falling block ends at f g dt/(1 − f), and its weight's work is what was damped")
  func terminal() throws {
    let (f, dt) = (0.9, 0.01)
    var d = try FreeBlockTests.single(try box(0, 0, 1, 1))
    d.dynamicFactor = f
    var solver = try DDASolver(d)
    solver.run(to: 4, dt: dt)
    let speed = -solver.velocity(0).centre.y
    #expect(abs(speed / (f * 9.81 * dt / (1 - f)) - 1) < 1e-12)
    let before = solver.energy
    solver.run(to: 5, dt: dt)
    let after = solver.energy
    // Shi's scheme is exact for constant acceleration: nothing else takes energy.
    let fallen = before.potential - after.potential
    #expect(abs((after.damped - before.damped) / fallen - 1) < 1e-10)
    #expect(abs(after.algorithmic) < 1e-10 * fallen)
  }

  @Test("without inertia a block goes β dt² g a step, and all that weight does is damped")
  func quasistatic() throws {
    for scheme in [TimeScheme.classical, TimeScheme(spectralRadius: 0)] {
      var d = try FreeBlockTests.single(try box(0, 0, 1, 1), scheme: scheme)
      d.dynamicFactor = 0
      var solver = try DDASolver(d)
      _ = solver.step(0.1)
      let (y, e) = (solver.pose(0).centre.y, solver.energy)
      for _ in 0..<10 { _ = solver.step(0.1) }
      let beta = scheme == .classical ? 0.5 : scheme.beta / (1 - scheme.alphaMass)
      #expect(abs((y - solver.pose(0).centre.y) / (10 * beta * 0.01 * 9.81) - 1) < 1e-10)
      let now = solver.energy
      #expect(now.kinetic == 0)
      let lost = now.damped + now.algorithmic - e.damped - e.algorithmic
      #expect(abs(lost / (e.potential - now.potential) - 1) < 1e-10)
    }
  }

  @Test(
    "the account closes for every part that is carried, in fall, impact and sliding",
    arguments: [0, 0.5, 0.95, 1.0])
  func closes(f: Double) throws {
    var d = try incline(slope: 30, friction: 15)
    // Thrown at the slope.
    d.blocks[1].velocity = Point(0, -1)
    d.blocks[1].polygon = try Polygon(d.blocks[1].polygon.vertices.map { $0 + Point(0.03, 0.03) })
    d.dynamicFactor = f
    var solver = try DDASolver(d)
    let start = solver.energy
    let records = solver.run(to: 1.5, dt: 0.01)
    let e = solver.energy
    let fallen = start.potential - e.potential
    #expect(records.allSatisfy { $0.converged })
    #expect(abs(e.total - start.total) < 1e-6 * (fallen + start.kinetic))
    #expect((e.damped > 1e-3 * fallen) == (f < 1))
    #expect(e.friction > 0)
  }
}
