import ConstitutiveManifold
import Glibc
import Manifold
import Mechanics
import Testing

/// Directions at rest for d = 1, 2, 3; the second is orthogonal to the first or not.
private func directions(_ d: Int, orthogonal: Bool = true) throws -> [PreferredDirection] {
  let all = try [
    PreferredDirection([2, 1, 2], dispersion: 0.05),
    orthogonal ? PreferredDirection([1, 2, -2]) : PreferredDirection([1, 0.3, 0.2]),
    PreferredDirection([-2, 2, 1], dispersion: 0.2),
  ]
  return Array(all.prefix(d))
}

private func weights(
  _ architecture: StackedPotential.Architecture, seed: UInt64
) throws -> StackedPotential {
  var random = SplitMix64(seed: seed)
  let size = 1.5 / Double(architecture.widths.max()!).squareRoot()
  return try StackedPotential(
    architecture: architecture,
    weights: architecture.kinds.map { kind in
      switch kind {
      case .nonNegative: random.uniform(0, size)
      case .free: random.uniform(-1, 1)
      case .zero: 0
      }
    })
}

/// A law with random weights.
func randomAnisotropicLaw(
  _ widths: [Int], directions d: Int, polyconvex: Bool = true, orthogonal: Bool = true,
  seed: UInt64 = 3
) throws -> AnisotropicLearnedLaw {
  let architecture = try AnisotropicLearnedLaw.architecture(
    widths: widths, directions: d, polyconvex: polyconvex, seesVolume: true)
  return try AnisotropicLearnedLaw(
    potential: weights(architecture, seed: seed),
    directions: directions(d, orthogonal: orthogonal), stressScale: 0.7,
    featureScales: Array([1.3, 2, 0.8, 0.6, 0.9, 0.7, 0.5, 1.1, 0.8].prefix(3 + 2 * d)),
    growth: 0.4, cofactor: 0.1, bulk: 50)
}

/// A small-strain law with random weights and no stiffness of its own unless given.
func randomSmallStrainLaw(
  _ widths: [Int], directions d: Int, convex: Bool = true,
  stiffness: [Double] = Array(repeating: 0, count: 36)
) throws -> SmallStrainLearnedLaw {
  let architecture = try SmallStrainLearnedLaw.architecture(
    widths: widths, directions: d, convex: convex)
  return try SmallStrainLearnedLaw(
    potential: weights(architecture, seed: 7), directions: directions(d), stressScale: 2,
    featureScales: Array(repeating: 0.01, count: 3 + 2 * d), smoothing: 2e-3, stiffness: stiffness)
}

/// Stress and tangent of `law` against differences of its energy and stress.
private func derivativeDefect(
  _ law: some ConstitutiveLaw, at x: [Double], step h: Double, energyFactor: Double
) -> (stress: Double, tangent: Double) {
  let here = law.evaluate(strain: x)
  var stress = [Double](repeating: 0, count: 6)
  var tangent = [Double](repeating: 0, count: 36)
  for j in 0..<6 {
    var (up, down) = (x, x)
    up[j] += h
    down[j] -= h
    let (a, b) = (law.evaluate(strain: up), law.evaluate(strain: down))
    stress[j] = energyFactor * (a.energy - b.energy) / (2 * h)
    for i in 0..<6 { tangent[6 * i + j] = energyFactor * (a.stress[i] - b.stress[i]) / (2 * h) }
  }
  let size = norm(here.tangent)
  return (
    distance(stress, here.stress) / max(norm(here.stress), 1e-3 * size * norm(x)),
    distance(tangent, here.tangent) / size
  )
}

/// Largest relative defect of energy and stress under a rotation of the material.
private func symmetryDefect(
  _ law: some ConstitutiveLaw, _ strain: [Double], _ Q: [Double]
) -> Double {
  let R = MaterialSymmetry.mandel(Q)
  func turn(_ v: [Double]) -> [Double] {
    (0..<6).map { i in (0..<6).reduce(0) { $0 + R[6 * i + $1] * v[$1] } }
  }
  let (here, there) = (law.evaluate(strain: strain), law.evaluate(strain: turn(strain)))
  return max(
    (here.energy - there.energy).magnitude / here.energy.magnitude,
    distance(turn(here.stress), there.stress) / norm(here.stress))
}

@Suite("The learned law with preferred directions")
struct AnisotropicLawTests {
  @Test(
    "the kernel is the plain formula; stress and tangent are differences of the energy",
    arguments: [1, 2, 3])
  func derivatives(d: Int) throws {
    for widths in [[5], [8, 4], [6, 3, 7]] {
      for polyconvex in [true, false] {
        var law = try randomAnisotropicLaw(widths, directions: d, polyconvex: polyconvex)
        for level in KernelLevel.available {
          law.level = level
          var random = SplitMix64(seed: 11)
          for size in [0.02, 0.2, 0.4] {
            let C = randomStrain(&random, size: size)
            let W = law.energy(norms: AnisotropicLearnedLaw.norms(C, law.directions))
            let answer = law.evaluate(strain: C)
            #expect((answer.energy - W).magnitude < 1e-12 * norm(answer.tangent))
            let defect = derivativeDefect(law, at: C, step: 1e-5 * norm(C), energyFactor: 2)
            #expect(defect.stress < 1e-6 && defect.tangent < 1e-6, "\(level) \(defect)")
          }
        }
      }
    }
  }

  @Test("the undeformed state has neither energy nor stress, to rounding", arguments: [1, 2, 3])
  func rest(d: Int) throws {
    for polyconvex in [true, false] {
      for seed in 1...20 as ClosedRange<UInt64> {
        let law = try randomAnisotropicLaw(
          [8, 4], directions: d, polyconvex: polyconvex, orthogonal: false, seed: seed)
        let rest = law.evaluate(strain: [1, 1, 1, 0, 0, 0])
        #expect(rest.energy.magnitude < 1e-13 * law.bulk, "\(rest.energy)")
        #expect(norm(rest.stress) < 1e-13 * law.bulk, "\(rest.stress)")
        if polyconvex {
          #expect(law.linear.dropFirst(3).allSatisfy { $0 >= 0 })
        }
      }
    }
  }

  @Test("polyconvex: convex along 10⁴ random segments of (F, cof F, J)", arguments: [1, 2, 3])
  func polyconvexity(d: Int) throws {
    let law = try randomAnisotropicLaw([7, 6], directions: d, orthogonal: false)
    let roots = law.directions.map { Mandel.matrix($0.mandel) }
    // W of any (A, B, j), not only of those that are minors of one F.
    func W(_ m: [Double]) -> Double {
      func squared(_ o: Int, _ H: [Double]) -> Double {
        var sum = 0.0
        for r in 0..<3 {
          for i in 0..<3 {
            for j in 0..<3 { sum += m[o + 3 * r + i] * H[3 * i + j] * m[o + 3 * r + j] }
          }
        }
        return sum.squareRoot()
      }
      let one = [1.0, 0, 0, 0, 1, 0, 0, 0, 1]
      let x = [squared(0, one), squared(9, one), m[18]]
      return law.energy(norms: x + roots.flatMap { [squared(0, $0), squared(9, $0)] })
    }
    var random = SplitMix64(seed: 31)
    for _ in 0..<10_000 {
      let a = (0..<18).map { _ in random.uniform(-2, 2) } + [random.uniform(0.05, 3)]
      let b = (0..<18).map { _ in random.uniform(-2, 2) } + [random.uniform(0.05, 3)]
      let middle = zip(a, b).map { 0.5 * ($0 + $1) }
      let (left, right) = (W(middle), 0.5 * (W(a) + W(b)))
      guard left <= right + 1e-12 else {
        Issue.record("not convex: \(left) > \(right)")
        return
      }
    }
  }

  @Test("elliptic: rank-one directions have positive stiffness at random deformations")
  func ellipticity() throws {
    let law = try randomAnisotropicLaw([7, 6], directions: 2, orthogonal: false)
    var random = SplitMix64(seed: 37)
    func energy(_ F: [Double]) -> Double {
      law.evaluate(strain: DeformationGradient(F).rightCauchyGreen).energy
    }
    for _ in 0..<300 {
      let F = (0..<9).map { ($0 % 4 == 0 ? 1 : 0) + random.uniform(-0.4, 0.4) }
      guard DeformationGradient(F).determinant > 0.2 else { continue }
      let (m, n) = (
        (0..<3).map { _ in random.uniform(-1, 1) }, (0..<3).map { _ in random.uniform(-1, 1) }
      )
      let h = 1e-3
      func moved(_ t: Double) -> Double {
        energy((0..<9).map { F[$0] + t * m[$0 / 3] * n[$0 % 3] })
      }
      #expect(moved(h) - 2 * moved(0) + moved(-h) > 0)
    }
  }

  @Test(
    "material symmetry is exact to 1e-12 for every operation of the group", arguments: [1, 2, 3])
  func symmetry(d: Int) throws {
    for orthogonal in d < 3 ? [true, false] : [true] {
      let law = try randomAnisotropicLaw([8, 4], directions: d, orthogonal: orthogonal)
      let group = MaterialSymmetry(law.directions)
      var random = SplitMix64(seed: 41)
      var operations = group.generators
      if group.kind == .transverselyIsotropic {
        let angles = (0..<20).map { _ in random.uniform(0, 2 * .pi) }
        operations += angles.map { MaterialSymmetry.rotation(group.axes[0], $0) }
      }
      #expect(!operations.isEmpty)
      for _ in 0..<10 {
        let C = randomStrain(&random, size: 0.4)
        for Q in operations { #expect(symmetryDefect(law, C, Q) < 1e-12) }
        #expect(symmetryDefect(law, C, MaterialSymmetry.rotation([0, 0.6, 0.8], 0.9)) > 1e-6)
      }
    }
  }

  @Test("objective: a rotation of the deformed body leaves energy and S as they are, to 1e-12")
  func objectivity() throws {
    let law = try randomAnisotropicLaw([8, 4], directions: 2, orthogonal: false)
    let F = DeformationGradient([1.2, 0.2, 0.1, -0.1, 0.9, 0.3, 0.1, 0, 1.15])
    let here = law.evaluate(strain: F.rightCauchyGreen)
    for angle in [0.3, 1.7, 2.9] {
      let Q = MaterialSymmetry.rotation([0.48, 0.6, 0.64], angle)
      let QF = DeformationGradient(
        (0..<9).map { k in (0..<3).reduce(0) { $0 + Q[3 * (k / 3) + $1] * F[$1, k % 3] } })
      let there = law.evaluate(strain: QF.rightCauchyGreen)
      #expect((here.energy - there.energy).magnitude < 1e-12 * here.energy)
      #expect(distance(here.stress, there.stress) < 1e-12 * norm(here.stress))
    }
  }

  @Test("det C ≤ 0 gives NaN, not a trap; features say so too", arguments: KernelLevel.available)
  func inadmissible(level: KernelLevel) throws {
    var law = try randomAnisotropicLaw([8, 4], directions: 2)
    law.level = level
    for C in [[1, 1, 0, 0, 0, 0], [1, 1, -0.1, 0, 0, 0], [.nan, 1, 1, 0, 0, 0]] {
      let r = law.evaluate(strain: C)
      #expect(
        r.energy.isNaN && r.stress.allSatisfy { $0.isNaN } && r.tangent.allSatisfy { $0.isNaN })
      #expect(law.features(of: C).contains { $0.isNaN })
    }
    let rest = law.features(of: [1, 1, 1, 0, 0, 0])
    #expect(rest.allSatisfy { $0.magnitude < 1e-15 })
  }

  @Test("a law rebuilt from its numbers is the same; one that breaks a promise is refused by name")
  func restore() throws {
    let law = try randomAnisotropicLaw([8, 4], directions: 2)
    let again = try AnisotropicLearnedLaw(
      potential: law.potential,
      directions: Law.directions(in: Law.learnedAnisotropic(law).parameters),
      stressScale: law.stressScale, featureScales: law.featureScales, growth: law.growth,
      cofactor: law.cofactor, bulk: law.bulk)
    #expect(again == law)
    #expect(throws: ParameterError.self) { try law.turned(to: [PreferredDirection([1, 0, 0])]) }
    // A map that may fall in a norm of F is convex, but not polyconvex.
    let architecture = try StackedPotential.Architecture(
      widths: [3], columns: [.free, .nonNegative, .free, .nonNegative, .nonNegative], convex: true)
    #expect(throws: ParameterError.self) {
      try AnisotropicLearnedLaw(
        potential: weights(architecture, seed: 1), directions: [PreferredDirection([1, 0, 0])],
        stressScale: 1, featureScales: [1, 1, 1, 1, 1], growth: 1, cofactor: 0, bulk: 1)
    }
  }
}

@Suite("The learned law of small strain")
struct SmallStrainLawTests {
  /// Hooke's law in Mandel form.
  static func hooke(_ lambda: Double, _ mu: Double) -> [Double] {
    (0..<36).map { ($0 % 7 == 0 ? 2 * mu : 0) + ($0 / 6 < 3 && $0 % 6 < 3 ? lambda : 0) }
  }

  @Test(
    "the kernel is the plain formula; stress and tangent are differences of the energy",
    arguments: [0, 1, 2, 3])
  func derivatives(d: Int) throws {
    for convex in [true, false] {
      var law = try randomSmallStrainLaw(
        [6, 5], directions: d, convex: convex, stiffness: SmallStrainLawTests.hooke(3, 2))
      for level in KernelLevel.available {
        law.level = level
        var random = SplitMix64(seed: 13)
        for size in [1e-3, 0.01, 0.03] {
          let e = (0..<6).map { _ in random.uniform(-size, size) }
          let answer = law.evaluate(strain: e)
          #expect((answer.energy - law.energy(of: e)).magnitude < 1e-12)
          let defect = derivativeDefect(law, at: e, step: 1e-6, energyFactor: 1)
          #expect(defect.stress < 2e-6 && defect.tangent < 2e-6, "\(level) \(defect)")
        }
        let rest = law.evaluate(strain: [0, 0, 0, 0, 0, 0])
        #expect(rest.energy.magnitude < 1e-14 && norm(rest.stress) < 1e-12, "\(rest)")
      }
    }
  }

  @Test("convex along 10⁴ random segments; the tangent is nowhere negative", arguments: [0, 1, 2])
  func convexity(d: Int) throws {
    let law = try randomSmallStrainLaw([6, 5], directions: d)
    var random = SplitMix64(seed: 17)
    var batch = PointBatch(groups: 3 * 1250)
    for p in 0..<10_000 {
      let a = (0..<6).map { _ in random.uniform(-0.03, 0.03) }
      let b = (0..<6).map { _ in random.uniform(-0.03, 0.03) }
      batch.setStrain(a, of: 3 * p)
      batch.setStrain(b, of: 3 * p + 1)
      batch.setStrain(zip(a, b).map { 0.5 * ($0 + $1) }, of: 3 * p + 2)
    }
    law.evaluate(&batch)
    let worst = (0..<10_000).map { p in
      let ends = 0.5 * (batch.energy(of: 3 * p) + batch.energy(of: 3 * p + 1))
      return batch.energy(of: 3 * p + 2) - ends
    }.max()!
    #expect(worst <= 1e-13)
  }

  @Test("with an empty map the law is linear elasticity, exactly")
  func linear() throws {
    let architecture = try SmallStrainLearnedLaw.architecture(widths: [3], directions: 0)
    var w = [Double](repeating: 0.3, count: architecture.weightCount)
    for k in w.count - 3..<w.count { w[k] = 0 }
    let E = 200e9
    let hooke = try LinearElastic(young: E, poisson: 0.3)
    let law = try SmallStrainLearnedLaw(
      potential: StackedPotential(architecture: architecture, weights: w), stressScale: 1e6,
      featureScales: [0.01, 0.01, 0.01], smoothing: 1e-3, stiffness: hooke.stiffnessAtRest)
    let e = [1e-3, -2e-3, 5e-4, 1e-4, -3e-4, 2e-4]
    #expect(distance(law.evaluate(strain: e).stress, hooke.evaluate(strain: e).stress) < 1e-6)
    #expect(law.stiffnessAtRest == hooke.stiffnessAtRest)
  }

  @Test("material symmetry is exact to 1e-12; a stiffness without it is refused")
  func symmetry() throws {
    var random = SplitMix64(seed: 19)
    for d in 0...3 {
      let law = try randomSmallStrainLaw([6, 5], directions: d)
      let e = (0..<6).map { _ in random.uniform(-0.02, 0.02) }
      for Q in MaterialSymmetry(law.directions).generators {
        #expect(symmetryDefect(law, e, Q) < 1e-12)
      }
    }
    var skewed = SmallStrainLawTests.hooke(3, 2)
    skewed[0] += 1
    #expect(throws: ParameterError.self) {
      try randomSmallStrainLaw([3], directions: 1, stiffness: skewed)
    }
    let negative = SmallStrainLawTests.hooke(0, -1)
    #expect(throws: ParameterError.self) {
      try randomSmallStrainLaw([3], directions: 0, stiffness: negative)
    }
  }
}
