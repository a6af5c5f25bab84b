import Contact
import DDA
import Foundation
import Testing

@Suite("A run that is written down, killed, and resumed by a new solver")
struct CheckpointTests {
  private typealias Checkpoint = DDASolver.Checkpoint

  private static func throughPropertyList(_ c: Checkpoint) throws -> Checkpoint {
    let encoder = PropertyListEncoder()
    encoder.outputFormat = .binary
    return try PropertyListDecoder().decode(Checkpoint.self, from: try encoder.encode(c))
  }

  private static func throughJSON(_ c: Checkpoint) throws -> Checkpoint {
    try JSONDecoder().decode(Checkpoint.self, from: try JSONEncoder().encode(c))
  }

  /// Runs on from steps `half` to `all` undisturbed, and from what was written at `half`.
  private func compare(
    _ d: DDADefinition, half: Int, all: Int, _ advance: (inout DDASolver) throws -> Void
  ) throws {
    var straight = try DDASolver(d)
    for _ in 0..<half { try advance(&straight) }
    let kept = straight.checkpoint
    let contacts = straight.contactReports.count
    for _ in half..<all { try advance(&straight) }
    for written in [
      try CheckpointTests.throughPropertyList(kept), try CheckpointTests.throughJSON(kept),
    ] {
      #expect(written == kept)
      var again = try DDASolver(d)
      try again.resume(from: written)
      #expect(again.contactReports.count == contacts)
      for _ in half..<all { try advance(&again) }
      #expect(again.checkpoint == straight.checkpoint)
      #expect(again.time == straight.time)
    }
  }

  @Test("in the middle of a slide")
  func slide() throws {
    try compare(try incline(slope: 28, friction: 22), half: 37, all: 80) { _ = $0.step(0.01) }
  }

  @Test("with friction that has a state of its own, and with a bond half worn")
  func laws() throws {
    var d = try incline(slope: 30, friction: 20)
    d.defaultJoint = try RateAndState(
      friction: 0.5, direct: 0.01, evolution: 0.015, length: 1e-3, rate: 1e-3)
    try compare(d, half: 41, all: 90) { _ = $0.step(0.01) }
    d.defaultJoint = try SlipWeakening(peak: 0.6, residual: 0.3, length: 0.2)
    try compare(d, half: 41, all: 90) { _ = $0.step(0.01) }
    d.defaultJoint = try CoulombJoint(friction: 0.3, cohesion: 4000)
    try compare(d, half: 41, all: 90) { _ = $0.step(0.01) }
  }

  @Test("of a pile that is hit, with steps that were cut, of both orders and schemes")
  func pile() throws {
    for (order, scheme) in [
      (BlockOrder.first, TimeScheme(spectralRadius: 0)), (.second, TimeScheme(spectralRadius: 0.5)),
    ] {
      var d = try wall(courses: 3, length: 3)
      d.blocks.append(BlockDefinition(try box(-2, 1.2, 0.7, 0.7), velocity: Point(15, 0), spin: 1))
      (d.order, d.scheme) = (order, scheme)
      d.enforcement = .augmentedLagrangian(tolerance: 1e-5)
      d.displacementRatio = 0.2
      var far = 0.02
      try compare(d, half: 8, all: 16) { solver in
        far = solver.time + 0.02
        solver.run(to: far, dt: 0.02)
      }
    }
  }

  @Test("with border points, told what to do beyond the time of writing")
  func border() throws {
    var d = try BorderPointTests.scene(TimeScheme(spectralRadius: 0))
    d.enforcement = .augmentedLagrangian(tolerance: 1e-6)
    var straight = try DDASolver(d)
    try BorderPointTests.shake(&straight, steps: 30)
    let t = straight.time
    for i in 0..<2 { try straight.guide(i, to: Point(0.02, 0.01), at: t + 0.3) }
    straight.run(to: t + 0.1, dt: 0.01)
    var again = try DDASolver(d)
    try again.resume(from: try CheckpointTests.throughPropertyList(straight.checkpoint))
    for i in 0..<4 {
      #expect(again.borderForce(i) == straight.borderForce(i))
      #expect(again.borderWork(i) == straight.borderWork(i))
      #expect(again.borderDisplacement(i) == straight.borderDisplacement(i))
      #expect(again.borderVelocity(i) == straight.borderVelocity(i))
    }
    #expect(again.momentumBalance == straight.momentumBalance)
    straight.run(to: t + 0.3, dt: 0.01)
    again.run(to: t + 0.3, dt: 0.01)
    #expect(again.checkpoint == straight.checkpoint)
    #expect((again.borderDisplacement(0) - Point(0.02, 0.01)).length < 1e-12)
  }

  @Test("one of another system is refused in one line")
  func refused() throws {
    let other = try DDASolver(try wall(courses: 2, length: 2))
    var solver = try DDASolver(try incline(slope: 28, friction: 22))
    #expect(throws: DDAError.self) { try solver.resume(from: other.checkpoint) }
    #expect(solver.time == 0)
  }
}
