import ConstitutiveManifold
import Foundation
import Manifold
import Mechanics
import Testing

@Suite("Training in stages, by the same defaults for every material")
struct StagedTrainingTests {
  @Test("the record says what each stage changed, and every constraint holds")
  func records() throws {
    var fit = ConstitutiveFit(.learned)
    fit.checkpointInterval = 4
    let result = try fit.fit(treloar())
    #expect(result.stages.map(\.stage) == [.weak, .intended])
    let (weak, intended) = (result.stages[0], result.stages[1])
    #expect(weak.misfitAfter < 0.2 * weak.misfitBefore)
    #expect(intended.misfitAfter < 0.5 * intended.misfitBefore)
    #expect((intended.misfitAfter - result.rmse).magnitude < 1e-6 * result.rmse)
    #expect(intended.forgetting! > 0, "measured states pull away from simulated ones")
    #expect(intended.weights!.gamma > 0 && intended.weights!.alpha == result.regularisation)
    #expect(weak.parameterMovement > 0 && intended.responseMovement > 0)
    #expect(result.constraints.allSatisfy { $0.isSatisfied })
    let path = try #require(result.checkpoints)
    #expect(path.parameters.count > 5 && path.parameters.count == path.predictions.count)
    #expect(path.measuredCount == 53)
    #expect(path.predictions.allSatisfy { $0.count == path.standardDeviations.count })
    #expect(path.standardDeviations.allSatisfy { $0 > 0 })
    // The last checkpoint is the law.
    let last = path.predictions.last!
    for (p, stretch) in result.tests[0].stretches.enumerated() {
      let stress = result.law.incompressibleResponse(.uniaxial, stretch).nominal
      #expect((last[p] - stress).magnitude < 1e-8 * stress)
    }
  }

  @Test("without stages a fit still works; plain regression is the bare fit")
  func bare() throws {
    var fit = ConstitutiveFit(.learned)
    fit.stages = [.intended]
    let result = try fit.fit(treloar())
    #expect(result.stages.map(\.stage) == [.intended])
    #expect(result.tests.allSatisfy { $0.r2 > 0.998 })
    let plain = try ConstitutiveFit.plainRegression().fit(treloar())
    #expect(plain.tests.allSatisfy { $0.r2 > 0.998 })
  }

  @Test("the size is chosen by held-out error and listed")
  func size() throws {
    var fit = ConstitutiveFit(.learned)
    fit.sizes = [[1], [4, 4]]
    let result = try fit.fit(treloar())
    #expect(result.sizes.map(\.widths) == [[1], [4, 4]])
    guard case .learned(let law) = result.law else { return }
    let best = result.sizes.min { $0.heldOutError < $1.heldOutError }!
    #expect(law.potential.architecture.widths == best.widths)
  }

  @Test(
    "Kawabata's rubber, same defaults: joint RMSE ≤ 0.0092 MPa, stress rising",
    .enabled(if: Measured.exists, "skipped: no ../shared/data"))
  func kawabata() throws {
    let result = try ConstitutiveFit(.learned).fit(Measured.kawabata())
    #expect(result.rmse <= 0.0092e6, "\(result.rmse)")
    #expect(result.tests.allSatisfy { $0.r2 > 0.998 })
    #expect(result.stability.allSatisfy { $0.isStable })
    #expect(result.constraints.allSatisfy { $0.isSatisfied })
  }

  @Test(
    "brain tissue, same defaults: about as good as one Ogden term, the best classical law for it",
    .enabled(if: Measured.exists, "skipped: no ../shared/data"),
    arguments: ["CX", "CR", "BG"])
  func brain(region: String) throws {
    let tests = try Measured.brain(region)
    let result = try ConstitutiveFit(.learned).fit(tests)
    let ogden = try ConstitutiveFit(.ogden(1)).fit(tests)
    #expect(result.rmse <= 1.1 * ogden.rmse, "\(result.rmse) Pa, Ogden \(ogden.rmse) Pa")
    #expect(result.constraints.allSatisfy { $0.isSatisfied })
  }

  @Test(
    "Jones and Treloar's rubber is learned from σ₁ − σ₂ alone: R² ≥ 0.995, and predicts its tension",
    .enabled(if: Measured.exists, "skipped: no ../shared/data"))
  func differences() throws {
    let result = try ConstitutiveFit(.learned).fit(Measured.jones())
    for test in result.tests { #expect(test.r2 >= 0.995, "\(test.name): \(test.r2)") }
    #expect(result.tests[0].measured.allSatisfy { $0.isNaN })
    #expect(try score(result.law, [Measured.jonesUniaxial()]).r2[0] > 0.99)
    #expect(result.stability.allSatisfy { $0.isStable })
  }
}

@Suite("Incomplete observations")
struct IncompleteTests {
  /// Half of the points lose the stresses on directions 2 and 3.
  private func hidden(_ test: HomogeneousTest) throws -> HomogeneousTest {
    func half(_ values: [Double]) -> [Double] {
      values.enumerated().map { $0 % 2 == 0 ? $1 : .nan }
    }
    return try HomogeneousTest(
      name: test.name, mode: test.mode, stretches: test.stretches,
      secondStretches: test.secondStretches, measure: test.measure, stresses: test.stresses,
      secondStresses: test.secondStresses.map(half),
      lateralStresses: half(test.stretches.map { _ in 0 }), volumeRatios: test.volumeRatios)
  }

  @Test("σ₂₂ and σ₃₃ hidden on half of the points and one test gone: the error at most doubles")
  func treloarHalf() throws {
    let clean = try treloar()
    let whole = score(try ConstitutiveFit(.learned).fit(clean).law, clean).rmse
    let partial = try ConstitutiveFit(.learned).fit([hidden(clean[0]), hidden(clean[2])])
    // One stress up to an unknown pressure says nothing: those points are silent, not zero.
    #expect(partial.silentPoints == 18)
    let left = score(partial.law, clean).rmse
    #expect(left <= 2 * whole, "\(left) Pa from half, \(whole) Pa from all")
  }

  @Test(
    "with measured volume a single stress still speaks: nothing is lost but the other component")
  func compressible() throws {
    let truth = try MooneyRivlin(c10: 4e5, c01: 1e5, bulk: 5e6)
    let clean = try [
      measured(truth, .biaxial, ladder, measure: .true, volume: true),
      measured(truth, .pureShear, ladder, volume: true),
      measured(truth, .uniaxial, ladder, volume: true),
    ]
    let result = try ConstitutiveFit(.learned).fit(clean.map(hidden))
    #expect(result.silentPoints == 0)
    let law = result.law
    for test in clean {
      for p in 0..<test.count {
        let (a, b) = (
          try law.compressibleResponse(test.mode, test.stretches[p], second: test.secondStretch(p)),
          try truth.compressibleResponse(
            test.mode, test.stretches[p], second: test.secondStretch(p))
        )
        #expect((a.nominal - b.nominal).magnitude < 0.05 * max(abs(b.nominal), 4e5))
      }
    }
  }

  @Test("a pressure on all faces changes nothing for an incompressible law, seen or not")
  func pressure() throws {
    let truth = try Carroll(a: 4e5, b: 5, c: 2e5, bulk: 5e8)
    let free = try measured(truth, .biaxial, ladder, measure: .true)
    func pressed(seen: Bool) throws -> HomogeneousTest {
      let p = free.stretches.indices.map { 1e6 * Double($0 % 3) }
      return try HomogeneousTest(
        name: "pressed", mode: .biaxial, stretches: free.stretches,
        secondStretches: free.secondStretches, measure: .true,
        stresses: zip(free.stresses, p).map { $0 - $1 },
        secondStresses: zip(free.secondStresses!, p).map { $0 - $1 },
        lateralStresses: seen ? p.map { -$0 } : p.map { _ in .nan })
    }
    let a = try ConstitutiveFit(.carroll).fit([free])
    let b = try ConstitutiveFit(.carroll).fit([pressed(seen: true)])
    #expect((a.law.shearModulusAtRest - b.law.shearModulusAtRest).magnitude < 1)
    #expect(b.rmse < 1 && b.tests[0].r2 > 1 - 1e-9)
    // Unseen, one equation per point is left: σ₁ − σ₂.
    let c = try ConstitutiveFit(.carroll).fit([pressed(seen: false)])
    #expect(c.rmse < 1 && c.tests[0].r2 > 1 - 1e-9)
  }

  @Test("what cannot be observed is refused with the reason")
  func refusals() throws {
    #expect(throws: HomogeneousTestError.self) {
      try HomogeneousTest(name: "t", mode: .uniaxial, stretches: [1.1, 1.2], stresses: [1, .nan])
    }
    #expect(throws: HomogeneousTestError.self) {
      try HomogeneousTest(
        name: "t", mode: .uniaxial, stretches: [1.1], stresses: [1], stressDifferences: [1])
    }
    let silent = try HomogeneousTest(
      name: "t", mode: .uniaxial, stretches: [1.1, 1.2, 1.3], stresses: [1, 2, 3],
      lateralStresses: [.nan, .nan, .nan])
    #expect(throws: FitError.nothingObserved) { try ConstitutiveFit(.learned).fit([silent]) }
  }
}

@Suite("Noise and outliers")
struct NoisyFitTests {
  private static let isLong = ProcessInfo.processInfo.environment["DEEPMANIFOLD_VERIFY"] != nil

  /// 5 % on stresses, 3 % on stretch − 1.
  private func noisy(_ tests: [HomogeneousTest], seed: UInt64) throws -> [HomogeneousTest] {
    var random = SplitMix64(seed: seed)
    return try tests.map { test in
      try HomogeneousTest(
        name: test.name, mode: test.mode,
        stretches: test.stretches.map { 1 + ($0 - 1) * random.normal(1, 0.03) },
        stresses: test.stresses.map { $0 * random.normal(1, 0.05) })
    }
  }

  /// Median R² per test and median error against the clean data, of both fits.
  private func compare(
    _ clean: [HomogeneousTest], seeds: Int
  ) throws -> (r2: [Double], ratio: Double) {
    var fit = ConstitutiveFit(.learned)
    fit.noise = MeasurementNoise(strain: .init(relative: 0.03), stress: .init(relative: 0.05))
    var (r2, own, plain) = ([[Double]](), [Double](), [Double]())
    for seed in 1...seeds {
      let tests = try noisy(clean, seed: UInt64(seed))
      let a = score(try fit.fit(tests).law, clean)
      r2.append(a.r2)
      own.append(a.rmse)
      plain.append(score(try ConstitutiveFit.plainRegression().fit(tests).law, clean).rmse)
    }
    let medians = clean.indices.map { k in median(r2.map { $0[k] }) }
    return (medians, median(own) / median(plain))
  }

  @Test("Treloar with noise in strain and stress: projection beats regression")
  func treloarNoise() throws {
    let (r2, ratio) = try compare(treloar(), seeds: Self.isLong ? 20 : 3)
    print("noise, Treloar: median R² \(r2), error over plain regression \(ratio)")
    // Three draws scatter more than the median of twenty.
    #expect(r2.allSatisfy { $0 >= (Self.isLong ? 0.995 : 0.985) }, "\(r2)")
    #expect(ratio < (Self.isLong ? 0.75 : 0.8), "\(ratio)")
  }

  @Test(
    "Kawabata with noise in strain and stress",
    .enabled(if: Measured.exists && isLong, "skipped: long, or no ../shared/data"))
  func kawabataNoise() throws {
    let (r2, ratio) = try compare(Measured.kawabata(), seeds: 20)
    print("noise, Kawabata: median R² \(r2), error over plain regression \(ratio)")
    #expect(r2.allSatisfy { $0 >= 0.995 }, "\(r2)")
    #expect(ratio < 0.95, "\(ratio)")
  }

  @Test("planted outliers are found and the curve is recovered", arguments: RobustWeight.allCases)
  func outliers(kind: RobustWeight) throws {
    let clean = try treloar()
    let planted = [[5, 17], [8], [3, 10]]
    let tests = try clean.enumerated().map { k, test in
      try HomogeneousTest(
        name: test.name, mode: test.mode, stretches: test.stretches,
        stresses: test.stresses.enumerated().map { p, stress in
          planted[k].contains(p) ? stress * (p % 2 == 0 ? 1.6 : 0.5) : stress
        })
    }
    var fit = ConstitutiveFit(.learned)
    fit.robust = kind
    let result = try fit.fit(tests)
    for (k, points) in planted.enumerated() {
      for p in points {
        let found = result.outliers.contains { $0.test == clean[k].name && $0.point == p }
        #expect(found, "\(clean[k].name) \(p)")
      }
    }
    #expect(result.outliers.count < 10)
    let (r2, rmse) = score(result.law, clean)
    #expect(r2.allSatisfy { $0 > 0.998 } && rmse < 0.045e6, "\(r2), \(rmse)")
    let misled = score(try ConstitutiveFit(.learned).fit(tests).law, clean).rmse
    #expect(misled > 1.5 * rmse)
  }
}
