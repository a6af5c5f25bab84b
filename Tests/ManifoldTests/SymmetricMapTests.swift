import Glibc
import Manifold
import Mechanics
import Testing

/// Samples of a gradient field with a turning part: y = ∇(½|x|² + ¼Σx⁴ + x₀x₁x₂) + turn (x₁, −x₀, 0).
private func field(_ count: Int, turn: Double) throws -> MapSamples {
  var random = SplitMix64(seed: 5)
  var (x, y): ([Double], [Double]) = ([], [])
  for _ in 0..<count {
    let p: [Double] = (0..<3).map { _ in random.uniform(-1, 1) }
    x += p
    var own: [Double] = p.map { $0 + $0 * $0 * $0 }
    own[0] += p[1] * p[2] + turn * p[1]
    own[1] += p[0] * p[2] - turn * p[0]
    own[2] += p[0] * p[1]
    y += own
  }
  return try MapSamples(coordinates: x, 3, responses: y, 3)
}

@Suite("Maps anchored at rest and held to a symmetric tangent")
struct SymmetricMapTests {
  @Test(
    "gradients with origin and with multipliers are difference quotients",
    arguments: [[3, 5, 3], [3, 6, 4, 3]])
  func gradient(widths: [Int]) throws {
    for activation in StackedMap.Activation.allCases {
      let architecture = try StackedMap.Architecture(widths: widths, activation: activation)
      let samples = try field(203, turn: 0.3)
      let scales = SampleScales(samples, centred: false)
      let x = architecture.randomWeights(seed: 8).map { $0 + 0.05 }
      for level in KernelLevel.available {
        let data = MapObjective(
          architecture, samples, input: scales.input, output: scales.output,
          importance: [1, 2, 0.5], origin: [0.1, 0, -0.2], level: level)
        var anchored = data
        check(&anchored, x, level)
        var symmetric = SymmetricObjective(
          data, architecture, samples, scales, points: 200, window: nil, tolerance: 1e-3,
          penalty: 0.7, level: level)
        // Multipliers that are not zero.
        _ = symmetric.multipliers.update(symmetric.constraintValues(at: x))
        check(&symmetric, x, level)
      }
    }
  }

  private func check<O: SampleObjective>(
    _ objective: inout O, _ x: [Double], _ level: KernelLevel
  ) {
    let here = lossAndGradient(&objective, x, level: level)
    for k in stride(from: 0, to: x.count, by: 3) {
      let h = 1e-5
      var (up, down) = (x, x)
      up[k] += h
      down[k] -= h
      let a = lossAndGradient(&objective, up, level: level).loss
      let b = lossAndGradient(&objective, down, level: level).loss
      #expect(abs((a - b) / (2 * h) - here.gradient[k]) < 1e-6 * norm(here.gradient))
    }
  }

  @Test("the values of the constraint are those of the map's own tangent")
  func values() throws {
    let architecture = try StackedMap.Architecture(widths: [3, 5, 3])
    let samples = try field(64, turn: 0.3)
    let scales = SampleScales(samples)
    let x = architecture.randomWeights(seed: 8)
    let data = MapObjective(
      architecture, samples, input: scales.input, output: scales.output, importance: [1, 1, 1])
    var objective = SymmetricObjective(
      data, architecture, samples, scales, points: 64, window: nil, tolerance: 1e-3, penalty: 1,
      level: .best)
    let values = objective.constraintValues(at: x)
    let map = try StackedMap(
      architecture: architecture, weights: x, input: scales.input, output: scales.output)
    func size(_ v: [Double]) -> Double { norm(v) / Double(v.count).squareRoot() }
    let reference = size(scales.output.scale) / size(scales.input.scale)
    for slot in 0..<64 {
      let J = map.evaluate((0..<3).map { samples.coordinates[3 * (slot / 8) + $0][slot % 8] })
        .tangent
      for (k, (i, j)) in [(0, 1), (0, 2), (1, 2)].enumerated() {
        let expected = (J[3 * i + j] - J[3 * j + i]) / reference
        #expect(abs(values[24 * (slot / 8) + 8 * k + slot % 8] - expected) < 1e-12)
      }
    }
  }

  @Test(
    "a gradient field is learned with a symmetric tangent; a turning one is made symmetric, at a price"
  )
  func training() throws {
    var training = Training()
    training.optimizer = .lbfgs(LBFGS())
    training.epochs = 600
    training.workers = 1
    let architecture = try StackedMap.Architecture(widths: [3, 16, 16, 3])
    var losses: [Double] = []
    for turn in [0.0, 0.2] {
      let samples = try field(1000, turn: turn)
      let free = try training.fit(architecture, samples)
      let (map, record, report) = try training.fitSymmetric(
        architecture, samples, points: 128, tolerance: 0.02, rounds: 6)
      #expect(report.residual < 0.02 && report.isSatisfied, "\(turn): \(report.residual)")
      // At fresh points too the tangent is nearly symmetric; the free map's is not where the field turns.
      var random = SplitMix64(seed: 40)
      var (worst, freeWorst) = (0.0, 0.0)
      for _ in 0..<50 {
        let x = (0..<3).map { _ in random.uniform(-0.9, 0.9) }
        let (a, b) = (map.evaluate(x).tangent, free.map.evaluate(x).tangent)
        worst = max(worst, abs(a[1] - a[3]) / norm(a))
        freeWorst = max(freeWorst, abs(b[1] - b[3]) / norm(b))
      }
      #expect(worst < 0.03, "\(turn): \(worst)")
      if turn > 0 { #expect(freeWorst > 0.08 && report.multiplier > 1e-4) }
      losses.append(record.epochs.last!.loss)
    }
    // What a symmetric tangent cannot follow stays: half again the loss of the gradient field at least.
    #expect(losses[1] > 1.5 * losses[0], "\(losses)")
  }
}
