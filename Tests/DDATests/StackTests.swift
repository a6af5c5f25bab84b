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

/// Whether the long validation runs too.
let isVerifying = ProcessInfo.processInfo.environment["DEEPMANIFOLD_VERIFY"] != nil

/// A system at rest under its weight, found without inertia: a wall is built brick by brick, not dropped.
func seated(_ d: DDADefinition, for time: Double, dt: Double = 1) throws -> DDASolver {
  var still = d
  still.dynamicFactor = 0
  var seat = try DDASolver(still)
  seat.run(to: time, dt: dt)
  var solver = try DDASolver(d)
  solver.restore(seat.checkpoint)
  return solver
}

@Suite("Stacks")
struct StackTests {
  @Test("two blocks collide without friction: momentum to 1e-10, energy accounted to 1e-6")
  func collision() throws {
    for scheme in [TimeScheme.classical, TimeScheme(spectralRadius: 0)] {
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
      #expect(records.allSatisfy { $0.converged && $0.overlap <= 1e-8 })
      #expect((solver.momentum - p).length < 1e-10 * p.length)
      #expect(abs(solver.energy.total - e.total) < 1e-6 * e.kinetic)
      #expect(solver.energy.kinetic < e.kinetic)
      #expect(solver.velocity(0).centre.x < solver.velocity(1).centre.x)
    }
  }

  @Test("a struck stack loses energy in its contacts and by its scheme, also where steps are cut")
  func struck() throws {
    var blocks = [BlockDefinition(try box(-30, -1, 90, 1), isFixed: true)]
    for c in 0..<5 {
      for i in 0..<5 {
        blocks.append(BlockDefinition(try box(2 * Double(i) + Double(c % 2), Double(c), 2, 1)))
      }
    }
    blocks.append(BlockDefinition(try box(-4, 1.3, 2, 1), velocity: Point(20, 0)))
    var d = DDADefinition(
      blocks: blocks, materials: [try BlockMaterial(young: 5e9, poisson: 0.2, density: 2000)],
      joint: try CoulombJoint(friction: 10 * degree))
    d.enforcement = .augmentedLagrangian(tolerance: 1e-6)
    var solver = try DDASolver(d)
    let e = solver.energy
    let records = solver.run(to: 1, dt: 0.04)
    // Blows found in short steps would act too strongly in the long ones after them: without care the stack gains a
    // fifth of the energy of what strikes it.
    #expect(records.contains { $0.cutBacks > 2 })
    #expect(solver.energy.joint + solver.energy.algorithmic > 0.1 * e.kinetic)
    #expect(solver.energy.stored < e.stored)
    #expect(abs(solver.energy.total - e.total) < 1e-6 * e.kinetic)
    // Half a diagonal is the size that tolerances are measured by.
    #expect(records.allSatisfy { $0.converged && $0.overlap <= 1e-6 * 1.25.squareRoot() })
  }

  @Test(
    "a dry wall of ten courses stands: seated, no brick moves by 1e-4 of its length in 60 s",
    .enabled(if: isVerifying, "long validation: set DEEPMANIFOLD_VERIFY=1"))
  func tenCourses() throws { try stands(courses: 10, length: 5, time: 60, drift: 2e-4) }

  @Test("a dry wall stands: seated, it stays for 20 s")
  func sixCourses() throws { try stands(courses: 6, length: 4, time: 20, drift: 1e-5) }

  /// Stands for a time in s; no brick moves by `drift` m.
  private func stands(courses: Int, length: Int, time: Double, drift limit: Double) throws {
    var solver = try seated(try wall(courses: courses, length: length), for: 30)
    let starts = (0..<solver.blockCount).map { solver.pose($0).centre }
    let e = solver.energy
    let records = solver.run(to: 30 + time, dt: 0.05)
    let drift = (0..<solver.blockCount).map { (solver.pose($0).centre - starts[$0]).length }.max()!
    #expect(records.allSatisfy { $0.converged })
    #expect(drift < limit)
    #expect(abs(solver.energy.total - e.total) < 1e-6 * abs(e.total))
  }

  @Test(
    "a wall let go at once settles: every step converges, overlap keeps its tolerance, energy is accounted"
  )
  func dropped() throws {
    var d = try wall(courses: 8, length: 6)
    d.enforcement = .augmentedLagrangian(tolerance: 1e-3)
    var solver = try DDASolver(d)
    let e = solver.energy
    let records = solver.run(to: 0.5, dt: 0.005)
    #expect(records.allSatisfy { $0.converged && $0.cutBacks == 0 })
    #expect(records.allSatisfy { $0.overlap <= 1.02e-3 * 1.25.squareRoot() })
    #expect(abs(solver.energy.total - e.total) < 1e-6 * abs(e.total))
  }

  @Test(
    "bricks pushed out: they stand below the harmonic overhang and fall above",
    arguments: [0.95, 1.05])
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
    #expect(records.allSatisfy { $0.converged })
    let moved = (solver.pose(n).centre - start).length
    #expect((moved < 0.01) == (share < 1))
  }

  @Test("a block on a shaken floor rocks from g b/h on", arguments: [2.0, 4])
  func rocking(ratio: Double) throws {
    for (share, rocks) in [(0.98, false), (1.02, true)] {
      var d = DDADefinition(
        blocks: [
          BlockDefinition(try box(-10, -1, 20, 1), isFixed: true),
          BlockDefinition(try box(0, 0, 1, ratio)),
        ], materials: [try BlockMaterial(young: 1e10, poisson: 0.2, density: 2000)],
        joint: try CoulombJoint(friction: 60 * degree))
      d.dynamicFactor = 0
      var seat = try DDASolver(d)
      seat.run(to: 5, dt: 0.5)
      d.dynamicFactor = 1
      let g = 9.81 / ratio
      d.baseAcceleration.x = .table(times: [5, 5.5, 100], values: [0, share * g, share * g])
      var solver = try DDASolver(d)
      solver.restore(seat.checkpoint)
      solver.run(to: 6.5, dt: 0.005)
      #expect((abs(solver.pose(1).angle) > 1e-3) == rocks)
    }
  }

  @Test(
    "a column on a slope stands, slides or topples as statics says",
    arguments: [
      // Slope, friction, width over height: tan A < b/h and A < φ stand.
      (15.0, 30.0, 0.5, "stands"), (25, 20, 0.6, "slides"), (30, 45, 0.4, "topples"),
      (20, 30, 0.3, "topples"), (28, 27, 0.6, "slides"), (26, 27, 0.5, "stands"),
    ])
  func column(slope: Double, friction: Double, width: Double, expected: String) throws {
    let a = slope * degree
    let (t, n) = (Point(cos(a), -sin(a)), Point(sin(a), cos(a)))
    func at(_ s: Double, _ h: Double) -> Point { s * t + h * n }
    let d = DDADefinition(
      blocks: [
        BlockDefinition(
          try Polygon([at(-5, -2), at(50, -2), at(50, 0), at(-5, 0)]), isFixed: true),
        BlockDefinition(try Polygon([at(0, 0), at(width, 0), at(width, 1), at(0, 1)])),
      ], materials: [try BlockMaterial(young: 1e10, poisson: 0.2, density: 2000)],
      joint: try CoulombJoint(friction: friction * degree))
    var solver = try DDASolver(d)
    let start = solver.position(1, of: at(width, 0))
    solver.run(to: 1, dt: 0.005)
    let slid = (solver.position(1, of: at(width, 0)) - start).length
    let turned = abs(solver.pose(1).angle)
    let found = turned > 0.05 ? "topples" : slid > 0.005 ? "slides" : "stands"
    #expect(found == expected)
  }

  @Test("a semicircular arch stands at t/R = 0.115 and falls at 0.10", arguments: [0.115, 0.10])
  func arch(thickness: Double) throws {
    let (count, R) = (24, 5.0)
    let (inner, outer) = (R * (1 - 0.5 * thickness), R * (1 + 0.5 * thickness))
    var blocks = [BlockDefinition(try box(-2 * R, -1, 4 * R, 1), isFixed: true)]
    for k in 0..<count {
      func at(_ r: Double, _ i: Int) -> Point {
        // The springings lie exactly on the floor.
        let angle = Double.pi * Double(i) / Double(count)
        return Point(r * cos(angle), i == 0 || i == count ? 0 : r * sin(angle))
      }
      blocks.append(
        BlockDefinition(
          try Polygon([at(inner, k), at(outer, k), at(outer, k + 1), at(inner, k + 1)])))
    }
    let d = DDADefinition(
      blocks: blocks, materials: [try BlockMaterial(young: 1e10, poisson: 0.2, density: 2000)],
      joint: try CoulombJoint(friction: 75 * degree))
    var solver = try DDASolver(d)
    let crown = solver.pose(count / 2).centre
    let records = solver.run(to: 2, dt: 0.005) { now, _ in
      (now.pose(count / 2).centre - crown).length > 0.03 * R
    }
    let moved = (solver.pose(count / 2).centre - crown).length
    #expect((moved < 0.001 * R) == (thickness > 0.11))
    #expect(moved < 0.001 * R || moved > 0.03 * R)
    #expect(records.allSatisfy { $0.converged })
  }
}
