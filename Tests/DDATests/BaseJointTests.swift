import Contact
import DDA
import Foundation
import Testing

@Suite("A block that slides over the joints of its base")
struct BaseJointTests {
  /// A block of 1 × 1 m at rest on a base along x, cut at `joint` and every metre after it; gravity as on a slope. The
  /// base behind the first joint is higher by `rise`.
  private func slope(
    _ angle: Double, friction: Double, joint: Double, rise: Double = 0, tolerance: Double = 1e-9
  ) throws -> DDADefinition {
    var blocks = [BlockDefinition(try box(0, 0, 1, 1))]
    blocks.append(BlockDefinition(try box(-2, -1, 2 + joint, 1), isFixed: true))
    for k in 0..<12 {
      blocks.append(BlockDefinition(try box(joint + Double(k), -1, 1, 1 + rise), isFixed: true))
    }
    var d = DDADefinition(
      blocks: blocks, materials: [try BlockMaterial(young: 5e9, poisson: 0.25, density: 2600)],
      joint: try CoulombJoint(friction: friction * degree))
    d.gravity = 9.81 * Point(sin(angle * degree), -cos(angle * degree))
    d.enforcement = .augmentedLagrangian(tolerance: tolerance)
    return d
  }

  // 1 begins with its corner on a joint; 65° presses harder along the base than onto it.
  @Test(
    "does not catch: g (sin A − cos A tan φ) over every joint of a base in one plane, to 1e-6",
    arguments: [(30.0, 10.0), (65, 20), (12, 8)], [0.37, 1, 1.05, 1.6])
  func slides(slope: (angle: Double, friction: Double), joint: Double) throws {
    for tolerance in [1e-9, 1e-4] {
      let d = try self.slope(
        slope.angle, friction: slope.friction, joint: joint, tolerance: tolerance)
      var solver = try DDASolver(d)
      let seat = solver.run(to: 0.3, dt: 0.01)
      let before = solver.velocity(0).centre.x
      let records = seat + solver.run(to: 1.3, dt: 0.01)
      let exact =
        9.81
        * (sin(slope.angle * degree) - cos(slope.angle * degree) * tan(slope.friction * degree))
      #expect(records.allSatisfy { $0.converged })
      // Overlap that a tolerance permits may turn the block by as much.
      #expect(abs((solver.velocity(0).centre.x - before) / exact - 1) < max(1e-6, 10 * tolerance))
    }
  }

  @Test("is stopped where the base steps up, and leaves it where it steps down")
  func steps() throws {
    var up = try DDASolver(try slope(30, friction: 10, joint: 1.2, rise: 0.1))
    up.run(to: 1, dt: 0.005)
    #expect(up.outline(0).map(\.x).max()! < 1.2 + 1e-6)
    var down = try DDASolver(try slope(30, friction: 10, joint: 1.2, rise: -0.1))
    down.run(to: 1, dt: 0.005)
    #expect(down.pose(0).centre.x > 1.5)
    #expect(down.outline(0).allSatisfy { $0.x < 1.2 || $0.y > -0.1 - 1e-8 })
  }

  // The lower corner begins at the bend, or comes to it. Two beds that meet there have a corner each, which would hold the
  // block by its side although it is hidden between them.
  @Test(
    "goes over the bend between two beds, whatever the step", arguments: [0.0, 0.5],
    [0.002, 0.01, 0.03])
  func bend(before: Double, dt: Double) throws {
    func way(_ angle: Double) -> Point { Point(cos(angle * degree), -sin(angle * degree)) }
    let (back, seat) = (way(30), way(5))
    func bed(_ a: Point, _ b: Point) throws -> BlockDefinition {
      let down = Point(0, -2)
      return BlockDefinition(try Polygon([a, a + down, b + down, b]), isFixed: true)
    }
    let (end, normal) = (-before * back, Point(-back.y, back.x))
    let block = try Polygon([end - back, end, end + normal, end - back + normal])
    var d = DDADefinition(
      blocks: [
        try bed(-10 * back, Point()), try bed(Point(), 40 * seat), BlockDefinition(block),
      ],
      materials: [try BlockMaterial(young: 5e9, poisson: 0.25, density: 2600)],
      joint: try CoulombJoint(friction: 3 * degree))
    d.enforcement = .augmentedLagrangian(tolerance: 1e-6)
    var solver = try DDASolver(d)
    let start = solver.energy.total
    let records = solver.run(to: 2, dt: dt)
    #expect(records.allSatisfy { $0.converged })
    #expect(solver.pose(2).centre.dot(seat) > 1.5)
    #expect(solver.velocity(2).centre.dot(seat) > 1)
    #expect(abs(solver.energy.total - start) < 1e-6 * solver.energy.kinetic)
    #expect(solver.energy.joint + solver.energy.algorithmic > 0)
  }
}
