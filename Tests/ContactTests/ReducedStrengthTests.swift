import Contact
import Testing

@Suite("Reduced strength")
struct ReducedStrengthTests {
  @Test("every law at F answers as at 1, divided by F; its variable moves as before")
  func divides() throws {
    let laws: [any InterfaceLaw] = [
      try CoulombJoint(friction: 0.6, residual: 0.3, cohesion: 2e4, tension: 1e4),
      try SlipWeakening(peak: 0.6, residual: 0.2, length: 0.1),
      try BartonBandis(roughness: 8, wallStrength: 5e7, basicAngle: 0.5),
      try RateAndState(friction: 0.6, direct: 0.01, evolution: 0.02, length: 1e-4, rate: 1e-6),
    ]
    var given = InterfaceBatch()
    given.resize(3)
    (given.normal, given.length) = ([1e4, 2e5, -10], [0.5, 1, 2])
    (given.slip, given.slipRate) = ([0, 0.1, 1], [1e-7, 1e-3, 0])
    (given.isBonded, given.variable) = ([true, false, true], [0, 0.2, -0.1])
    for law in laws {
      var (plain, reduced) = (given, given)
      let weak = try ReducedStrength(law, factor: 1.7)
      law.strength(&plain)
      weak.strength(&reduced)
      for i in 0..<3 {
        #expect(reduced.shearStrength[i] == plain.shearStrength[i] / 1.7)
        #expect(reduced.tensileStrength[i] == plain.tensileStrength[i] / 1.7)
      }
      law.advance(&plain, dt: 0.1)
      weak.advance(&reduced, dt: 0.1)
      #expect(plain.variable == reduced.variable)
      #expect(throws: ContactError.self) { try ReducedStrength(law, factor: 0) }
    }
  }
}
