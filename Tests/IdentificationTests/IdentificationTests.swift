import ConstitutiveManifold
import FEM
import Identification
import Mechanics
import Testing

@Suite("Laws from displacement fields and net reactions")
struct IdentificationTests {
  private let paths: [HomogeneousMode] = [.uniaxial, .equibiaxial, .pureShear, .simpleShear]

  /// Least R² over the paths, as far as the strains of the specimen cover them.
  private func leastR2(
    _ result: FieldIdentification.Result, _ truth: some ConstitutiveLaw
  ) throws -> Double {
    try paths.map { mode in
      let comparison = result.law.compare(with: truth, along: mode) { result.coverage.covers($0) }
      return try #require(comparison).r2
    }.min()!
  }

  private var quick: FieldIdentification {
    var options = FieldIdentification()
    options.widths = [4]
    options.starts = 1
    options.strengths = [0.1]
    options.gapIterations = 6
    options.fieldIterations = 15
    return options
  }

  @Test("exact fields and reactions give the law back: R² above 0.9999 on every path")
  func exact() throws {
    let truth = try NeoHooke(mu: 4e5, lambda: 8e6)
    var experiment = try smallExperiment(truth, noise: 0)
    // Exact data are still weighted as if measured to 1e-4: there is nothing else to weigh them by.
    experiment = try FieldExperiment(
      name: "exact", definition: experiment.definition, points: experiment.points,
      components: [0, 1], deviation: 2e-6, reactions: grips, reactionDeviation: 1e-3,
      levels: experiment.levels)
    let result = try quick.identify([experiment])
    #expect(abs(result.reference.mu / 4e5 - 1) < 1e-4)
    #expect(result.displacementMisfit < 0.1)
    #expect(try leastR2(result, truth) > 0.9999)
  }

  @Test("noise of 1e-3 and another law than the first guess: R² above 0.99, residuals at the noise")
  func noisy() throws {
    let truth = try Gent(mu: 4e5, limit: 8, bulk: 8e6)
    let result = try quick.identify([smallExperiment(truth, noise: 1e-3)])
    #expect(try leastR2(result, truth) > 0.99)
    #expect(abs(result.displacementMisfit - 1) < 0.1)
    #expect(result.stages.map(\.stage) == [.weak, .weak, .intended, .intended])
    let last = result.stages[3]
    #expect(last.misfitAfter < last.misfitBefore)
    #expect(result.covariance.rows == result.parameters.count)
  }

  @Test("the same experiment and seed give the same bits")
  func deterministic() throws {
    let truth = try NeoHooke(mu: 4e5, lambda: 8e6)
    let experiment = try smallExperiment(truth, noise: 1e-3, points: 50, factors: [1])
    var options = quick
    options.widths = [2]
    let (a, b) = (try options.identify([experiment]), try options.identify([experiment]))
    #expect(a.parameters == b.parameters)
    options.seed = 2
    #expect(try options.identify([experiment]).parameters != a.parameters)
  }

  @Test("measurements that cannot be used are refused with place and remedy")
  func refused() throws {
    let truth = try NeoHooke(mu: 4e5, lambda: 8e6)
    let e = try smallExperiment(truth, noise: 1e-3, points: 5, factors: [1])
    func with(
      points: [SIMD3<Double>]? = nil, reactions: [NetReaction] = grips, deviation: Double = 1e-6,
      levels: [FieldExperiment.Level]? = nil
    ) throws -> FieldExperiment {
      try FieldExperiment(
        name: "plate", definition: e.definition, points: points ?? e.points, components: [0, 1],
        deviation: deviation, reactions: reactions, reactionDeviation: 1,
        levels: levels ?? e.levels)
    }
    func message(_ body: () throws -> Void) -> String {
      do { try body() } catch { return "\(error)" }
      return ""
    }
    #expect(message { _ = try with(deviation: 0) }.contains("deviations"))
    #expect(message { _ = try with(reactions: []) }.contains("no net reaction"))
    let nan = [FieldExperiment.Level](
      repeating: .init(
        factor: 1, displacements: Array(repeating: .nan, count: 10), reactions: [1, 1]), count: 1)
    #expect(message { _ = try with(levels: nan) }.contains("nan"))
    var outside = e.points
    outside[3] = SIMD3(0.001, 0.001, 0.001)
    #expect(
      message { _ = try quick.identify([with(points: outside)]) }.contains("point 4"))
    let free = [NetReaction(set: "xmax", component: 1), NetReaction(set: "ymax", component: 1)]
    #expect(message { _ = try quick.identify([with(reactions: free)]) }.contains("free"))
    var pushed = e.levels
    pushed[0].reactions = pushed[0].reactions.map { -$0 }
    #expect(
      message { _ = try quick.identify([with(levels: pushed)]) }.contains("against"))
  }

  @Test(
    "plate with a hole, 1000 points, noise 1e-3, finer mesh behind the data: R² ≥ 0.99 on all paths",
    .enabled(if: verifies), arguments: ["neo-hooke", "gent"])
  func plateWithHole(name: String) throws {
    let mu = 4e5
    let truth: Law =
      name == "gent"
      ? .gent(try Gent(mu: mu, limit: 12, bulk: 20 * mu))
      : .neoHooke(try NeoHooke(mu: mu, lambda: 20 * mu))
    let experiment = try FieldExperiment.simulated(
      name: name, definition: plate(radial: 8, around: 12, law: truth),
      seenAs: plate(radial: 5, around: 6, law: truth), points: facePoints(1000),
      reactions: grips, factors: [0.25, 0.5, 0.75, 1], noise: 1e-3, reactionNoise: 1e-3, seed: 11)
    let result = try FieldIdentification().identify([experiment])
    #expect(try leastR2(result, truth) >= 0.99)
  }

  @Test(
    "the same plate with fibres along its first axis: R² ≥ 0.995 on all paths along and across them",
    .enabled(if: verifies))
  func plateWithFibres() throws {
    let mu = 4e5
    let fibre = try PreferredDirection([1, 0, 0])
    let truth = try HolzapfelGasserOgden(
      mu: mu, k1: 0.5 * mu, k2: 0.3, fibres: [fibre], bulk: 20 * mu)
    let experiment = try FieldExperiment.simulated(
      name: "fibres", definition: plate(radial: 8, around: 12, stretch: 0.4, law: truth),
      seenAs: plate(radial: 5, around: 6, stretch: 0.4, law: truth), points: facePoints(1000),
      reactions: grips, factors: [0.25, 0.5, 0.75, 1], noise: 1e-3, reactionNoise: 1e-3, seed: 11)
    var identification = FieldIdentification()
    identification.directions = [fibre]
    let result = try identification.identify([experiment])
    #expect(result.displacementMisfit < 1.2)
    for axes in [[0, 1, 2], [1, 0, 2]] {
      for mode in paths {
        let c = result.law.compare(with: truth, along: mode, axes: axes) {
          result.coverage.covers($0)
        }
        #expect(try #require(c).r2 >= 0.995, "\(mode) \(axes)")
      }
    }
  }
}
