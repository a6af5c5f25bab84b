import Contact
import DDA
import Foundation
import Testing

@Suite("Displacement and traction of an edge")
struct BoundaryEdgeTests {
  @Test("a block on a floor: the floor's push is its weight, spread evenly, and the floor feels it")
  func floor() throws {
    var d = DDADefinition(
      blocks: [
        BlockDefinition(try box(-2, -1, 6, 1), isFixed: true),
        BlockDefinition(try box(0, 0, 2, 1)),
      ], materials: [try BlockMaterial(young: 1e8, poisson: 0.2, density: 2000)],
      joint: try CoulombJoint(friction: 30 * degree))
    (d.dynamicFactor, d.thickness) = (0, 1.5)
    var solver = try DDASolver(d)
    solver.run(to: 5, dt: 0.1)
    let W = 2000 * 2 * 1.5 * 9.81
    let below = solver.boundary(BlockEdge(block: 1, edge: 0))
    #expect((below.force - Point(0, W)).length < 1e-8 * W)
    #expect(abs(below.moment) < 1e-6 * W)
    #expect((below.normal - Point(0, -1)).length < 1e-12)
    #expect(abs(below.traction.y / (W / 3) - 1) < 1e-4)
    let top = solver.boundary(BlockEdge(block: 0, edge: 2))
    #expect((top.force + below.force).length < 1e-12 * W)
    // Nothing touches the other edges.
    for e in 1..<4 { #expect(solver.boundary(BlockEdge(block: 1, edge: e)).force == Point()) }
  }

  @Test("on a slope it has the shear; ends move as the block does")
  func slope() throws {
    let A = 30 * degree
    var solver = try DDASolver(try incline(slope: 30, friction: 20))
    solver.run(to: 1, dt: 0.01)
    let W = solver.mass(1) * 9.81
    let base = solver.boundary(BlockEdge(block: 1, edge: 0))
    let n = Point(sin(A), cos(A)), down = Point(cos(A), -sin(A))
    #expect(abs(base.force.dot(n) / (W * cos(A)) - 1) < 1e-6)
    #expect(abs(-base.force.dot(down) / (W * cos(A) * tan(20 * degree)) - 1) < 1e-6)
    #expect((base.start.velocity - solver.velocity(1).centre).length < 1e-6)
    let moved = base.start.position - Point()
    #expect((base.start.displacement - moved).length < 1e-12)
    #expect(abs(base.start.displacement.dot(down) - 0.5 * base.start.velocity.length) < 0.01)
  }

  @Test("velocity of an end is the difference quotient of its place: turn and strain included")
  func velocity() throws {
    for order in BlockOrder.allCases {
      var d = try FreeBlockTests.single(
        try Polygon([Point(0, 0), Point(3, 0), Point(2, 2)]), scheme: .trapezoidal)
      (d.order, d.blocks[0].spin) = (order, 3)
      d.materials[0] = try BlockMaterial(young: 1e6, poisson: 0.2, density: 2000)
      d.loads = [PointLoad(block: 0, point: Point(3, 0), force: Point(4e4, 1e4))]
      var solver = try DDASolver(d)
      solver.run(to: 0.1, dt: 1e-4)
      let face = BlockEdge(block: 0, edge: 1)
      let before = solver.boundary(face)
      _ = solver.step(1e-4)
      let after = solver.boundary(face)
      for (a, b) in [(before.start, after.start), (before.end, after.end)] {
        let rate = (b.position - a.position) / 1e-4
        let mean = 0.5 * (a.velocity + b.velocity)
        #expect((rate - mean).length < 1e-4 * mean.length)
      }
    }
  }

  @Test("on every block of a wall, contact forces over all edges balance its weight")
  func wallBalance() throws {
    var d = try wall(courses: 3, length: 3)
    d.dynamicFactor = 0
    var solver = try DDASolver(d)
    solver.run(to: 30, dt: 1)
    for b in 1..<solver.blockCount {
      let W = solver.mass(b) * 9.81
      let sum = (0..<4).reduce(Point()) {
        $0 + solver.boundary(BlockEdge(block: b, edge: $1)).force
      }
      #expect((sum - Point(0, W)).length < 1e-5 * W)
    }
  }
}
