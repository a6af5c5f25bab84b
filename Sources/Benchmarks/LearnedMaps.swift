import ConstitutiveManifold
import Foundation
import Manifold
import Mechanics

/// Learned maps at the sizes that peers are measured at: the law 2 × 32 and the map 6-64-64-6.
enum LearnedMaps {
  static let batches = [1, 64, 4096, 65_536]

  /// Processor seconds of one call: the median of several blocks.
  static func seconds(_ call: () -> Void, least: Double = 0.3, blocks: Int = 5) -> Double {
    call()
    var start = processorSeconds()
    call()
    let one = max(processorSeconds() - start, 1e-7)
    let count = max(1, Int(least / Double(blocks) / one))
    return median(
      (0..<blocks).map { _ in
        start = processorSeconds()
        for _ in 0..<count { call() }
        return (processorSeconds() - start) / Double(count)
      })
  }

  /// The exported points, over and over.
  static func batch(_ points: Int, _ source: [[Double]]) -> PointBatch {
    var batch = PointBatch(points: points)
    for p in 0..<batch.count { batch.setStrain(source[p % source.count], of: p) }
    return batch
  }

  static func map() throws -> StackedMap {
    let architecture = try StackedMap.Architecture(widths: [6, 64, 64, 6])
    return try StackedMap(
      architecture: architecture, weights: architecture.randomWeights(seed: 3))
  }

  static let strains: [[Double]] = {
    var random = SplitMix64(seed: 11)
    return (0..<256).map { _ in
      let F = DeformationGradient(
        (0..<9).map { ($0 % 4 == 0 ? 1 : 0) + random.uniform(-0.2, 0.2) })
      return F.rightCauchyGreen
    }
  }()

  static let coordinates: [[Double]] = {
    var random = SplitMix64(seed: 12)
    return (0..<256).map { _ in (0..<6).map { _ in random.uniform(-1, 1) } }
  }()

  // MARK: - Inference

  static func inference() throws -> Measurement {
    let law = try KernelSpeed.sample(widths: [32, 32])
    let single = law.evaluated(in: .single)
    let map = try map()
    var m = Measurement()
    for points in batches {
      var batch = batch(points, strains)
      m.add("law\(points)", Double(points) / seconds { law.evaluate(&batch) })
      m.add("single\(points)", Double(points) / seconds { single.evaluate(&batch) })
      var states = ManifoldBatch(groups: (points + 7) / 8, coordinateCount: 6, responseCount: 6)
      for p in 0..<states.count {
        for i in 0..<6 { states.coordinates[6 * (p / 8) + i][p % 8] = coordinates[p % 256][i] }
      }
      m.add("map\(points)", Double(points) / seconds { map.evaluateResponses(&states) })
      m.add("jacobian\(points)", Double(points) / seconds { map.evaluate(&states) })
    }
    return m
  }

  // MARK: - Training

  /// Stresses 1.1 times those of the law, so that there is an error to follow.
  private static func states(_ count: Int, _ law: LearnedLaw) throws -> StateSamples {
    var batch = batch(256, strains)
    law.evaluate(&batch)
    let stress = (0..<256).map { p in batch.stress(of: p).map { 1.1 * $0 } }
    return try StateSamples(
      strain: (0..<count).flatMap { strains[$0 % 256] },
      stress: (0..<count).flatMap { stress[$0 % 256] }, pair: .rightCauchyGreen)
  }

  /// Samples per second of one worker, Adam, one epoch at a time.
  static func training() throws -> Measurement {
    var m = Measurement()
    let law = try KernelSpeed.sample(widths: [32, 32])
    let map = try map()
    let count = 65_536
    let samples = try states(count, law)
    let y = coordinates.map { map.evaluate($0).response.map { 1.1 * $0 } }
    let pairs = try MapSamples(
      coordinates: (0..<count).flatMap { coordinates[$0 % 256] }, 6,
      responses: (0..<count).flatMap { y[$0 % 256] }, 6)
    var training = Training()
    training.workers = 1
    training.heldOutShare = 0
    training.epochs = 4
    training.learningRate = LearningRate(1e-4, final: 1)
    for batch in [256, 4096] {
      training.batchSize = batch
      m.add(
        "trainMap\(batch)",
        try rate { try training.fit(map.architecture, pairs, from: map.weights).record })
      m.add(
        "trainLaw\(batch)",
        try rate { try training.fit(law.potential.architecture, samples, from: law).record })
    }
    return m
  }

  /// Samples per processor second; the median of three.
  private static func rate(_ run: () throws -> TrainingRecord) throws -> Double {
    median(
      try (0..<3).map { _ in
        let start = processorSeconds()
        let samples = try run().samples
        return Double(samples) / (processorSeconds() - start)
      })
  }

  // MARK: - For the peers

  /// Weights, points and answers as JSON, so that a peer computes with the same and can be checked.
  static func export(to path: String) throws {
    let law = try KernelSpeed.sample(widths: [32, 32])
    var batch = batch(256, strains)
    law.evaluate(&batch)
    let map = try map()
    let answers = coordinates.map { map.evaluate($0) }
    let (loss, gradient) = try lossAndGradient(law)
    let fields: [(String, [Double])] = [
      ("weights", law.potential.weights), ("featureScales", law.featureScales),
      ("C", strains.flatMap { $0 }), ("W", (0..<256).map { batch.energy(of: $0) }),
      ("S", (0..<256).flatMap { batch.stress(of: $0) }),
      ("T", (0..<256).flatMap { batch.tangent(of: $0) }), ("mapWeights", map.weights),
      ("x", coordinates.flatMap { $0 }), ("y", answers.flatMap(\.response)),
      ("J", answers.flatMap(\.tangent)), ("lawGradient", gradient),
    ]
    let scalars = [
      ("stressScale", law.stressScale), ("growth", law.growth), ("cofactor", law.cofactor),
      ("bulk", law.bulk), ("width", 32), ("lawLoss", loss),
    ]
    let lines =
      fields.map { "\"\($0.0)\": [\($0.1.map { "\($0)" }.joined(separator: ", "))]" }
      + scalars.map { "\"\($0.0)\": \($0.1)" }
    try "{\n\(lines.joined(separator: ",\n"))\n}\n".write(
      toFile: path, atomically: true, encoding: .utf8)
  }

  /// Loss of the 256 states and its gradient in the order W₁, b₁, W₂, V, b₂, v.
  private static func lossAndGradient(_ law: LearnedLaw) throws -> (Double, [Double]) {
    // The same weights without bounds, so that unknowns are weights.
    let architecture = try StackedPotential.Architecture(
      widths: [32, 32], polyconvex: false, seesVolume: true)
    let free = try LearnedLaw(
      potential: StackedPotential(architecture: architecture, weights: law.potential.weights),
      stressScale: law.stressScale, featureScales: law.featureScales, growth: law.growth,
      cofactor: law.cofactor, bulk: law.bulk)
    var objective = PotentialObjective(
      architecture, try states(256, law), stressScale: law.stressScale,
      featureScales: law.featureScales, energyShare: 0)
    let x = objective.unknowns(of: free)
    objective.prepare(at: x)
    var sum = ParallelSum(
      sumCount: objective.sumCount, scratchCount: objective.scratchCount, workers: 1)
    sum.evaluate(objective, Array(0..<32), 0..<32, level: .best)
    var gradient = [Double](repeating: 0, count: x.count)
    let loss = objective.complete(sum.total, weight: 256, gradient: &gradient)
    return (loss, Array(gradient[..<architecture.weightCount]))
  }
}
