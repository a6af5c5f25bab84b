import Contact
import DDA
import Foundation
import Testing

/// A slope of 30° in axes along it and up from it, cut by two joint sets: one parallel to the slope, and one of 20°
/// above it. A base, and on it a lower and an upper block.
private struct CutSlope {
  var definition: DDADefinition
  let base: Int, lower: Int, upper: Int
  let start = 30 * degree, rise = 10 * degree

  /// - Parameters: friction in degrees along the first set, along the second, and where neither is.
  init(_ first: Double, _ second: Double, other: Double = 60) throws {
    // The lines of the sets, once in the box that the outline will fill.
    let (lower, upper) = (Point(0, -1.5), Point(9, 2))
    var sets = [JointSet(dip: 0, spacing: 5, seed: 18), JointSet(dip: rise, spacing: 5, seed: 22)]
    let y = try sets[0].traces(lower: lower, upper: upper).map { $0[0].y }.first { abs($0) < 1 }!
    for k in sets.indices { sets[k].law = k }
    var cutting = try BlockCutting(outline: [
      lower, Point(9, -1.5), Point(9, y), Point(2.2, y), Point(2.2, 2), Point(0, 2),
    ])
    cutting.jointSets = sets
    let cut = try cutting.cut()
    let order = cut.blocks.indices.sorted {
      cut.blocks[$0].centroid.y < cut.blocks[$1].centroid.y
    }
    (base, self.lower, self.upper) = (order[0], order[1], order[2])
    definition = DDADefinition(
      blocks: zip(cut.blocks, cut.edgeLaws).map { BlockDefinition($0, edgeLaws: $1) },
      materials: [try BlockMaterial(young: 5e9, poisson: 0.25, density: 2600)],
      joint: try CoulombJoint(friction: other * degree))
    definition.blocks[base].isFixed = true
    definition.gravity = 9.81 * Point(sin(start), -cos(start))
    definition.edgeLaws = [
      try CoulombJoint(friction: first * degree), try CoulombJoint(friction: second * degree),
    ]
  }
}

/// g (sin A − cos A tan φ).
private func sliding(_ slope: Double, _ friction: Double) -> Double {
  9.81 * (sin(slope * degree) - cos(slope * degree) * tan(friction * degree))
}

@Suite("Joint laws by edge")
struct EdgeLawTests {
  /// What a block gains in velocity from 0.5 s to 1 s, per second.
  private func gain(_ d: DDADefinition, _ block: Int) throws -> Point {
    var solver = try DDASolver(d)
    var records = solver.run(to: 0.5, dt: 0.01)
    let before = solver.velocity(block).centre
    records += solver.run(to: 1, dt: 0.01)
    #expect(records.allSatisfy { $0.converged })
    return (solver.velocity(block).centre - before) / 0.5
  }

  @Test("a slope cut by two sets slides along the weak one with g (sin A − cos A tan φ)")
  func weakSet() throws {
    let slope = try CutSlope(10, 40)
    #expect(slope.definition.blocks.count == 3)
    let exact = sliding(30, 10)
    for block in [slope.lower, slope.upper] {
      let a = try gain(slope.definition, block)
      #expect(abs(a.x / exact - 1) < 1e-6 && abs(a.y) < 1e-6 * exact, "\(a)")
    }
    // Weak and strong exchanged: the upper block slides along the other set, the lower one stays.
    let turned = try CutSlope(40, 10)
    let a = try gain(turned.definition, turned.upper)
    let along = Point(cos(turned.rise), sin(turned.rise))
    #expect(abs(a.dot(along) / sliding(20, 10) - 1) < 1e-4, "\(a)")
    #expect(try gain(turned.definition, turned.lower).length < 1e-5)
  }

  @Test("it stands when the weak set is made strong, and when only what no set made is weak")
  func stands() throws {
    for other in [60.0, 0] {
      let slope = try CutSlope(40, 40, other: other)
      var solver = try DDASolver(slope.definition)
      solver.run(to: 0.5, dt: 0.01)
      let start = [slope.lower, slope.upper].map { solver.pose($0).centre }
      solver.run(to: 2.5, dt: 0.01)
      for (b, c) in zip([slope.lower, slope.upper], start) {
        #expect((solver.pose(b).centre - c).length < 1e-8)
      }
    }
  }

  /// A block of friction 35° on an incline of 28°: it stands by materials, and slides with a law of 22° or 10°.
  private func incline28(ground: Double? = nil, block: Double? = nil, side: Double? = nil) throws
    -> DDADefinition
  {
    var d = try incline(slope: 28, friction: 35)
    func law(_ friction: Double?) throws -> Int? {
      guard let friction else { return nil }
      d.edgeLaws.append(try CoulombJoint(friction: friction * degree))
      return d.edgeLaws.count - 1
    }
    // Edge 2 of the ground is its upper side; edge 0 of the block its base.
    d.blocks[0].edgeLaws = [nil, nil, try law(ground), nil]
    d.blocks[1].edgeLaws = [try law(block), try law(side), nil, nil]
    return d
  }

  @Test("the edge's law comes first, then that of the corner's face along it, then materials")
  func precedence() throws {
    func check(_ d: DDADefinition, _ friction: Double?) throws {
      let a = try gain(d, 1).length
      if let friction {
        #expect(abs(a / sliding(28, friction) - 1) < 1e-6, "\(friction)")
      } else {
        #expect(a < 1e-9)
      }
    }
    try check(incline28(), nil)
    try check(incline28(ground: 22), 22)
    try check(incline28(block: 22), 22)
    try check(incline28(ground: 22, block: 10), 22)
    try check(incline28(ground: 10, block: 22), 10)
    // A law on a face that touches nothing is none.
    try check(incline28(side: 10), nil)
    // Materials come after edges, before the default.
    var d = try incline28(ground: 22)
    d.joints[MaterialPair(0, 0)] = try CoulombJoint(friction: 10 * degree)
    try check(d, 22)
    d.blocks[0].edgeLaws = []
    try check(d, 10)
  }

  @Test("a block that slides on from one edge to the next has the law of each")
  func passesOver() throws {
    var d = try incline(slope: 30, friction: 0)
    let ground = d.blocks[0].polygon.vertices
    // Corner 3 of the ground is 5 m above the block; its side is parted 3 m below the block's lower corner.
    let joint = ground[3] + (9.0 / 205) * (ground[2] - ground[3])
    d.blocks[0].polygon = try Polygon(Array(ground[0...2]) + [joint, ground[3]])
    d.blocks[0].edgeLaws = [nil, nil, 1, 0, nil]
    d.blocks[1].edgeLaws = [2, 2, 2, 2]
    d.edgeLaws = try [10.0, 40, 60].map { try CoulombJoint(friction: $0 * degree) }
    var solver = try DDASolver(d)
    let (t, start) = (Point(cos(30 * degree), -sin(30 * degree)), solver.pose(1).centre)
    func way() -> Double { (solver.pose(1).centre - start).dot(t) }
    func acceleration() -> Double {
      let before = solver.velocity(1).centre.dot(t)
      solver.run(to: solver.time + 0.1, dt: 0.005)
      return (solver.velocity(1).centre.dot(t) - before) / 0.1
    }
    solver.run(to: 0.3, dt: 0.005)
    #expect(abs(acceleration() / sliding(30, 10) - 1) < 1e-6)
    #expect(way() < 3)
    // Once its upper corner has passed, too.
    while way() < 4.1, solver.time < 3 { solver.run(to: solver.time + 0.05, dt: 0.005) }
    #expect(abs(acceleration() / sliding(30, 40) - 1) < 1e-3)
    solver.run(to: 6, dt: 0.01)
    let rest = solver.pose(1).centre
    solver.run(to: 7, dt: 0.01)
    #expect((solver.pose(1).centre - rest).length < 1e-9)
  }

  @Test("of a joint in two parts every contact slides at the strength of its own")
  func parts() throws {
    var cutting = try BlockCutting(outline: [
      Point(0, -1.5), Point(9, -1.5), Point(9, 0), Point(2, 0), Point(2, 1.5), Point(0, 1.5),
    ])
    cutting.traces = [[Point(-1, 0), Point(1, 0)], [Point(1, 0), Point(10, 0)]]
    cutting.traceLaws = [0, 1]
    let cut = try cutting.cut()
    var d = DDADefinition(
      blocks: zip(cut.blocks, cut.edgeLaws).map { BlockDefinition($0, edgeLaws: $1) },
      materials: [try BlockMaterial(young: 5e9, poisson: 0.25, density: 2600)],
      joint: try CoulombJoint(friction: 60 * degree))
    let block = try #require(cut.blocks.firstIndex { $0.centroid.y > 0 })
    d.blocks[1 - block].isFixed = true
    d.gravity = 9.81 * Point(sin(30 * degree), -cos(30 * degree))
    let friction = [10.0, 20]
    d.edgeLaws = try friction.map { try CoulombJoint(friction: $0 * degree) }
    var solver = try DDASolver(d)
    var found: Set<Int> = []
    for _ in 0..<8 {
      solver.run(to: solver.time + 0.1, dt: 0.01)
      for contact in solver.contactReports where contact.normal > 100 {
        let key = contact.key
        // Ground that no joint made has the law of the base that slides on it: its second part, that lies ahead.
        let law = d.blocks[key.edgeBlock].edgeLaws[key.edge] ?? 1
        let ratio = abs(contact.shear) / contact.normal
        #expect(contact.state == .sliding)
        #expect(abs(ratio / tan(friction[law] * degree) - 1) < 1e-6, "\(contact)")
        found.insert(law)
      }
    }
    #expect(found == [0, 1])
  }

  @Test("the bond of an edge holds to its cohesion and lets go beyond; unbonded it is none")
  func cohesion() throws {
    let need = 2600 * 9.81 * (sin(40 * degree) - cos(40 * degree) * tan(20 * degree))
    for (share, starts, holds) in [(1.001, true, true), (0.999, true, false), (2, false, false)] {
      var d = try incline(slope: 40, friction: 20)
      d.edgeLaws = [try CoulombJoint(friction: 20 * degree, cohesion: share * need)]
      d.blocks[1].edgeLaws = [0, nil, nil, nil]
      d.startsBonded = starts
      d.dynamicFactor = 0
      var solver = try DDASolver(d)
      solver.run(to: 1, dt: 0.05)
      #expect(solver.contactReports.allSatisfy { ($0.state == .locked) == holds }, "\(share)")
    }
  }

  @Test("reduction of strength reduces laws of edges: F = tan φ / tan A of the weak set")
  func reduced() throws {
    let slope = try CutSlope(40, 55)
    let found = try StrengthReduction(
      criterion: .displacement(1e-3), duration: 2, dt: 0.05, range: 1...2, tolerance: 1e-3
    ).run(slope.definition)
    let F = try #require(found.factorOfSafety)
    #expect(abs(F - tan(40 * degree) / tan(30 * degree)) < 1e-3, "\(F)")
    #expect(found.converged)
  }

  @Test("a restart and more workers give the same bits; so do laws that no edge names")
  func sameBits() throws {
    let d = try CutSlope(10, 40).definition
    var whole = try DDASolver(d)
    whole.run(to: 0.3, dt: 0.01)
    var first = try DDASolver(d), workers = d
    first.run(to: 0.15, dt: 0.01)
    var second = try DDASolver(d)
    second.restore(first.checkpoint)
    second.run(to: 0.3, dt: 0.01)
    #expect(second.checkpoint == whole.checkpoint)
    workers.workers = 3
    var many = try DDASolver(workers)
    many.run(to: 0.3, dt: 0.01)
    #expect(many.checkpoint == whole.checkpoint)

    var plain = d, idle = d
    for b in d.blocks.indices {
      plain.blocks[b].edgeLaws = []
      idle.blocks[b].edgeLaws = d.blocks[b].edgeLaws.map { _ in nil }
    }
    plain.edgeLaws = []
    plain.defaultJoint = try CoulombJoint(friction: 20 * degree)
    idle.defaultJoint = plain.defaultJoint
    var (a, b) = (try DDASolver(plain), try DDASolver(idle))
    a.run(to: 0.3, dt: 0.01)
    b.run(to: 0.3, dt: 0.01)
    #expect(a.checkpoint == b.checkpoint)
  }

  @Test("labels that are none are refused in one line")
  func badInput() throws {
    func says(_ words: String, _ change: (inout DDADefinition) -> Void) throws {
      var d = try incline(slope: 20, friction: 30)
      change(&d)
      do {
        _ = try DDASolver(d)
        Issue.record("\(words): accepted")
      } catch { #expect(error.description.contains(words), "\(error)") }
    }
    try says("block 1: has 3 edge laws for 4 edges") { $0.blocks[1].edgeLaws = [nil, nil, nil] }
    try says("block 1: has law 0 on edge 1; list the laws") {
      $0.blocks[1].edgeLaws = [nil, 0, nil, nil]
    }
    try says("block 0: has law 1 on edge 3; there are laws 0 to 0") {
      $0.edgeLaws = [$0.defaultJoint]
      $0.blocks[0].edgeLaws = [0, nil, nil, 1]
    }
  }
}
