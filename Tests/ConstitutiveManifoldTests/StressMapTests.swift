import ConstitutiveManifold
import Glibc
import Manifold
import Mechanics
import Testing

@Suite("Stress maps: laws that are no potential by construction")
struct StressMapTests {
  private func law(_ pair: WorkPair, level: KernelLevel = .best) throws -> StackedStressLaw {
    let architecture = try StackedMap.Architecture(widths: [6, 7, 6])
    var random = SplitMix64(seed: 3)
    return try StackedStressLaw(
      map: StackedMap(
        architecture: architecture,
        weights: (0..<architecture.weightCount).map { _ in random.normal(0, 0.5) },
        output: .init(
          shift: Array(repeating: 0.3, count: 6), scale: [2, 1, 1, 1, 1, 1])),
      pair: pair, asymmetry: 0.5, level: level)
  }

  @Test(
    "stress is the map's less its value at rest, the tangent its symmetric part, the energy the work",
    arguments: KernelLevel.available)
  func formula(level: KernelLevel) throws {
    for pair in [WorkPair.smallStrain, .rightCauchyGreen] {
      let law = try law(pair, level: level)
      let rest = law.map.evaluate(Array(repeating: 0, count: 6)).response
      var random = SplitMix64(seed: 12)
      for _ in 0..<20 {
        let e: [Double] = (0..<6).map { _ in random.uniform(-0.2, 0.2) }
        var strain = e
        if pair == .rightCauchyGreen {
          for i in 0..<6 {
            strain[i] *= 2
            if i < 3 { strain[i] += 1 }
          }
        }
        let here = law.evaluate(strain: strain)
        let map = law.map.evaluate(e)
        let S = zip(map.response, rest).map { $0 - $1 }
        #expect(distance(here.stress, S) < 1e-12)
        var D = map.tangent
        for i in 0..<6 {
          for j in 0..<6 { D[6 * i + j] = 0.5 * (map.tangent[6 * i + j] + map.tangent[6 * j + i]) }
        }
        #expect(distance(here.tangent, D) < 1e-11)
        // The work along the straight path, by many trapezes.
        let n = 2000
        var work = 0.0
        for k in 0..<n {
          let t = (Double(k) + 0.5) / Double(n)
          let s = law.map.evaluate(e.map { t * $0 }).response
          for i in 0..<6 { work += (s[i] - rest[i]) * e[i] / Double(n) }
        }
        #expect(abs(here.energy - work) < 1e-5 * max(1e-2, abs(work)))
      }
      let zero = [Double](repeating: 0, count: 6)
      let atRest = law.evaluate(strain: pair == .smallStrain ? zero : [1, 1, 1, 0, 0, 0])
      #expect(atRest.stress == zero && atRest.energy == 0)
    }
  }

  @Test("det C ≤ 0 gives NaN")
  func inadmissible() throws {
    let law = try law(.rightCauchyGreen)
    for C in [[1, 1, -0.1, 0, 0, 0], [1, 1, 1, 0, 0, 3]] {
      let r = law.evaluate(strain: C)
      #expect(
        r.energy.isNaN && r.stress.allSatisfy { $0.isNaN } && r.tangent.allSatisfy { $0.isNaN })
    }
  }

  @Test(
    "a nonlinear elastic law at small strain is learned, its tangent symmetric to the tolerance")
  func learns() throws {
    // σ = 2G(1 + 20‖e‖²) e + K tr ε 1: a potential, so that a symmetric map can follow.
    var random = SplitMix64(seed: 77)
    var (strain, stress): ([Double], [Double]) = ([], [])
    for _ in 0..<6000 {
      let e: [Double] = (0..<6).map { _ in random.uniform(-0.1, 0.1) }
      let mean = (e[0] + e[1] + e[2]) / 3
      var d = e
      for i in 0..<3 { d[i] -= mean }
      let factor: Double = 2e9 * (1 + 20 * d.reduce(0) { $0 + $1 * $1 })
      strain += e
      for i in 0..<6 { stress.append(factor * d[i] + (i < 3 ? 6e9 * mean : 0)) }
    }
    let samples = try StateSamples(strain: strain, stress: stress, pair: .smallStrain)
    var training = Training()
    training.epochs = 80
    training.batchSize = 64
    training.learningRate = LearningRate(5e-3)
    let (law, record, symmetry) = try training.fit(
      stressMap: [24, 24], samples, tolerance: 0.05, rounds: 4)
    let error = samples.error(of: law)
    #expect(error.r2 > 0.99, "\(error.r2)")
    #expect(symmetry.residual < 0.05 && law.asymmetry == symmetry.residual, "\(symmetry.residual)")
    #expect(record.epochs.count > 10 && symmetry.count == 15 * 512)
    #expect(law.evaluate(strain: Array(repeating: 0, count: 6)).stress.allSatisfy { $0 == 0 })
  }
}
