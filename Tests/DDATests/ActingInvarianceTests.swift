import Contact
import DDA
import Foundation
import Testing

@Suite("What must not matter where water, tractions and dashpots act")
struct ActingInvarianceTests {
  /// A column of two blocks under water on a dashpot foot, pushed from the side; and more of them
  /// far away.
  private func system(
    _ columns: Int, growth: Double = 1, _ map: (Point) -> Point = { $0 }
  ) throws -> DDADefinition {
    var blocks: [BlockDefinition] = []
    var d = DDADefinition(
      blocks: [], materials: [try BlockMaterial(young: 1e8, poisson: 0.2, density: 2500)],
      joint: try CoulombJoint(friction: 20 * degree, cohesion: 1e4))
    func outline(_ p: Polygon) throws -> Polygon { try Polygon(p.vertices.map(map)) }
    for k in 0..<columns {
      let x = 10 * Double(k)
      blocks += [
        BlockDefinition(try outline(try box(x - 2, -1, 6, 1)), isFixed: true),
        BlockDefinition(try outline(try box(x, 0, 2, 1))),
        BlockDefinition(try outline(try box(x, 1, 2, 1.5))),
      ]
      func at(_ u: Double, _ v: Double) -> Point { map(Point(x + u, v)) }
      d.edgeLoads += [
        EdgeLoad(
          block: 3 * k + 2, from: at(0, 2.5), to: at(0, 1), traction: Point(0, -2e4),
          tractionAtEnd: Point(0, -1e4 * (1 + growth * Double(k))), axes: .edge,
          history: .harmonic([.init(amplitude: 1, frequency: 20)]))
      ]
      d.absorbing += [AbsorbingEdge(block: 3 * k + 2, from: at(2, 1), to: at(2, 2.5))]
      d.water += [
        WaterPressure(
          .constant(2e3 * (1 + growth * Double(k))), region: try outline(try box(x - 3, -2, 7, 9)))
      ]
    }
    d.blocks = blocks
    return d
  }

  private func end(_ d: DDADefinition) throws -> DDASolver {
    var solver = try DDASolver(d)
    solver.run(to: 0.3, dt: 0.005)
    return solver
  }

  @Test("any number of workers, and a restart half-way: the same bits; the account closes")
  func bits() throws {
    var d = try system(5)
    let one = try end(d)
    #expect(abs(one.energy.total - (try DDASolver(d)).energy.total) < 1e-6 * one.energy.kinetic)
    #expect(one.energy.radiated > 0 && one.energy.friction > 0)
    for workers in [2, 7] {
      d.workers = workers
      #expect(try end(d).checkpoint == one.checkpoint)
    }
    var half = try DDASolver(d)
    half.run(to: 0.15, dt: 0.005)
    var again = try DDASolver(d)
    again.restore(half.checkpoint)
    again.run(to: 0.3, dt: 0.005)
    half.run(to: 0.3, dt: 0.005)
    #expect(again.checkpoint == half.checkpoint)
  }

  @Test("columns that cannot touch change nothing, to the last bit")
  func unrelated() throws {
    // The same loads: a column that has to halve a step halves it for all.
    let (alone, among) = (try end(system(1)), try end(system(3, growth: 0)))
    for b in 0..<3 {
      #expect(alone.outline(b) == among.outline(b))
      #expect(alone.velocity(b) == among.velocity(b))
    }
  }

  @Test("turned by 37° and moved by 10 km, everything goes along")
  func moved() throws {
    let plain = try end(system(1))
    let (c, s) = (cos(37 * degree), sin(37 * degree))
    func turn(_ p: Point) -> Point { Point(c * p.x - s * p.y, s * p.x + c * p.y) }
    var turned = try system(1, turn)
    turned.gravity = turn(turned.gravity)
    let found = try end(turned)
    let far = try end(system(1) { $0 + Point(1e4, -1e4) })
    for b in 1...2 {
      let way = plain.pose(b).centre - (try DDASolver(system(1))).pose(b).centre
      let other = found.pose(b).centre - (try DDASolver(turned)).pose(b).centre
      #expect((other - turn(way)).length < 1e-5 * way.length)
      #expect(
        (far.pose(b).centre - plain.pose(b).centre - Point(1e4, -1e4)).length < 1e-5 * way.length)
    }
  }
}
