import Contact
import DDA
import Foundation
import Testing

func box(_ x: Double, _ y: Double, _ w: Double, _ h: Double) throws -> Polygon {
  try Polygon([Point(x, y), Point(x + w, y), Point(x + w, y + h), Point(x, y + h)])
}

/// A running-bond wall of whole bricks 2 × 1 m on a fixed base.
func wall(courses: Int, length: Int, friction: Double = 35) throws -> DDADefinition {
  var blocks = [BlockDefinition(try box(-2, -1, 2 * Double(length) + 5, 1), isFixed: true)]
  for c in 0..<courses {
    for i in 0..<(c % 2 == 0 ? length : length - 1) {
      blocks.append(
        BlockDefinition(try box(2 * Double(i) + (c % 2 == 0 ? 0 : 1), Double(c), 2, 1)))
    }
  }
  return DDADefinition(
    blocks: blocks, materials: [try BlockMaterial(young: 3e6, poisson: 0.2, density: 2000)],
    joint: try CoulombJoint(friction: friction * degree))
}

@Suite("Stacks")
struct StackTests {
  @Test("two blocks collide head on without friction: momentum exact, energy accounted")
  func collision() throws {
    for scheme in [TimeScheme.classical, .trapezoidal, TimeScheme(spectralRadius: 0)] {
      var d = DDADefinition(
        blocks: [
          BlockDefinition(try box(0, 0, 1, 1), velocity: Point(2, 0)),
          BlockDefinition(try box(1.1, 0.2, 1, 1.5), velocity: Point(-1, 0.1)),
        ], materials: [try BlockMaterial(young: 1e8, poisson: 0.2, density: 2000)],
        joint: try CoulombJoint(friction: 0))
      d.gravity = Point()
      d.scheme = scheme
      var solver = try DDASolver(d)
      let (p, e) = (solver.momentum, solver.energy)
      let records = solver.run(to: 0.3, dt: 0.001)
      print("collision", (solver.momentum - p).length / 5000, solver.energy.total / e.total - 1,
        solver.energy, records.map(\.passes).max()!, records.filter { !$0.converged }.count, solver.velocity(0), solver.velocity(1))
      #expect((solver.momentum - p).length / p.length < 1e-10)
      #expect(abs(solver.energy.total / e.total - 1) < 1e-6)
    }
  }

  @Test("a dry wall stands: after a second it has settled, and stays")
  func stands() throws {
    var d = try wall(courses: 6, length: 4)
    // Settled first, without inertia: a wall is built brick by brick, not dropped.
    d.dynamicFactor = 0
    var seat = try DDASolver(d)
    let begin = Date()
    seat.run(to: 20, dt: 1)
    print("seated", Date().timeIntervalSince(begin))
    d.dynamicFactor = 1
    var solver = try DDASolver(d)
    solver.restore(seat.checkpoint)
    let starts = (0..<solver.blockCount).map { solver.pose($0).centre }
    let records = solver.run(to: 25, dt: 0.02) { _, r in return Date().timeIntervalSince(begin) > 15 }
    let drift = (0..<solver.blockCount).map { (solver.pose($0).centre - starts[$0]).length }.max()!
    print("wall drift", drift, records.map(\.passes).max()!, records.map(\.iterations).reduce(0, +))
    #expect(records.allSatisfy { $0.converged })
    #expect(drift < 1e-6)
  }

  @Test("bricks pushed out: they stand below the harmonic overhang and fall above", arguments: [0.95, 1.05])
  func overhang(share: Double) throws {
    // Brick k from the top is pushed out over the next by 1/(2k) of its length, times the share.
    let n = 4
    var blocks = [BlockDefinition(try box(-4, -1, 4, 1), isFixed: true)]
    var edge = 0.0
    for k in (1...n).reversed() {
      edge += share * 0.5 / Double(k)
      blocks.append(BlockDefinition(try box(edge - 1, Double(n - k) * 0.25, 1, 0.25)))
    }
    let d = DDADefinition(
      blocks: blocks, materials: [try BlockMaterial(young: 1e9, poisson: 0.2, density: 2000)],
      joint: try CoulombJoint(friction: 35 * degree))
    var solver = try DDASolver(d)
    let start = solver.pose(n).centre
    let records = solver.run(to: 2, dt: 0.005)
    let moved = (solver.pose(n).centre - start).length
    print("overhang", share, moved, records.filter { !$0.converged }.count)
    #expect((moved < 0.01) == (share < 1))
  }
}
