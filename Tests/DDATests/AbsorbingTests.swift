import Contact
import DDA
import Foundation
import Testing

@Suite("Viscous boundaries")
struct AbsorbingTests {
  /// A bar of bonded unit blocks, hit on its left end by a pulse as long as twelve of them: along
  /// it, or across it with its corners kept from moving along, so that it shears and does not bend.
  private func bar(_ count: Int, absorbs: Bool, across: Bool) throws -> DDADefinition {
    var d = DDADefinition(
      blocks: try (0..<count).map { BlockDefinition(try box(Double($0), 0, 1, 1)) },
      materials: [try BlockMaterial(young: 1e8, poisson: 0, density: 1000)],
      joint: try CoulombJoint(friction: 0.5, cohesion: 1e12, tension: 1e12))
    d.gravity = Point()
    d.scheme = TimeScheme(spectralRadius: 0.8)
    let time = 12 / speed(across)
    d.edgeLoads = [
      EdgeLoad(
        block: 0, from: Point(0, 0), to: Point(0, 1),
        traction: across ? Point(0, 1e3) : Point(1e3, 0),
        history: .table(
          times: (0...48).map { Double($0) / 48 * time },
          values: (0...48).map { pow(sin(.pi * Double($0) / 48), 2) }))
    ]
    let x = Double(count)
    // Joints yield elastically within the tolerance; the pulse moves blocks by micrometres.
    d.enforcement = .augmentedLagrangian(tolerance: 1e-12)
    if absorbs {
      d.absorbing = [AbsorbingEdge(block: count - 1, from: Point(x, 0), to: Point(x, 1))]
    }
    if across {
      for b in 0..<count {
        for corner in d.blocks[b].polygon.vertices {
          d.held.append(HeldPoint(block: b, point: corner, direction: Point(1, 0)))
        }
      }
    }
    return d
  }

  /// √(E/ρ) along the bar, √(G/ρ) across, m/s.
  private func speed(_ across: Bool) -> Double { ((across ? 0.5e8 : 1e8) / 1000).squareRoot() }

  @Test(
    "a pulse leaves a bar of bonded blocks through dashpots, and comes back without them",
    arguments: [false, true])
  func pulse(across: Bool) throws {
    let c = speed(across)
    var left: [Bool: Double] = [:]
    for absorbs in [true, false] {
      var solver = try DDASolver(try bar(40, absorbs: absorbs, across: across))
      // The whole pulse is in the bar; then it has met the far end.
      let records = solver.run(to: 25 / c, dt: 0.25 / c)
      let before = solver.energy
      let more = solver.run(to: 65 / c, dt: 0.25 / c)
      let after = solver.energy
      #expect((records + more).allSatisfy { $0.converged })
      #expect(abs(after.total) < 1e-6 * after.external)
      left[absorbs] = after.stored / before.stored
    }
    #expect(left[true]! < 1e-3)
    #expect(left[false]! > 0.998)
  }

  @Test(
    "weak dashpots stop a block as e^(−a ρ c l t/m), c_p along the normal and c_s along the edge")
  func decay() throws {
    for (plane, order, along) in [
      (PlaneState.strain, BlockOrder.first, false), (.stress, .second, true),
      (.strain, .second, true), (.stress, .first, false),
    ] {
      var d = DDADefinition(
        blocks: [BlockDefinition(try box(0, 0, 2, 1))],
        materials: [try BlockMaterial(young: 1e8, poisson: 0.3, density: 1000)],
        joint: try CoulombJoint(friction: 0.5))
      (d.gravity, d.plane, d.order, d.thickness) = (Point(), plane, order, 1.5)
      d.scheme = .trapezoidal
      d.blocks[0].velocity = along ? Point(0, 1) : Point(1, 0)
      for x in [0.0, 2] {
        d.absorbing.append(
          AbsorbingEdge(
            block: 0, from: Point(x, 0), to: Point(x, 1), normal: 1e-4, tangential: 1e-4))
      }
      var solver = try DDASolver(d)
      let start = solver.energy
      let (nu, G) = (0.3, 1e8 / 2.6)
      let M = plane == .strain ? 2 * G * (1 - nu) / (1 - 2 * nu) : 1e8 / (1 - nu * nu)
      let c = ((along ? G : M) / 1000).squareRoot()
      // Two edges of 1 m on 2 m² of block: the rate is a c / 1 m.
      solver.run(to: 1e4 / c, dt: 20 / c)
      let v = solver.velocity(0).centre.length
      #expect(abs(v / exp(-1) - 1) < 1e-3)
      #expect(abs(solver.energy.total - start.total) < 1e-10 * start.kinetic)
      #expect(abs(solver.energy.radiated / start.kinetic - (1 - exp(-2))) < 1e-2)
    }
  }

  @Test("what is no viscous boundary is refused")
  func refused() throws {
    for edge in [
      AbsorbingEdge(block: 0, from: Point(0, 0), to: Point(1, 1)),
      AbsorbingEdge(block: 0, from: Point(0, 0), to: Point(1, 0), normal: -1),
    ] {
      var d = try bar(2, absorbs: false, across: false)
      d.absorbing = [edge]
      #expect(throws: DDAError.self) { try DDASolver(d) }
    }
  }
}
