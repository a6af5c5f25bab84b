import ConstitutiveManifold
import Glibc
import Manifold
import Mechanics
import Testing

/// A potential with random weights; polyconvex or free, seeing volume or not.
func randomLaw(
  _ widths: [Int], polyconvex: Bool = true, seesVolume: Bool = true, seed: UInt64 = 3,
  bulk: Double = 50
) throws -> LearnedLaw {
  let architecture = try StackedPotential.Architecture(
    widths: widths, polyconvex: polyconvex, seesVolume: seesVolume)
  var random = SplitMix64(seed: seed)
  let weights = architecture.kinds.map { kind -> Double in
    switch kind {
    case .nonNegative: random.uniform(0, 1.5 / Double(widths.max()!).squareRoot())
    case .free: random.uniform(-1, 1)
    case .zero: 0
    }
  }
  return try LearnedLaw(
    potential: StackedPotential(architecture: architecture, weights: weights), stressScale: 0.7,
    featureScales: [1.3, 2, 0.8], growth: 0.4, cofactor: 0.1, bulk: bulk)
}

/// A random C = FᵀF with J > 0, of small (0.01) to large (0.5) strain.
func randomStrain(_ random: inout SplitMix64, size: Double) -> [Double] {
  while true {
    let F = DeformationGradient(
      (0..<9).map { ($0 % 4 == 0 ? 1 : 0) + random.uniform(-size, size) })
    if F.determinant > 0.2 { return F.rightCauchyGreen }
  }
}

func norm(_ v: [Double]) -> Double { v.reduce(0) { $0 + $1 * $1 }.squareRoot() }
func distance(_ a: [Double], _ b: [Double]) -> Double { norm(zip(a, b).map { $0 - $1 }) }

@Suite("Kernels of the learned law")
struct KernelTests {
  static let shapes = [[1], [5], [8, 8], [3, 7], [32, 32], [13, 4, 9], [32, 32, 32]]

  @Test("the kernel is the plain formula, in every instruction set, to 1e-12", arguments: shapes)
  func reference(widths: [Int]) throws {
    for polyconvex in [true, false] {
      var law = try randomLaw(widths, polyconvex: polyconvex)
      var random = SplitMix64(seed: 17)
      var batch = PointBatch(groups: 4)
      for p in 0..<32 { batch.setStrain(randomStrain(&random, size: p < 8 ? 0.01 : 0.5), of: p) }
      var expected = batch
      for g in 0..<4 {
        let C = (0..<6).map { batch.strain[6 * g + $0] }
        let chain = InvariantChain(C[0], C[1], C[2], C[3], C[4], C[5])
        var d = InvariantDerivatives()
        for i in 0..<8 {
          let I = chain.invariants
          let at = law.derivatives(I1: I.I1[i], I2: I.I2[i], I3: I.I3[i])
          d.W[i] = at.W[0]
          d.W1[i] = at.W1[0]
          d.W2[i] = at.W2[0]
          d.W3[i] = at.W3[0]
          d.W11[i] = at.W11[0]
          d.W12[i] = at.W12[0]
          d.W13[i] = at.W13[0]
          d.W22[i] = at.W22[0]
          d.W23[i] = at.W23[0]
          d.W33[i] = at.W33[0]
        }
        expected.energy[g] = d.W
        chain.write(d, group: g, to: &expected)
      }
      for level in KernelLevel.available {
        law.level = level
        law.evaluate(&batch)
        for p in 0..<32 {
          let scale = norm(expected.tangent(of: p))
          let energy = (batch.energy(of: p) - expected.energy(of: p)).magnitude
          #expect(energy < 1e-12 * scale, "\(level) \(energy)")
          #expect(distance(batch.stress(of: p), expected.stress(of: p)) < 1e-12 * scale)
          #expect(distance(batch.tangent(of: p), expected.tangent(of: p)) < 1e-12 * scale)
        }
      }
    }
  }

  @Test("softplus and logarithm are the C library's to 1e-15", arguments: KernelLevel.available)
  func functions(level: KernelLevel) {
    let z =
      (0..<8000).map { -70 + 140 * Double($0) / 8000 } + [0, 1e-300, -1e-300, 800, -800, 1, -1, 5]
    let (value, first, second) = KernelFunctions.softplus(z, level: level)
    for (i, x) in z.enumerated() where abs(x) < 700 {
      let t = exp(-abs(x))
      let v = max(x, 0) + log1p(t)
      let d = x > 0 ? 1 / (1 + t) : t / (1 + t)
      let c = t / ((1 + t) * (1 + t))
      #expect((value[i] - v).magnitude <= 1e-15 * v, "softplus(\(x))")
      #expect((first[i] - d).magnitude <= 1e-15 * d, "softplus'(\(x))")
      #expect((second[i] - c).magnitude <= 1.5e-15 * c, "softplus''(\(x))")
    }
    #expect(value[8003] == 800 && first[8003] == 1 && second[8003] < 1e-300)
    #expect(value[8004] < 1e-300 && first[8004] < 1e-300)
    let x = (0..<8000).map { exp(-30 + 60 * Double($0) / 8000) }
    let logs = KernelFunctions.logarithm(x, level: level)
    for (a, b) in zip(logs, x) {
      #expect((a - log(b)).magnitude <= 1e-15 * max(abs(log(b)), 1e-3))
    }
    #expect(KernelFunctions.logarithm(Array(repeating: 1, count: 8), level: level)[0] == 0)
  }

  @Test(
    "a point gives the same bits wherever it stands in a batch", arguments: KernelLevel.available)
  func lanes(level: KernelLevel) throws {
    var law = try randomLaw([6, 5])
    law.level = level
    var random = SplitMix64(seed: 23)
    let points = (0..<24).map { _ in randomStrain(&random, size: 0.4) }
    var batch = PointBatch(groups: 3)
    for (p, C) in points.enumerated() { batch.setStrain(C, of: p) }
    law.evaluate(&batch)
    var reversed = batch
    for (p, C) in points.reversed().enumerated() { reversed.setStrain(C, of: p) }
    law.evaluate(&reversed)
    for p in 0..<24 {
      #expect(batch.energy(of: p) == reversed.energy(of: 23 - p))
      #expect(batch.stress(of: p) == reversed.stress(of: 23 - p))
      #expect(batch.tangent(of: p) == reversed.tangent(of: 23 - p))
    }
  }

  @Test(
    "few points give the same bits as points in company",
    arguments: KernelLevel.available)
  func few(level: KernelLevel) throws {
    var isotropic = try randomLaw([32, 13, 5])
    var fibres = try randomAnisotropicLaw([7, 9], directions: 2)
    var small = try randomSmallStrainLaw([8, 8], directions: 1)
    (isotropic.level, fibres.level, small.level) = (level, level, level)
    let laws: [any ConstitutiveLaw] = [isotropic, fibres, small]
    for law in laws {
      var random = SplitMix64(seed: 29)
      var whole = PointBatch(groups: 2)
      for p in 0..<16 { whole.setStrain(randomStrain(&random, size: 0.4), of: p) }
      law.evaluate(&whole)
      for count in 1...15 {
        var few = PointBatch(points: count)
        for p in 0..<count { few.setStrain(whole.strain(of: p), of: p) }
        law.evaluate(&few)
        for p in 0..<count {
          #expect(few.energy(of: p) == whole.energy(of: p), "\(count) \(p)")
          #expect(few.stress(of: p) == whole.stress(of: p), "\(count) \(p)")
          #expect(few.tangent(of: p) == whole.tangent(of: p), "\(count) \(p)")
        }
      }
    }
  }

  @Test("speed is measured against a peak measured beside it")
  func speed() throws {
    let speed = try KernelSpeed.measure(KernelSpeed.sample(widths: [32, 32]), seconds: 0.05)
    #expect(speed.operationsPerPoint == 10 * 1024 + 45 * 32 + 900)
    #expect(speed.pointsPerSecond > 20_000)
    #expect(speed.shareOfPeak > 0.01 && speed.shareOfPeak < 1)
  }
}

@Suite("The learned law as a law of mechanics")
struct LearnedLawTests {
  @Test("stress and tangent are differences of the energy to 1e-6", arguments: KernelTests.shapes)
  func differences(widths: [Int]) throws {
    for polyconvex in [true, false] {
      let law = try randomLaw(widths, polyconvex: polyconvex)
      var random = SplitMix64(seed: 29)
      for size in [0.01, 0.2, 0.5] {
        let C = randomStrain(&random, size: size)
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
        let floor = 1e-3 * norm(here.tangent)
        #expect(distance(stress, here.stress) < 1e-6 * max(norm(here.stress), floor))
        #expect(distance(tangent, here.tangent) < 1e-6 * norm(here.tangent))
      }
    }
  }

  @Test(
    "the undeformed state has neither energy nor stress, to rounding", arguments: KernelTests.shapes
  )
  func rest(widths: [Int]) throws {
    for polyconvex in [true, false] {
      var law = try randomLaw(widths, polyconvex: polyconvex)
      for level in KernelLevel.available {
        law.level = level
        let rest = law.evaluate(strain: [1, 1, 1, 0, 0, 0])
        #expect(rest.energy.magnitude < 1e-14 * law.bulk, "\(rest.energy)")
        #expect(norm(rest.stress) < 1e-13 * law.bulk, "\(rest.stress)")
      }
    }
  }

  @Test("polyconvex: convex in F, cof F and J along random segments of minors")
  func polyconvexity() throws {
    let law = try randomLaw([7, 6])
    // W as a function of any (A, B, d), not only of those that are minors of one F.
    func W(_ m: [Double]) -> Double {
      let (A, B) = (m[0..<9], m[9..<18])
      let I = (A.reduce(0) { $0 + $1 * $1 }, B.reduce(0) { $0 + $1 * $1 }, m[18] * m[18])
      return law.derivatives(I1: I.0, I2: I.1, I3: I.2).W[0]
    }
    var random = SplitMix64(seed: 31)
    for _ in 0..<2000 {
      let a = (0..<18).map { _ in random.uniform(-2, 2) } + [random.uniform(0.05, 3)]
      let b = (0..<18).map { _ in random.uniform(-2, 2) } + [random.uniform(0.05, 3)]
      let middle = zip(a, b).map { 0.5 * ($0 + $1) }
      #expect(W(middle) <= 0.5 * (W(a) + W(b)) + 1e-12)
    }
  }

  @Test("the energy grows without bound as J → 0, as J → ∞ and with stretch")
  func growth() throws {
    let law = try randomLaw([5, 5])
    func W(_ l: Double, _ t: Double) -> Double {
      law.evaluate(strain: [l * l, t * t, t * t, 0, 0, 0]).energy
    }
    for k in 1..<20 {
      let s = Double(k)
      #expect(W(exp(-s - 1), exp(-s - 1)) > W(exp(-s), exp(-s)))
      #expect(W(exp(s + 1), exp(s + 1)) > W(exp(s), exp(s)))
      #expect(W(exp(s + 1), exp(-(s + 1) / 2)) > W(exp(s), exp(-s / 2)))
    }
    #expect(W(1e-40, 1) > 1000)
    #expect(W(1e4, 1e-2) > 1e6)
  }

  @Test("isotropic: the same energy for C turned about any axis")
  func isotropy() throws {
    let law = try randomLaw([6, 6])
    for angle in [0.3, 1.1, 2.4] {
      let (c, s) = (cos(angle), sin(angle))
      let F = DeformationGradient([1.3, 0.2, 0, -0.1, 0.9, 0.3, 0.1, 0, 1.1])
      let Q = DeformationGradient([c, -s, 0, s, c, 0, 0, 0, 1])
      let FQ = DeformationGradient(
        (0..<9).map { k in (0..<3).reduce(0) { $0 + F[k / 3, $1] * Q[$1, k % 3] } })
      let (a, b) = (
        law.evaluate(strain: F.rightCauchyGreen), law.evaluate(strain: FQ.rightCauchyGreen)
      )
      #expect((a.energy - b.energy).magnitude < 1e-13 * a.energy)
    }
  }

  @Test("det C ≤ 0 gives NaN, not a trap", arguments: KernelLevel.available)
  func inadmissible(level: KernelLevel) throws {
    var law = try randomLaw([6, 6])
    law.level = level
    for C in [
      [1, 1, 0, 0, 0, 0], [1, 1, -0.1, 0, 0, 0], [1, 1, 1, 0, 0, 3], [.nan, 1, 1, 0, 0, 0],
    ] {
      let r = law.evaluate(strain: C)
      #expect(r.energy.isNaN && r.stress.allSatisfy(\.isNaN) && r.tangent.allSatisfy(\.isNaN))
    }
  }

  @Test("a law rebuilt from its numbers is the same law, bit for bit")
  func restore() throws {
    let law = try randomLaw([6, 5])
    let again = try LearnedLaw(
      potential: StackedPotential(
        architecture: law.potential.architecture, weights: law.potential.weights),
      stressScale: law.stressScale, featureScales: law.featureScales, growth: law.growth,
      cofactor: law.cofactor, bulk: law.bulk)
    #expect(again == law)
    let C = [1.2, 0.9, 1.1, 0.1, 0.2, -0.1]
    #expect(law.evaluate(strain: C).tangent == again.evaluate(strain: C).tangent)
  }

  @Test("numbers that break a promise are refused by name")
  func refusals() throws {
    let architecture = try StackedPotential.Architecture(widths: [2])
    #expect(throws: ParameterError.self) { try StackedPotential.Architecture(widths: []) }
    #expect(throws: ParameterError.self) { try StackedPotential.Architecture(widths: [200]) }
    #expect(throws: ParameterError.self) {
      try StackedPotential(architecture: architecture, weights: [1])
    }
    var weights = [0.1, 0.1, 0, 0.1, 0.1, 0, 0, 0, 1, 1]
    _ = try StackedPotential(architecture: architecture, weights: weights)
    weights[0] = -1
    #expect(throws: ParameterError.self) {
      try StackedPotential(architecture: architecture, weights: weights)
    }
    weights[0] = .nan
    #expect(throws: ParameterError.self) {
      try StackedPotential(architecture: architecture, weights: weights)
    }
  }
}
