import ConstitutiveManifold
import Manifold
import Mechanics
import Testing

/// A material that no test below knows, measured in biaxial tests with noise.
private struct Truth {
  let law: Ogden
  var random: SplitMix64

  init(seed: UInt64) throws {
    law = try Ogden(
      terms: [.init(mu: 0.6e6, alpha: 1.5), .init(mu: 2e3, alpha: 5)], bulk: 2e9)
    random = SplitMix64(seed: seed)
  }

  /// States drawn evenly from λ₁, λ₂ in 0.8 … 2.2, stresses with 4 % noise and 5 kPa.
  mutating func test(_ n: Int, name: String = "biaxial") throws -> HomogeneousTest {
    var columns: [[Double]] = [[], [], [], []]
    for _ in 0..<n {
      let (a, b) = (random.uniform(0.8, 2.2), random.uniform(0.8, 2.2))
      let r = law.incompressibleResponse(.biaxial, a, second: b)
      let row = [
        a, b, r.nominal * random.normal(1, 0.04) + random.normal(0, 5e3),
        r.secondNominal * random.normal(1, 0.04) + random.normal(0, 5e3),
      ]
      for c in 0..<4 { columns[c].append(row[c]) }
    }
    return try HomogeneousTest(
      name: name, mode: .biaxial, stretches: columns[0], secondStretches: columns[1],
      stresses: columns[2], secondStresses: columns[3])
  }
}

@Suite("Where a law may be trusted, and how far")
struct TrustTests {
  @Test("split-conformal bands hold their level within 2 % on 10⁴ new states of a learned law")
  func split() throws {
    var truth = try Truth(seed: 5)
    var fit = ConstitutiveFit(.learned)
    fit.weakWeights = [0.05]
    fit.starts = 1
    let law = try fit.fit([try truth.test(120)]).law
    let bands = try #require(ErrorBands(splitting: law, calibration: [try truth.test(1250)]))
    #expect(bands.scores.count == 2500 && bands.method == .split)
    let new = try truth.test(10_000)
    for level in [0.8, 0.9, 0.95] {
      let held = new.stretches.indices.count { p in
        let b = bands.band(
          of: law, .biaxial, new.stretches[p], second: new.secondStretch(p), level: level)
        return new.stresses[p] >= b.lower && new.stresses[p] <= b.upper
      }
      #expect(abs(Double(held) / 10_000 - level) < 0.02, "\(held) of 10⁴ at \(level)")
    }
  }

  @Test("cross-conformal bands of small data come with the fit and hold their level on average")
  func cross() throws {
    var (held, all) = (0, 0)
    for seed in 1...8 {
      var truth = try Truth(seed: UInt64(100 + seed))
      let tests = [try truth.test(30)]
      let result = try ConstitutiveFit(.learned).fit(tests)
      let validation = try #require(result.crossValidation)
      #expect(validation.members.count == 4 && validation.folds[0].count == 30)
      let bands = try #require(ErrorBands(validation, tests))
      #expect(bands.scores.count == 60 && bands.method == .crossConformal)
      let new = try truth.test(250)
      for p in new.stretches.indices {
        let b = bands.band(
          of: result.law, .biaxial, new.stretches[p], second: new.secondStretch(p))
        held += new.stresses[p] >= b.lower && new.stresses[p] <= b.upper ? 1 : 0
        all += 1
      }
    }
    let share = Double(held) / Double(all)
    #expect(share > 0.87 && share < 0.96, "\(share) at 0.9")
  }

  @Test("the score separates strains outside the data from inside: AUC at least 0.99")
  func separation() throws {
    var truth = try Truth(seed: 9)
    let coverage = Coverage(of: [try truth.test(400)])
    let score = try #require(coverage.score)
    func C(_ a: Double, _ b: Double) -> [Double] {
      HomogeneousMode.biaxial.deformation(a, second: b, lateral: 1 / (a * b)).rightCauchyGreen
    }
    let new = try truth.test(2000)
    let inside = new.stretches.indices.map { score(C(new.stretches[$0], new.secondStretch($0))) }
    // What λ₁, λ₂ in 0.8 … 2.2 reach by any orientation is inside; states beyond it by 1 % are outside.
    var random = SplitMix64(seed: 77)
    var outside: [CoverageScore.Answer] = []
    while outside.count < 2000 {
      let (a, b) = (random.uniform(0.4, 3.6), random.uniform(0.4, 3.6))
      let l = [a, b, 1 / (a * b)]
      let reach = 0.792...2.222
      let isInside = [(0, 1), (1, 2), (0, 2)].contains {
        reach.contains(l[$0]) && reach.contains(l[$1])
      }
      if !isInside { outside.append(score(C(a, b))) }
    }
    let auc = areaUnderCurve(negatives: inside.map(\.score), positives: outside.map(\.score))
    #expect(auc >= 0.99, "AUC \(auc)")
    #expect(inside.count { $0.pValue < 0.05 } < 200)
  }

  @Test(
    "fibres: a stretch along them is not one across them, and the sign of a fibre does not matter")
  func fibres() throws {
    let a = SIMD3(0.6, 0.8, 0)
    let placement = CoveragePlacement.fibres([a, SIMD3(1, 0, 0)])
    func along(_ t: SIMD3<Double>, _ stretch: Double) -> [Double] {
      // Isochoric stretch along t: C = λ⁻¹ 1 + (λ² − λ⁻¹) t⊗t.
      let (p, q) = (1 / stretch, stretch * stretch - 1 / stretch)
      var m = [Double](repeating: 0, count: 9)
      for i in 0..<3 { for j in 0..<3 { m[3 * i + j] = (i == j ? p : 0) + q * t[i] * t[j] } }
      return Mandel.vector(m)
    }
    #expect(placement.width == 8)
    let rest = placement.features(of: [1, 1, 1, 0, 0, 0])
    #expect(zip(rest, placement.rest).allSatisfy { abs($0 - $1) < 1e-15 })
    let y = placement.features(of: along(a, 1.5))
    #expect(abs(y[3] - 0.4054651081081644) < 1e-14)
    let data = stride(from: 0.8, through: 1.6, by: 0.05).flatMap { along(a, $0) }
    let coverage = Coverage(ofStates: data, placement: placement)
    let across = SIMD3(-0.8, 0.6, 0)
    #expect(coverage.covers(along(a, 1.42)) && !coverage.covers(along(across, 1.42)))
    #expect(Coverage(ofStates: data).covers(along(across, 1.42)))
    let turned = Coverage(ofStates: data, placement: .fibres([-a, SIMD3(-1, 0, 0)]))
    #expect(turned.points == coverage.points)
    let score = try #require(coverage.score)
    #expect(score(along(a, 1.42)).score < 1 && score(along(across, 1.42)).score > 2)
    #expect(coverage.distance(to: [1, 1, -1, 0, 0, 0]) == .infinity)
  }

  @Test("an ensemble is seeded, and its members agree on the data more than beyond them")
  func ensemble() throws {
    let tests = try treloar()
    let fit = ConstitutiveFit(.learned)
    let result = try fit.fit(tests)
    var make = EnsembleFit(fit)
    make.members = 5
    let ensemble = try make.fit(tests, after: result)
    #expect(try make.fit(tests, after: result).members == ensemble.members)
    #expect(Set(ensemble.members.map(\.bulkModulusAtRest)).count == 5)
    let inside = ensemble.spread(.equibiaxial, 3)
    let beyond = ensemble.spread(.equibiaxial, 9)
    #expect(inside.deviation / inside.mean < 0.1)
    #expect(beyond.deviation / beyond.mean > 2 * inside.deviation / inside.mean)
    make.variation = .starts
    let starts = try make.fit(tests, after: result)
    #expect(starts.spread(.uniaxial, 4).deviation < ensemble.spread(.uniaxial, 4).deviation)
  }

  @Test("classical laws are cross-validated by fitting again without each fold")
  func classical() throws {
    let tests = try treloar(heldOut: [.pureShear])
    let fit = ConstitutiveFit(.carroll)
    let result = try fit.fit(tests)
    #expect(result.crossValidation == nil)
    let validation = try fit.crossValidation(tests, after: result, count: 5)
    #expect(
      validation.members.count == 5 && validation.folds.map(\.count) == [24, tests[1].count, 0])
    #expect(Set(validation.folds[0]) == [0, 1, 2, 3, 4])
    let bands = try #require(ErrorBands(validation, tests))
    let band = bands.band(of: result.law, .uniaxial, 4)
    let stress = result.law.incompressibleResponse(.uniaxial, 4).nominal
    #expect(band.lower < stress && stress < band.upper && band.upper - band.lower < 0.5e6)
    // Few data bound no extreme level.
    #expect(bands.band(of: result.law, .uniaxial, 4, level: 0.999).upper == .infinity)
  }
}
