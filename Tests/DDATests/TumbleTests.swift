import Contact
import DDA
import Foundation
import Testing

@Suite("Blocks that tumble over a bend into a bank")
struct TumbleTests {
  /// Five columns of three blocks on a back of 40°, bed beyond a bend, and a bank of 60° to meet.
  private func chair(seed: Double, tolerance: Double, scheme: TimeScheme) throws -> DDADefinition {
    func way(_ angle: Double) -> Point { Point(cos(angle * degree), sin(angle * degree)) }
    let (back, seat, bank) = (-1 * way(140), way(-4), way(60))
    func bed(_ a: Point, _ b: Point) throws -> BlockDefinition {
      let under = 2 * Point((b - a).y, -(b - a).x) / (b - a).length
      return BlockDefinition(try Polygon([a, a + under, b + under, b]), isFixed: true)
    }
    let toe = 8 * seat
    var blocks = [
      try bed(-14 * back, Point()), try bed(Point(), toe), try bed(toe, toe + 12 * bank),
    ]
    // Cross joints lean, no two alike.
    let up = Point(-back.y, back.x)
    func corner(_ i: Int, _ layer: Int) -> Point {
      let lean = 0.2 * sin(seed + 2.3 * Double(i) + 0.7 * Double(layer))
      return -(1.3 * Double(i) + (layer == 0 ? 0 : lean)) * back + Double(layer) * up
    }
    for i in 0..<5 {
      for k in 0..<3 {
        blocks.append(
          BlockDefinition(
            try Polygon([corner(i + 1, k), corner(i, k), corner(i, k + 1), corner(i + 1, k + 1)])))
      }
    }
    var d = DDADefinition(
      blocks: blocks, materials: [try BlockMaterial(young: 1e8, poisson: 0.2, density: 2500)],
      joint: try CoulombJoint(friction: 15 * degree))
    d.enforcement = .augmentedLagrangian(tolerance: tolerance)
    d.scheme = scheme
    return d
  }

  /// Piles; many in the long validation.
  private static let seeds =
    isVerifying ? (0..<20).map { 0.3 * Double($0) + 0.2 } : [0.3, 1.7, 4.1]

  @Test(
    "no block enters another, by a test of polygons that knows nothing of contacts; impacts take energy",
    arguments: seeds, [0.01, 0.004])
  func apart(seed: Double, dt: Double) throws {
    for scheme in [TimeScheme(spectralRadius: 0), .classical] { try apart(seed, dt, scheme) }
  }

  private func apart(_ seed: Double, _ dt: Double, _ scheme: TimeScheme) throws {
    let tolerance = 1e-4
    var solver = try DDASolver(try chair(seed: seed, tolerance: tolerance, scheme: scheme))
    let start = solver.energy
    var (records, lost) = ([StepRecord](), 0.0)
    while solver.time < 4 {
      let before = solver.energy.joint + solver.energy.algorithmic
      records += solver.run(to: solver.time + 0.1, dt: dt)
      lost += max(0, before - solver.energy.joint - solver.energy.algorithmic)
      let outlines = try (0..<solver.blockCount).map { try Polygon(solver.outline($0)) }
      for i in outlines.indices {
        for j in 0..<i {
          // Blocks have radii below a metre.
          #expect(!outlines[i].overlaps(outlines[j], tolerance: 2 * tolerance), "\(i) and \(j)")
        }
      }
    }
    let fall = start.potential - solver.energy.potential
    #expect(records.allSatisfy { $0.converged })
    #expect(fall > 1e5 && solver.energy.joint + solver.energy.algorithmic > 0)
    #expect(lost < 0.01 * fall)
    #expect(abs(solver.energy.total - start.total) < 1e-6 * fall)
  }
}
