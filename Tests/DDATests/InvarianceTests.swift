import Contact
import DDA
import Foundation
import Testing

@Suite("What must not matter")
struct InvarianceTests {
  /// Where the sliding block is after a second, and how it is turned.
  private func slide(_ d: DDADefinition, block: Int = 1, scale: Double = 1) throws -> Point {
    var solver = try DDASolver(d)
    let start = solver.pose(block).centre
    solver.run(to: scale.squareRoot(), dt: 0.01 * scale.squareRoot())
    return (solver.pose(block).centre - start) / scale
  }

  private func transformed(_ d: DDADefinition, _ map: (Point) -> Point) throws -> DDADefinition {
    var d = d
    for b in d.blocks.indices {
      d.blocks[b].polygon = try Polygon(d.blocks[b].polygon.vertices.map(map))
    }
    return d
  }

  @Test("a block that touches nothing changes nothing, to the last bit")
  func unrelated() throws {
    var d = try incline(slope: 28, friction: 22)
    let alone = try slide(d)
    d.blocks.append(BlockDefinition(try box(30, 30, 1, 1)))
    #expect(try slide(d) == alone)
  }

  @Test("a restart half-way gives the same bits")
  func restart() throws {
    let d = try incline(slope: 28, friction: 22)
    var straight = try DDASolver(d)
    straight.run(to: 0.5, dt: 0.01)
    let half = straight.checkpoint
    straight.run(to: 1, dt: 0.01)
    var again = try DDASolver(d)
    again.restore(half)
    again.run(to: 1, dt: 0.01)
    #expect(again.checkpoint == straight.checkpoint)
  }

  @Test("any number of workers gives the same bits")
  func workers() throws {
    var d = try wall(courses: 2, length: 2)
    // Forty columns apart from one another, and a wall.
    for k in 0..<40 {
      let x = 20 + 4 * Double(k)
      d.blocks.append(BlockDefinition(try box(x - 1, -1, 3, 1), isFixed: true))
      d.blocks.append(BlockDefinition(try box(x, 0, 1, 1), velocity: Point(0.01 * Double(k), 0)))
      d.blocks.append(BlockDefinition(try box(x, 1, 1, 1)))
    }
    func end(_ workers: Int) throws -> DDASolver.Checkpoint {
      d.workers = workers
      var solver = try DDASolver(d)
      solver.run(to: 0.1, dt: 0.01)
      return solver.checkpoint
    }
    let one = try end(1)
    #expect(try end(2) == one)
    #expect(try end(7) == one)
  }

  @Test("turned by 37°, moved by 10 km, scaled, renumbered: the same slide to 1e-8")
  func moved() throws {
    let d = try incline(slope: 28, friction: 22)
    let plain = try slide(d)
    let (c, s) = (cos(37 * degree), sin(37 * degree))
    func turn(_ p: Point) -> Point { Point(c * p.x - s * p.y, s * p.x + c * p.y) }
    var turned = try transformed(d, turn)
    turned.gravity = turn(d.gravity)
    #expect((try slide(turned) - turn(plain)).length < 1e-8 * plain.length)
    let far = try transformed(d) { $0 + Point(1e4, -1e4) }
    #expect((try slide(far) - plain).length < 1e-8 * plain.length)
    for factor in [0.1, 10] {
      // Stresses grow with size under the same gravity: so must the modulus.
      var scaled = try transformed(d) { factor * $0 }
      scaled.materials[0].young *= factor
      #expect((try slide(scaled, scale: factor) - plain).length < 1e-8 * plain.length)
    }
    var renumbered = d
    renumbered.blocks.reverse()
    #expect((try slide(renumbered, block: 0) - plain).length < 1e-8 * plain.length)
  }

  /// Where the bricks of a seated wall have gone after a second, in order.
  private func settled(_ d: DDADefinition, scale: Double = 1) throws -> [Point] {
    // Times grow with the root of lengths, those of seating too: what rubs depends on its path.
    let second = scale.squareRoot()
    var solver = try seated(d, for: 20 * second, dt: second)
    solver.run(to: 21 * second, dt: 0.02 * second)
    return (0..<solver.blockCount).map {
      (solver.pose($0).centre - d.blocks[$0].polygon.centroid) / scale
    }
  }

  // Bricks of 2 m. What rubs under way to rest has more than one place to rest, and rounding chooses: a wall of stone
  // hardly moves (3e-8 of a brick measured), one so soft that it sinks by a tenth of a metre is less sure of its place
  // (2.6e-5 measured).
  @Test(
    "a wall turned by 37°, moved by 10 km, scaled, renumbered: the same bricks, of stone to 1e-7 of one",
    .enabled(if: isVerifying, "long validation: set DEEPMANIFOLD_VERIFY=1"))
  func standing() throws {
    try standing(young: 5e9, share: 1e-7)
    withKnownIssue("1e-5 of a brick is missed where bricks are soft", isIntermittent: true) {
      try standing(young: 3e6, share: 1e-5)
    }
  }

  private func standing(young: Double, share: Double) throws {
    let limit = 2 * share
    var d = try wall(courses: 6, length: 4)
    d.materials[0].young = young
    let plain = try settled(d)
    func differ(_ found: [Point], _ map: (Point) -> Point = { $0 }) -> Double {
      zip(found, plain).map { ($0 - map($1)).length }.max()!
    }
    let (c, s) = (cos(37 * degree), sin(37 * degree))
    func turn(_ p: Point) -> Point { Point(c * p.x - s * p.y, s * p.x + c * p.y) }
    var turned = try transformed(d, turn)
    turned.gravity = turn(d.gravity)
    let aside = differ(try settled(turned), turn)
    #expect(aside < limit)
    let far = differ(try settled(try transformed(d) { $0 + Point(1e4, -1e4) }))
    #expect(far < limit)
    for factor in [0.1, 10] {
      var scaled = try transformed(d) { factor * $0 }
      scaled.materials[0].young *= factor
      let sized = differ(try settled(scaled, scale: factor))
      #expect(sized < limit)
    }
    var renumbered = d
    renumbered.blocks.reverse()
    let reversed = differ(try settled(renumbered).reversed())
    #expect(reversed < limit)
  }
}
