import Contact
import DDA
import Foundation
import Testing

@Suite("Step control by the displacement ratio")
struct StepControlTests {
  @Test("a thrown block never goes farther in a step than asked, and its flight stays exact")
  func flight() throws {
    var d = try FreeBlockTests.single(
      try Polygon([Point(0, 0), Point(2, 0), Point(2, 1), Point(0, 1)]),
      scheme: TimeScheme(spectralRadius: 0))
    d.blocks[0].velocity = Point(10, 12)
    d.displacementRatio = 0.2
    var solver = try DDASolver(d)
    let start = solver.pose(0).centre
    let records = solver.run(to: 1.5, dt: 0.05)
    // Half the height is half a metre.
    #expect(records.allSatisfy { $0.converged && $0.displacement <= 0.1 })
    #expect(records.contains { $0.shortened > 0 } && records.contains { $0.shortened == 0 })
    // Speeds of 11 to 16 m/s need 190 such steps at least; refusals are to be few.
    #expect(records.count < 260 && records.reduce(0) { $0 + $1.shortened } < 20)
    let exact = start + Point(10, 12) * 1.5 + 0.5 * d.gravity * 1.5 * 1.5
    #expect((solver.pose(0).centre - exact).length < 1e-11)
    #expect(abs(solver.time - 1.5) < 1e-12)
  }

  /// A block that slides ever faster, and by at most a fixed way a step.
  private func sliding() throws -> DDADefinition {
    var d = try incline(slope: 30, friction: 10)
    d.displacementRatio = 2e-3
    return d
  }

  @Test("a sliding block keeps its acceleration while its steps become shorter with its speed")
  func slides() throws {
    var solver = try DDASolver(try sliding())
    solver.run(to: 0.5, dt: 0.02)
    let before = solver.velocity(1).centre.length
    let records = solver.run(to: 2.5, dt: 0.02)
    let halfHeight = 0.5 * (2 * cos(30 * degree) + 205 * sin(30 * degree))
    #expect(records.allSatisfy { $0.converged && $0.displacement <= 2e-3 * halfHeight })
    #expect(records.last!.dt < 0.6 * 0.02)
    let a = (solver.velocity(1).centre.length - before) / 2
    let exact = 9.81 * (sin(30 * degree) - cos(30 * degree) * tan(10 * degree))
    #expect(abs(a / exact - 1) < 1e-6)
  }

  @Test("a run stopped and taken up again has the same bits, shortened steps and all")
  func restart() throws {
    let d = try sliding()
    var straight = try DDASolver(d)
    straight.run(to: 2, dt: 0.02)
    var first = try DDASolver(d)
    first.run(to: 2, dt: 0.02) { solver, _ in solver.time > 1.2 }
    var second = try DDASolver(d)
    second.restore(first.checkpoint)
    second.run(to: 2, dt: 0.02)
    #expect(first.time < 1.3 && second.checkpoint == straight.checkpoint)
  }

  @Test("a ratio that is none is refused", arguments: [0, -1, .nan, .infinity])
  func refused(ratio: Double) throws {
    var d = try incline(slope: 30, friction: 10)
    d.displacementRatio = ratio
    #expect(throws: DDAError.self) { try DDASolver(d) }
  }
}
