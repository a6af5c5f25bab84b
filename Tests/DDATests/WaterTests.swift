import Contact
import DDA
import Foundation
import Testing

@Suite("Water on blocks")
struct WaterTests {
  /// Weight of the unit block of `incline`, N.
  private let weight = 2600 * 9.81

  @Test(
    "uplift U in the joint: a block slides with g (sin A − (cos A − U/W) tan φ)",
    arguments: [(28.0, 22.0, 0.3), (45, 30, 0.5), (20, 25, 0.4)])
  func slides(slope: Double, friction: Double, share: Double) throws {
    var d = try incline(slope: slope, friction: friction)
    d.water = [WaterPressure(.constant(share * weight))]
    var solver = try DDASolver(d)
    let seat = solver.run(to: 0.5, dt: 0.01)
    let before = solver.velocity(1).centre.length
    let records = seat + solver.run(to: 1.5, dt: 0.01)
    let a = solver.velocity(1).centre.length - before
    let exact =
      9.81 * (sin(slope * degree) - (cos(slope * degree) - share) * tan(friction * degree))
    #expect(abs(a / exact - 1) < 1e-6)
    #expect(records.allSatisfy { $0.converged })
    let e = solver.energy
    #expect(abs(e.total - (try DDASolver(d)).energy.total) < 1e-6 * abs(e.friction))
  }

  @Test("it holds while tan φ (W cos A − U) > W sin A, and contacts carry W cos A − U")
  func limit() throws {
    let (A, share) = (20 * degree, 0.35)
    let limit = atan(sin(A) / (cos(A) - share)) / degree
    for (factor, holds) in [(1.0001, true), (0.9999, false)] {
      var d = try incline(slope: 20, friction: factor * limit)
      d.water = [WaterPressure(.constant(share * weight))]
      d.dynamicFactor = 0
      var solver = try DDASolver(d)
      solver.run(to: 2, dt: 0.05)
      let normal = solver.contactReports.reduce(0) { $0 + $1.normal }
      #expect(abs(normal / (weight * (cos(A) - share)) - 1) < 1e-6)
      #expect(solver.contactReports.allSatisfy { ($0.state == .locked) == holds })
    }
  }

  @Test(
    "uplift tears a bonded joint off where it exceeds weight and tensile strength",
    arguments: [0.99, 1.01])
  func tears(share: Double) throws {
    let (W, tension) = (2000 * 9.81, 3e4)
    var d = DDADefinition(
      blocks: [
        BlockDefinition(try box(-2, -1, 6, 1), isFixed: true),
        BlockDefinition(try box(0, 0, 2, 1)),
      ], materials: [try BlockMaterial(young: 5e9, poisson: 0.2, density: 2000)],
      joint: try CoulombJoint(friction: 30 * degree, tension: tension))
    d.dynamicFactor = 0
    d.water = [WaterPressure(.constant(share * (W + tension)))]
    var solver = try DDASolver(d)
    solver.run(to: 1, dt: 0.05)
    let normal = solver.contactReports.reduce(0) { $0 + $1.normal }
    if share < 1 {
      #expect(abs(normal / (2 * (W - share * (W + tension))) - 1) < 1e-6)
      #expect(solver.pose(1).centre.y - 0.5 < 1e-4)
    } else {
      #expect(normal == 0 && solver.pose(1).centre.y - 0.5 > 1e-3)
    }
  }

  @Test("a water table presses on a joint with its triangle: contacts carry what is left of it")
  func triangle() throws {
    // Table from the left corner, 0.8 m above the joint, to the right one.
    let unitWeight = 9810.0
    var d = DDADefinition(
      blocks: [
        BlockDefinition(try box(-2, -1, 6, 1), isFixed: true),
        BlockDefinition(try box(0, 0, 2, 1)),
      ], materials: [try BlockMaterial(young: 5e9, poisson: 0.2, density: 2000)],
      joint: try CoulombJoint(friction: 30 * degree))
    d.dynamicFactor = 0
    d.water = [
      WaterPressure(.table([Point(0, 0.8), Point(1.2, 0.2), Point(2, 0)], unitWeight: unitWeight))
    ]
    var solver = try DDASolver(d)
    solver.run(to: 2, dt: 0.1)
    // Trapezium 0.8 to 0.2 on 1.2 m and triangle 0.2 on 0.8 m: force, and moment about the right
    // corner.
    let parts = [(0.5 * 0.8 * 1.2, 0.8 + 0.8), (0.5 * 0.2 * 1.2, 0.8 + 0.4), (0.08, 1.6 / 3)]
    let lift = unitWeight * parts.reduce(0) { $0 + $1.0 }
    let moment = unitWeight * parts.reduce(0) { $0 + $1.0 * $1.1 }
    let W = 2000 * 2 * 9.81
    let reports = solver.contactReports
    let normal = reports.reduce(0) { $0 + $1.normal }
    let about = reports.reduce(0) { $0 + $1.normal * (2 - $1.point.x) }
    #expect(abs(normal / (W - lift) - 1) < 1e-6)
    #expect(abs(about / (W - moment) - 1) < 1e-5)
  }

  @Test("in a bond each joint is pressed once: its base carries W − u l; under water (ρ − ρw) g V")
  func bond() throws {
    // Three bricks and two on them: five of 2 m², three of them on the base.
    var d = try wall(courses: 2, length: 3)
    d.dynamicFactor = 0
    d.materials[0].young = 1e9
    func base(_ water: [WaterPressure]) throws -> (push: Double, lean: Double) {
      d.water = water
      var solver = try DDASolver(d)
      for _ in 0..<40 { #expect(solver.step(0.2).converged) }
      let floor = solver.boundary(BlockEdge(block: 0, edge: 2)).force
      return (-floor.y, floor.x)
    }
    let W = 2000 * 9.81 * 10
    let joints = try base([WaterPressure(.constant(2e3))])
    #expect(abs(joints.push / (W - 2e3 * 6) - 1) < 1e-6)
    #expect(abs(joints.lean) < 1e-6 * W)
    let table = WaterPressure.Field.table([Point(0, 10)], unitWeight: 9810)
    let sunk = try base([WaterPressure(table, faces: .all)])
    #expect(abs(sunk.push / (W - 9810 * 10) - 1) < 1e-3)
  }

  @Test("all faces at once, or joints and the outer faces by their numbers: the same")
  func twice() throws {
    var d = DDADefinition(
      blocks: [
        BlockDefinition(try box(-2, -1, 6, 1), isFixed: true),
        BlockDefinition(try box(0, 0, 2, 1)), BlockDefinition(try box(0, 1, 2, 1)),
        BlockDefinition(try box(0, 2, 2, 1)),
      ], materials: [try BlockMaterial(young: 1e9, poisson: 0.2, density: 2000)],
      joint: try CoulombJoint(friction: 30 * degree))
    d.dynamicFactor = 0
    // A slanting table through the stack.
    let table = WaterPressure.Field.table([Point(0, 2.6), Point(2, 1.3)], unitWeight: 9810)
    func settle(_ water: [WaterPressure]) throws -> DDASolver {
      d.water = water
      var solver = try DDASolver(d)
      for _ in 0..<20 { _ = solver.step(0.25) }
      return solver
    }
    let all = try settle([WaterPressure(table, faces: .all)])
    var outer = (1...3).flatMap { b in [1, 3].map { BlockEdge(block: b, edge: $0) } }
    outer.append(BlockEdge(block: 3, edge: 2))
    let parts = try settle([
      WaterPressure(table), WaterPressure(table, faces: .listed(outer)),
    ])
    for b in 1...3 {
      let face = BlockEdge(block: b, edge: 0)
      let (x, y) = (all.boundary(face), parts.boundary(face))
      #expect((x.force - y.force).length < 1e-5 * x.force.length)
      #expect(abs(x.moment - y.moment) < 1e-4 * x.force.length)
      #expect((all.pose(b).centre - parts.pose(b).centre).length < 1e-9)
    }
  }

  @Test("a sunk block rises with g (ρw/ρ − 1), without turning, whatever its shape")
  func buoyant() throws {
    for order in BlockOrder.allCases {
      let outline = try Polygon([Point(0, 0), Point(3, 0.5), Point(2, 2), Point(0.5, 2.5)])
      var d = try FreeBlockTests.single(outline)
      d.order = order
      // Stiff: what the water squeezes out of a block's volume buoys it no more.
      d.materials[0] = try BlockMaterial(young: 1e13, poisson: 0.2, density: 700)
      d.thickness = 0.5
      d.water = [
        WaterPressure(.table([Point(0, 50)], unitWeight: 1000 * 9.81), faces: .all)
      ]
      var solver = try DDASolver(d)
      let start = solver.pose(0).centre
      solver.run(to: 1, dt: 0.01)
      let a = 9.81 * (1000.0 / 700 - 1)
      let way = solver.pose(0).centre - start
      #expect(abs(way.y / (0.5 * a) - 1) < 1e-6)
      #expect(abs(way.x) < 1e-6 && abs(solver.pose(0).angle) < 1e-6)
    }
  }

  @Test("a block floats to its draught ρ/ρw, and the account closes")
  func floats() throws {
    var d = try FreeBlockTests.single(try box(0, 0, 4, 1))
    d.materials[0].density = 600
    d.dynamicFactor = 0
    d.water = [
      WaterPressure(.table([Point(0, 0.3), Point(1, 0.3)], unitWeight: 1000 * 9.81), faces: .all)
    ]
    var solver = try DDASolver(d)
    let start = solver.energy.total
    solver.run(to: 40, dt: 0.1)
    #expect(abs(0.3 - solver.outline(0)[0].y - 0.6) < 1e-6)
    #expect(abs(solver.energy.total - start) < 1e-8 * abs(solver.energy.external))
  }

  @Test("a reservoir pushes a wall as its triangle; both faces of a joint get the same")
  func reservoir() throws {
    let d = try FreeBlockTests.single(try box(0, 0, 1, 6))
    func speed(_ water: [WaterPressure]) throws -> (Point, Double) {
      var d = d
      (d.gravity, d.water) = (Point(), water)
      var solver = try DDASolver(d)
      _ = solver.step(1e-3)
      let v = solver.velocity(0)
      return (v.centre * solver.mass(0) / 1e-3, v.spin)
    }
    let table = WaterPressure.Field.table([Point(0, 4)], unitWeight: 1e4)
    // Edge 3 is the left one: 4 m of water.
    let (force, spin) = try speed([
      WaterPressure(table, faces: .listed([BlockEdge(block: 0, edge: 3)]))
    ])
    #expect(abs(force.x / 8e4 - 1) < 1e-10 && abs(force.y) < 1e-6)
    #expect(spin > 0)
    // In a function the kink at the shore is not seen: four parts come close.
    let (other, _) = try speed([
      WaterPressure(
        .function { 1e4 * (4 - $0.y) }, faces: .listed([BlockEdge(block: 0, edge: 3)]),
        history: .constant(0.5))
    ])
    #expect(abs(other.x / 4e4 - 1) < 0.05)
    // Two blocks apart by a thin joint: thrown apart with equal and opposite momentum.
    var two = d
    two.gravity = Point()
    two.blocks.append(BlockDefinition(try box(1.001, 1, 2, 3)))
    two.water = [WaterPressure(.constant(1e5))]
    var solver = try DDASolver(two)
    _ = solver.step(1e-4)
    let push = solver.mass(1) * solver.velocity(1).centre.x / 1e-4
    #expect(abs(push / 3e5 - 1) < 1e-10)
    #expect(solver.momentum.length < 1e-12 * push)
  }

  @Test("water only where its region is; what is no water is refused")
  func refused() throws {
    let water = WaterPressure(.constant(5), region: try box(0, 0, 1, 1))
    #expect(water.pressure(at: Point(0.5, 0.5)) == 5 && water.pressure(at: Point(2, 0)) == 0)
    func says(_ word: String, _ water: WaterPressure) throws {
      var d = try incline(slope: 20, friction: 30)
      d.water = [water]
      do {
        _ = try DDASolver(d)
        Issue.record("\(word): accepted")
      } catch {
        #expect(error.description.contains(word), "\(error)")
      }
    }
    try says("pressure -1", WaterPressure(.constant(-1)))
    try says("unit weight", WaterPressure(.table([Point()], unitWeight: 0)))
    try says("water table", WaterPressure(.table([Point(1, 0), Point(0, 0)], unitWeight: 1)))
    try says("edge 9", WaterPressure(.constant(1), faces: .listed([BlockEdge(block: 1, edge: 9)])))
    try says("history", WaterPressure(.constant(1), history: .constant(.nan)))
  }
}
