import Mechanics
import Testing

/// Every law of the pair C & S with parameters of a rubber (order one instead of MPa).
let finiteLaws: [(name: String, law: any ConstitutiveLaw)] = [
  ("neo-Hooke", try! NeoHooke(mu: 1, lambda: 10)),
  ("Mooney-Rivlin", try! MooneyRivlin(c10: 0.4, c01: 0.1, bulk: 8)),
  ("Yeoh", try! Yeoh(c1: 0.5, c2: -0.02, c3: 0.003, bulk: 8)),
  (
    "Ogden-3",
    try! Ogden(
      terms: [
        .init(mu: 1.491, alpha: 1.3), .init(mu: 0.003, alpha: 5), .init(mu: -0.0237, alpha: -2),
      ], bulk: 8)
  ),
  ("Gent", try! Gent(mu: 1, limit: 40, bulk: 8)),
  ("Carroll", try! Carroll(a: 0.3, b: 1e-5, c: 0.2, bulk: 8)),
]

/// Kinds of deformation the checks run over.
enum Sample: String, CaseIterable, Sendable {
  case nearRest, moderate, large, twoEqual, nearlyEqual, allEqual, sheared

  /// A deformation gradient with J > 0 and Ī1 below every law's limit.
  func deformation(_ random: inout SplitMix) -> DeformationGradient {
    func general(_ size: Double) -> DeformationGradient {
      var f = [1.0, 0, 0, 0, 1, 0, 0, 0, 1]
      for i in 0..<9 { f[i] += size * random.uniform(-1, 1) }
      return DeformationGradient(f)
    }
    switch self {
    case .nearRest: return general(1e-3)
    case .moderate: return general(0.2)
    case .large:
      return product(rotation(&random), DeformationGradient(diagonal: 3, 0.7, 0.55), general(0.05))
    case .twoEqual: return product(rotation(&random), DeformationGradient(diagonal: 1.7, 1.7, 0.4))
    case .nearlyEqual:
      return product(
        DeformationGradient(diagonal: 1.7, 1.7 * (1 + 1e-9), 0.4), rotation(&random))
    case .allEqual: return DeformationGradient(diagonal: 1.1, 1.1, 1.1)
    case .sheared: return DeformationGradient([1, 0.8, 0.1, 0, 1, -0.3, 0, 0, 1])
    }
  }
}

@Suite("Laws: stress and tangent are derivatives of the energy")
struct DerivativeTests {
  @Test("S = 2 ∂W/∂C and the tangent = 2 ∂S/∂C, to 1e-6", arguments: Sample.allCases)
  func differences(sample: Sample) {
    var random = SplitMix(seed: 11)
    for (name, law) in finiteLaws {
      for _ in 0..<5 {
        let C = sample.deformation(&random).rightCauchyGreen
        let here = law.evaluate(strain: C)
        let h = 1e-5 * norm(C)
        var stress = [Double](repeating: 0, count: 6)
        var tangent = [Double](repeating: 0, count: 36)
        for j in 0..<6 {
          var (up, down) = (C, C)
          up[j] += h
          down[j] -= h
          let (a, b) = (law.evaluate(strain: up), law.evaluate(strain: down))
          stress[j] = (a.energy - b.energy) / h
          for i in 0..<6 { tangent[6 * i + j] = (a.stress[i] - b.stress[i]) / h }
        }
        // Near rest the stress itself is small: its differences round against the stiffness.
        let floor = 1e-3 * norm(here.tangent)
        let stressError = distance(stress, here.stress) / max(norm(here.stress), floor)
        #expect(stressError < 1e-6, "\(name), \(sample): \(stressError)")
        let tangentError = distance(tangent, here.tangent) / norm(here.tangent)
        #expect(tangentError < 1e-6, "\(name), \(sample): \(tangentError)")
      }
    }
  }

  @Test("the small-strain law: stress and tangent follow from the energy, moduli are E and ν")
  func linear() throws {
    let law = try LinearElastic(young: 210e9, poisson: 0.3)
    let e = [1e-3, -2e-4, 5e-4, 3e-4, -1e-4, 2e-4]
    let here = law.evaluate(strain: e)
    let product = (0..<6).map { i in (0..<6).reduce(0) { $0 + here.tangent[6 * i + $1] * e[$1] } }
    #expect(distance(product, here.stress) < 1e-12 * norm(here.stress))
    let twice = zip(here.stress, e).reduce(0) { $0 + $1.0 * $1.1 }
    #expect((here.energy - 0.5 * twice).magnitude < 1e-14 * here.energy)
    // Uniaxial stress: strain (1, −ν, −ν) ε gives σ = E ε and nothing across.
    let uniaxial = law.evaluate(strain: [1e-3, -3e-4, -3e-4, 0, 0, 0]).stress
    #expect((uniaxial[0] - 210e6).magnitude < 1e-6)
    #expect(uniaxial[1].magnitude < 1e-6)
    #expect((law.shearModulusAtRest - 210e9 / 2.6).magnitude < 1)
    #expect((law.bulkModulusAtRest - 175e9).magnitude < 1)
  }
}

@Suite("Laws: what mechanics demands")
struct PrincipleTests {
  @Test("the undeformed state has neither energy nor stress, exactly")
  func rest() {
    for (name, law) in finiteLaws {
      let rest = law.evaluate(strain: [1, 1, 1, 0, 0, 0])
      #expect(rest.energy == 0, "\(name): \(rest.energy)")
      #expect(rest.stress.allSatisfy { $0 == 0 }, "\(name): \(rest.stress)")
    }
  }

  @Test("isotropic: a rotated C gives the rotated stress and the same energy")
  func isotropy() {
    var random = SplitMix(seed: 5)
    for (name, law) in finiteLaws {
      for sample in Sample.allCases {
        let F = sample.deformation(&random)
        let Q = rotation(&random)
        let a = law.evaluate(strain: F.rightCauchyGreen)
        let b = law.evaluate(strain: product(F, Q).rightCauchyGreen)
        #expect((a.energy - b.energy).magnitude <= 1e-11 * max(1, a.energy), "\(name), \(sample)")
        let turned = product(Q, matrix: Mandel.matrix(b.stress))
        let scale = max(norm(a.stress), 1e-2)
        #expect(distance(turned, a.stress) < 1e-11 * scale, "\(name), \(sample)")
      }
    }
  }

  @Test("objective: a rotation of the deformed body turns the true stress with it")
  func objectivity() {
    var random = SplitMix(seed: 6)
    for (_, law) in finiteLaws {
      let F = Sample.large.deformation(&random)
      let Q = rotation(&random)
      let QF = product(Q, F)
      #expect(distance(F.rightCauchyGreen, QF.rightCauchyGreen) < 1e-13 * 10)
      let before = F.cauchyStress(from: law.evaluate(strain: F.rightCauchyGreen).stress)
      let after = QF.cauchyStress(from: law.evaluate(strain: QF.rightCauchyGreen).stress)
      let T = DeformationGradient((0..<9).map { Q[$0 % 3, $0 / 3] })
      let back = product(T, matrix: Mandel.matrix(after))
      #expect(distance(back, before) < 1e-11 * norm(before))
    }
  }

  @Test("moduli at rest are those of the textbooks")
  func moduli() throws {
    func check(_ law: any ConstitutiveLaw, _ mu: Double, _ bulk: Double) {
      #expect((law.shearModulusAtRest - mu).magnitude < 1e-12 * mu)
      #expect((law.bulkModulusAtRest - bulk).magnitude < 1e-12 * bulk)
    }
    check(try NeoHooke(mu: 1, lambda: 10), 1, 10 + 2.0 / 3)
    check(try MooneyRivlin(c10: 0.4, c01: 0.1, bulk: 8), 1, 8)
    check(try Yeoh(c1: 0.5, c2: -0.02, c3: 0.003, bulk: 8), 1, 8)
    check(try Gent(mu: 1, limit: 40, bulk: 8), 1, 8)
    check(try Carroll(a: 0.3, b: 1e-5, c: 0.2, bulk: 8), 0.60216 + 0.2 / 3.0.squareRoot(), 8)
    check(try Ogden(terms: [.init(mu: 1, alpha: 2), .init(mu: -0.5, alpha: -2)], bulk: 8), 1.5, 8)
  }

  @Test("Ogden with α = 2 and −2 is Mooney–Rivlin")
  func ogdenIsMooney() throws {
    var random = SplitMix(seed: 8)
    let ogden = try Ogden(terms: [.init(mu: 0.8, alpha: 2), .init(mu: -0.2, alpha: -2)], bulk: 8)
    let mooney = try MooneyRivlin(c10: 0.4, c01: 0.1, bulk: 8)
    for sample in Sample.allCases {
      let C = sample.deformation(&random).rightCauchyGreen
      let (a, b) = (ogden.evaluate(strain: C), mooney.evaluate(strain: C))
      #expect((a.energy - b.energy).magnitude < 1e-12 * max(1, b.energy))
      #expect(distance(a.stress, b.stress) < 1e-12 * max(1, norm(b.stress)))
      #expect(distance(a.tangent, b.tangent) < 1e-12 * norm(b.tangent))
    }
  }

  @Test("det C ≤ 0 gives NaN in energy, stress and tangent, and no trap")
  func inadmissible() {
    for (name, law) in finiteLaws {
      for C in [
        [1, 1, 0, 0, 0, 0], [1, 1, -0.1, 0, 0, 0], [1, 1, 1, 0, 0, 3], [.nan, 1, 1, 0, 0, 0],
      ] {
        let r = law.evaluate(strain: C)
        #expect(r.energy.isNaN, "\(name) \(C)")
        #expect(r.stress[0].isNaN && r.tangent[0].isNaN, "\(name) \(C)")
      }
    }
  }

  @Test("Gent's limit gives NaN, not a stress of the wrong sign")
  func gentLimit() throws {
    let r = try Gent(mu: 1, limit: 2, bulk: 8).evaluate(strain: [9, 1 / 3, 1 / 3, 0, 0, 0])
    #expect(r.energy.isNaN && r.stress[0].isNaN && r.tangent[0].isNaN)
  }

  @Test("parameters that no material has are refused by name")
  func refusals() {
    func name(_ body: () throws -> Void) -> String? {
      do { try body() } catch let e as ParameterError { return e.name } catch { return nil }
      return nil
    }
    #expect(name { _ = try NeoHooke(mu: -1, lambda: 1) } == "mu")
    #expect(name { _ = try LinearElastic(young: 1, poisson: 0.5) } == "poisson")
    #expect(name { _ = try MooneyRivlin(c10: 1, c01: -2, bulk: 1) } == "c10 + c01")
    #expect(name { _ = try Yeoh(c1: 1, c2: .nan, c3: 0, bulk: 1) } == "c2")
    #expect(name { _ = try Gent(mu: 1, limit: 0, bulk: 1) } == "limit")
    #expect(name { _ = try Carroll(a: 1, b: 0, c: 0, bulk: -1) } == "bulk")
    #expect(name { _ = try Ogden(terms: [.init(mu: 1, alpha: 0)], bulk: 1) } == "alpha1")
  }

  @Test("lanes do not see each other: a point gives the same bits in any company")
  func lanes() {
    var random = SplitMix(seed: 9)
    for (name, law) in finiteLaws {
      var batch = PointBatch(groups: 2)
      let points = (0..<16).map { Sample.allCases[$0 % 7].deformation(&random).rightCauchyGreen }
      for (p, C) in points.enumerated() { batch.setStrain(C, of: p) }
      law.evaluate(&batch)
      for (p, C) in points.enumerated() {
        let alone = law.evaluate(strain: C)
        #expect(alone.energy == batch.energy(of: p), "\(name)")
        #expect(alone.stress == batch.stress(of: p), "\(name)")
        #expect(alone.tangent == batch.tangent(of: p), "\(name)")
      }
    }
  }
}
