import ConstitutiveManifold
import Mechanics
import Testing

@Suite("Coverage: where a law may be trusted")
struct CoverageTests {
  private func C(_ mode: HomogeneousMode, _ l: Double) -> [Double] {
    mode.deformation(l, lateral: mode.lateralStretch(l)).rightCauchyGreen
  }

  @Test("measured states are inside, states beyond them outside")
  func treloarRegion() throws {
    let tests = try treloar()
    let coverage = Coverage(of: tests)
    for test in tests {
      for p in 0..<test.count { #expect(coverage.covers(test.deformation(p).rightCauchyGreen)) }
    }
    #expect(coverage.covers([1, 1, 1, 0, 0, 0]))
    #expect(coverage.covers(C(.uniaxial, 5)) && !coverage.covers(C(.uniaxial, 9)))
    #expect(coverage.covers(C(.equibiaxial, 3)) && !coverage.covers(C(.equibiaxial, 6)))
    #expect(coverage.distance(to: C(.equibiaxial, 6)) > 0.2)
    // Isotropy: compression to ½ is equibiaxial tension to √2.
    #expect(coverage.covers(C(.uniaxial, 0.5)))
    // A measured incompressible material says nothing of volume change.
    #expect(!coverage.covers([1.2, 1.2, 1.2, 0, 0, 0]))
    #expect(coverage.distance(to: [1, 1, -1, 0, 0, 0]) == .infinity)
    #expect(
      coverage.ranges.map(\.mode) == [.uniaxial, .equibiaxial, .pureShear])
    #expect(coverage.ranges[0] == .init(mode: .uniaxial, lower: 1, upper: 7.6))
  }

  @Test("held-out tests cover nothing; one mode alone does not cover the others")
  func heldOut() throws {
    let coverage = Coverage(of: try treloar(heldOut: [.equibiaxial, .pureShear]))
    #expect(coverage.points.count == 3 * 24)
    #expect(coverage.covers(C(.uniaxial, 5)))
    #expect(!coverage.covers(C(.equibiaxial, 3)))
  }

  @Test("a rotated or sheared state is placed by its invariants alone")
  func invariance() throws {
    let coverage = Coverage(of: try treloar())
    let shear = HomogeneousMode.simpleShear.deformation(1.5, lateral: 1).rightCauchyGreen
    // Simple shear by γ is pure shear by λ = (γ + √(γ² + 4))/2 = 2.
    let distance = coverage.distance(to: shear) - coverage.distance(to: C(.pureShear, 2))
    #expect(distance.magnitude < 1e-12)
  }

  @Test("rebuilt from its numbers it is the same")
  func restore() throws {
    let coverage = Coverage(of: try treloar())
    #expect(Coverage(points: coverage.points, ranges: coverage.ranges) == coverage)
  }

  @Test("a test with wrong numbers is refused with test, point and column")
  func badTests() {
    func problem(_ body: () throws -> HomogeneousTest) -> String {
      do { _ = try body() } catch { return "\(error)" }
      return ""
    }
    #expect(
      problem {
        try HomogeneousTest(name: "a", mode: .uniaxial, stretches: [1, -2], stresses: [0, 1])
      } == "test 'a', point 2: stretch is -2.0; it must be positive")
    #expect(
      problem {
        try HomogeneousTest(
          name: "a", mode: .uniaxial, stretches: [1, 2], stresses: [.infinity, 1])
      }.contains("point 1: stress is inf"))
    #expect(
      problem { try HomogeneousTest(name: "a", mode: .uniaxial, stretches: [], stresses: []) }
        == "test 'a' has no points")
    #expect(
      problem { try HomogeneousTest(name: "a", mode: .uniaxial, stretches: [1], stresses: []) }
        .contains("1 stretches but 0 values of stress"))
    #expect(
      problem { try HomogeneousTest(name: "a", mode: .biaxial, stretches: [1], stresses: [0]) }
        .contains("stretch_2"))
    #expect(
      problem {
        try HomogeneousTest(
          name: "a", mode: .simpleShear, stretches: [0.1], stresses: [1], volumeRatios: [1.1])
      }.contains("keeps the volume"))
  }

  @Test("classical laws go through name and parameters and come back the same")
  func names() throws {
    let laws: [Law] = [
      .linearElastic(try LinearElastic(young: 210e9, poisson: 0.3)),
      .neoHooke(try NeoHooke(mu: 1, lambda: 10)),
      .mooneyRivlin(try MooneyRivlin(c10: 0.4, c01: 0.1, bulk: 8)),
      .yeoh(try Yeoh(c1: 0.5, c2: -0.02, c3: 0.003, bulk: 8)),
      .ogden(try Ogden(terms: [.init(mu: 1, alpha: 2), .init(mu: -0.5, alpha: -2)], bulk: 8)),
      .gent(try Gent(mu: 1, limit: 40, bulk: 8)),
      .carroll(try Carroll(a: 0.3, b: 1e-5, c: 0.2, bulk: 8)),
    ]
    for law in laws {
      #expect(try Law(name: law.name, parameters: law.parameters.reversed()) == law)
      #expect(law.parameters.allSatisfy { $0.unit == "Pa" || $0.unit == "-" })
    }
    #expect(throws: LawError.unknownLaw("hook")) { try Law(name: "hook", parameters: []) }
    #expect(throws: LawError.missingParameter(law: "gent", parameter: "limit")) {
      try Law(name: "gent", parameters: [LawParameter("mu", 1, "Pa")])
    }
    for name in LawFamily.names { #expect(LawFamily(name: name)?.name == name) }
    #expect(LawFamily(name: "ogden-9") == nil)
  }
}
