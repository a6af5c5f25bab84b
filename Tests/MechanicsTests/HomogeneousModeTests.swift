import Mechanics
import Testing

@Suite("Homogeneous modes")
struct HomogeneousModeTests {
  /// Stretches (for simple shear: shears) of the checks.
  static let stretches = [0.5, 0.8, 1.0, 1.3, 2.5]

  @Test("incompressible neo-Hooke follows the closed forms of Treloar's book")
  func closedForms() throws {
    let mu = 2.0
    let law = try NeoHooke(mu: mu, lambda: 500)
    for l in HomogeneousModeTests.stretches {
      let uniaxial = law.incompressibleResponse(.uniaxial, l)
      #expect((uniaxial.nominal - mu * (l - 1 / (l * l))).magnitude < 1e-12)
      let equibiaxial = law.incompressibleResponse(.equibiaxial, l)
      let l5 = l * l * l * l * l
      #expect((equibiaxial.nominal - mu * (l - 1 / l5)).magnitude < 1e-10)
      #expect((equibiaxial.secondNominal - equibiaxial.nominal).magnitude < 1e-12)
      let shear = law.incompressibleResponse(.pureShear, l)
      #expect((shear.nominal - mu * (l - 1 / (l * l * l))).magnitude < 1e-12)
      #expect((shear.secondNominal - mu * (1 - 1 / (l * l))).magnitude < 1e-12)
      #expect((law.incompressibleResponse(.simpleShear, l).true - mu * l).magnitude < 1e-12)
      let biaxial = law.incompressibleResponse(.biaxial, l, second: 1.2)
      let across = 1 / (l * 1.2)
      #expect((biaxial.true - mu * (l * l - across * across)).magnitude < 1e-12)
      #expect((biaxial.secondTrue - mu * (1.44 - across * across)).magnitude < 1e-12)
    }
  }

  @Test("true stress = nominal stress × stretch / J in every mode with a free face")
  func nominalAndTrue() throws {
    let law = try Yeoh(c1: 0.5, c2: -0.02, c3: 0.003, bulk: 8)
    for mode in HomogeneousMode.allCases where mode != .simpleShear {
      for l in HomogeneousModeTests.stretches {
        let r = try law.compressibleResponse(mode, l, second: 1.2)
        #expect((r.true - r.nominal * l / r.volumeRatio).magnitude < 1e-12)
      }
    }
  }

  @Test("the compressible response leaves no lateral stress", arguments: HomogeneousMode.allCases)
  func lateralEquilibrium(mode: HomogeneousMode) throws {
    for (name, law) in finiteLaws {
      for l in HomogeneousModeTests.stretches {
        let r = try law.compressibleResponse(mode, l, second: 1.2)
        let S = law.evaluate(strain: r.deformation.rightCauchyGreen).stress
        for i in mode.freeDirections {
          #expect(S[i].magnitude < 1e-11, "\(name) \(mode) \(l): \(S[i])")
        }
      }
    }
  }

  @Test("with K = 1000 μ the compressible response is the incompressible one within 0.2 %")
  func nearlyIncompressible() throws {
    let laws: [any ConstitutiveLaw] = [
      try NeoHooke(mu: 1, lambda: 1000 - 2 / 3), try MooneyRivlin(c10: 0.4, c01: 0.1, bulk: 1000),
      try Ogden(terms: [.init(mu: 1, alpha: 2)], bulk: 1000),
    ]
    for law in laws {
      for mode in HomogeneousMode.allCases {
        for l in [0.8, 1.2, 1.8, 2.5] {
          let a = try law.compressibleResponse(mode, l, second: 1.2).nominal
          let b = law.incompressibleResponse(mode, l, second: 1.2)
          // Under high mean stress the volume really changes, by about σ/K.
          let high = (b.true.magnitude + b.secondTrue.magnitude) / 1000
          let tolerance = mode == .uniaxial || mode == .simpleShear ? 2e-3 : max(2e-3, 2 * high)
          #expect((a - b.nominal).magnitude < tolerance * b.nominal.magnitude, "\(mode) \(l)")
        }
      }
    }
  }

  @Test("power of the loads = rate of energy along every incompressible path")
  func workBalance() throws {
    let law = try Carroll(a: 0.3, b: 1e-5, c: 0.2, bulk: 8)
    let h = 1e-5
    for (mode, share) in [
      (HomogeneousMode.uniaxial, 1.0), (.equibiaxial, 2), (.pureShear, 1),
      (.simpleShear, 1),
    ] {
      for l in HomogeneousModeTests.stretches {
        let up = law.incompressibleResponse(mode, l + h).energy
        let down = law.incompressibleResponse(mode, l - h).energy
        let nominal = law.incompressibleResponse(mode, l).nominal
        #expect(
          ((up - down) / (2 * h) - share * nominal).magnitude < 1e-6 * max(1, nominal.magnitude))
      }
    }
  }

  @Test("where a law has no lateral equilibrium, the failure names mode and stretch")
  func failure() throws {
    // Beyond Gent's limit nothing can be evaluated.
    let law = try Gent(mu: 1, limit: 2, bulk: 8)
    #expect(throws: HomogeneousFailure.self) { try law.compressibleResponse(.uniaxial, 4) }
  }

  @Test("a Mandel vector and its matrix are one tensor; inner products agree")
  func mandel() {
    let v = [1.0, 2, 3, 0.4, -0.5, 0.6]
    let m = Mandel.matrix(v)
    #expect(distance(Mandel.vector(m), v) < 1e-15)
    #expect((norm(m) - norm(v)).magnitude < 1e-15)
    let C = DeformationGradient([1.2, 0.3, -0.1, 0.2, 0.9, 0.4, 0, -0.2, 1.1]).rightCauchyGreen
    let inverse = DeformationGradient([1.2, 0.3, -0.1, 0.2, 0.9, 0.4, 0, -0.2, 1.1])
      .inverseRightCauchyGreen
    let one = product(
      DeformationGradient(Mandel.matrix(C)), DeformationGradient(Mandel.matrix(inverse)))
    #expect(distance(one.entries, [1, 0, 0, 0, 1, 0, 0, 0, 1]) < 1e-14)
  }
}
