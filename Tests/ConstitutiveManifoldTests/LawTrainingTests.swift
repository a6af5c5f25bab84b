import ConstitutiveManifold
import Glibc
import Manifold
import Mechanics
import Testing

/// States of a law at random deformations.
func states(
  of law: some ConstitutiveLaw, _ count: Int, size: Double = 0.3, energies: Bool = false,
  seed: UInt64 = 7
) throws -> StateSamples {
  var random = SplitMix64(seed: seed)
  var (C, S, W): ([Double], [Double], [Double]) = ([], [], [])
  for _ in 0..<count {
    let strain = randomStrain(&random, size: size)
    let r = law.evaluate(strain: strain)
    C += strain
    S += r.stress
    W.append(r.energy)
  }
  return try StateSamples(
    strain: C, stress: S, energy: energies ? W : [], pair: .rightCauchyGreen)
}

@Suite("Learned laws trained on many states")
struct LawTrainingTests {
  /// Loss and gradient over all groups.
  private func evaluate(
    _ objective: inout PotentialObjective, _ x: [Double], _ level: KernelLevel = .best
  ) -> (loss: Double, gradient: [Double]) {
    var sum = ParallelSum(
      sumCount: objective.sumCount, scratchCount: objective.scratchCount, workers: 1)
    var gradient = [Double](repeating: 0, count: x.count)
    objective.prepare(at: x)
    let all = Array(objective.groupWeights.indices)
    sum.evaluate(objective, all, all.indices, level: level)
    let loss = objective.complete(
      sum.total, weight: objective.groupWeights.reduce(0, +), gradient: &gradient)
    return (loss, gradient)
  }

  private func objective(
    _ widths: [Int], polyconvex: Bool, volume: Bool, level: KernelLevel = .best
  ) throws -> (PotentialObjective, [Double]) {
    let samples = try states(of: NeoHooke(mu: 2, lambda: 5), 131, energies: true)
    let objective = PotentialObjective(
      try .init(widths: widths, polyconvex: polyconvex, seesVolume: volume), samples,
      stressScale: 3, featureScales: [0.8, 1.3, 0.5], energyShare: 0.7, level: level)
    var random = SplitMix64(seed: 3)
    let x = (0..<objective.unknownCount).map { _ in random.uniform(-1, 1) }
    return (objective, x)
  }

  @Test(
    "loss and gradient: the law's own errors, and their difference quotient, in every instruction set",
    arguments: [[5], [8, 8], [3, 7], [5, 4, 6], [32, 32]])
  func gradient(widths: [Int]) throws {
    for (polyconvex, volume) in [(true, true), (false, true), (true, false)] {
      var first: [Double] = []
      for level in KernelLevel.available {
        var (objective, x) = try objective(
          widths, polyconvex: polyconvex, volume: volume, level: level)
        let here = evaluate(&objective, x, level)
        if first.isEmpty { first = here.gradient }
        #expect(distance(first, here.gradient) < 1e-11 * norm(first))
        guard level == .best else { continue }
        // The loss is that of the law as everybody evaluates it.
        let law = try objective.law(x)
        let samples = try states(of: NeoHooke(mu: 2, lambda: 5), 131, energies: true)
        var batch = PointBatch(groups: samples.groups)
        batch.strain = samples.strain
        law.evaluate(&batch)
        var sum = 0.0
        for g in 0..<samples.groups {
          let w = samples.weights[g]
          for i in 0..<6 {
            let e = batch.stress[6 * g + i] - samples.stress[6 * g + i]
            sum += 0.5 * (w * e * e).sum() / 9
          }
          let e = batch.energy[g] - samples.energy[g]
          sum += 0.5 * 0.7 * (w * e * e).sum() / 9
        }
        #expect(abs(sum / 131 - here.loss) < 1e-11 * here.loss)
        for k in Array(stride(from: 0, to: x.count, by: max(1, x.count / 60)))
          + (x.count - 3..<x.count)
        {
          let h = 1e-5
          var (up, down) = (x, x)
          up[k] += h
          down[k] -= h
          let quotient = (evaluate(&objective, up).loss - evaluate(&objective, down).loss) / (2 * h)
          #expect(
            abs(quotient - here.gradient[k]) < 1e-6 * norm(here.gradient), "unknown \(k)")
        }
      }
    }
  }

  @Test("a law goes into unknowns and comes back the same")
  func roundTrip() throws {
    let (objective, x) = try objective([5, 4], polyconvex: true, volume: true)
    let law = try objective.law(x)
    let again = try objective.law(objective.unknowns(of: law))
    #expect(distance(law.potential.weights, again.potential.weights) < 1e-12)
    #expect(abs(law.bulk - again.bulk) < 1e-12 * law.bulk)
  }

  @Test(
    "a compressible Gent rubber is learned from 8000 states by every optimiser",
    arguments: [("adam", 40, 0.05, 0.04), ("muon", 40, 0.1, 0.04), ("lbfgs", 150, 1, 0.01)])
  func learnsGent(name: String, epochs: Int, rate: Double, goal: Double) throws {
    let truth = try Gent(mu: 1e6, limit: 5, bulk: 5e6)
    let samples = try states(of: truth, 8000, size: 0.2)
    var training = Training()
    training.optimizer = Optimizer(name: name)!
    training.epochs = epochs
    training.batchSize = 64
    training.learningRate = LearningRate(rate)
    let (law, record) = try training.fit(
      .init(widths: [16, 16], polyconvex: true, seesVolume: true), samples)
    // Relative error of the stress on states never seen.
    let fresh = try states(of: truth, 1000, size: 0.2, seed: 1234)
    var batch = PointBatch(groups: fresh.groups)
    batch.strain = fresh.strain
    law.evaluate(&batch)
    var (error, size) = (0.0, 0.0)
    for k in batch.stress.indices {
      let e = batch.stress[k] - fresh.stress[k]
      error += (e * e).sum()
      size += (fresh.stress[k] * fresh.stress[k]).sum()
    }
    #expect((error / size).squareRoot() < goal, "\(name): \((error / size).squareRoot())")
    #expect(record.epochs.count > 5 && record.epochs.last!.loss < record.epochs.first!.loss)
    #expect(norm(law.evaluate(strain: [1, 1, 1, 0, 0, 0]).stress) < 1e-9 * law.bulk)
  }

  @Test("same bits for 1, 2 and 8 workers")
  func workers() throws {
    let samples = try states(of: NeoHooke(mu: 2, lambda: 5), 2000)
    var training = Training()
    training.epochs = 2
    training.batchSize = 1024
    var first: LearnedLaw?
    for workers in [1, 2, 8] {
      training.workers = workers
      let law = try training.fit(.init(widths: [8, 8], seesVolume: true), samples).law
      if let first { #expect(first == law) }
      first = law
    }
  }

  @Test("states that are none are refused with their number")
  func refusals() {
    #expect(throws: TrainingError.badSample(1, "its C is not positive definite")) {
      try StateSamples(
        strain: [1, 1, 1, 0, 0, 0, 1, 1, -1, 0, 0, 0], stress: Array(repeating: 0, count: 12),
        pair: .rightCauchyGreen)
    }
    #expect(throws: TrainingError.self) {
      try StateSamples(strain: [1, 1, 1], stress: [1], pair: .smallStrain)
    }
    #expect(throws: TrainingError.self) {
      try Training().fit(
        .init(widths: [4]),
        StateSamples(
          strain: [0.1, 0, 0, 0, 0, 0], stress: [1, 0, 0, 0, 0, 0], pair: .smallStrain))
    }
  }
}
