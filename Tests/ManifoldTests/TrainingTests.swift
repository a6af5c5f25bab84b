import Glibc
import Manifold
import Mechanics
import Testing

/// Samples of a random smooth map R³ → R².
private func samples(_ count: Int, noise: Double = 0, weights: Bool = false) throws -> MapSamples {
  let truth = try randomMap([3, 6, 2], seed: 77)
  var random = SplitMix64(seed: 21)
  var (x, y): ([Double], [Double]) = ([], [])
  for _ in 0..<count {
    let point = (0..<3).map { _ in random.uniform(-2, 2) }
    x += point
    y += truth.evaluate(point).response.map { $0 + random.normal(0, noise) }
  }
  return try MapSamples(
    coordinates: x, 3, responses: y, 2,
    weights: weights ? (0..<count).map { 0.5 + Double($0 % 3) } : nil)
}

/// Loss and gradient of an objective over all of its groups.
func lossAndGradient<O: SampleObjective>(
  _ objective: inout O, _ x: [Double], level: KernelLevel = .best, workers: Int = 1
) -> (loss: Double, gradient: [Double]) {
  var sum = ParallelSum(
    sumCount: objective.sumCount, scratchCount: objective.scratchCount, workers: workers)
  var gradient = [Double](repeating: 0, count: x.count)
  objective.prepare(at: x)
  let all = Array(objective.groupWeights.indices)
  sum.evaluate(objective, all, all.indices, level: level)
  let weight = objective.groupWeights.reduce(0, +)
  let loss = objective.complete(sum.total, weight: weight, gradient: &gradient)
  return (loss, gradient)
}

@Suite("Training over many samples")
struct TrainingTests {
  @Test(
    "the gradient of the loss is its difference quotient, in every instruction set",
    arguments: [[3, 2], [3, 5, 2], [3, 9, 7, 2], [3, 64, 64, 2]])
  func gradient(widths: [Int]) throws {
    for activation in StackedMap.Activation.allCases {
      let architecture = try StackedMap.Architecture(widths: widths, activation: activation)
      let samples = try samples(301, weights: true)
      let scales = SampleScales(samples)
      let x = architecture.randomWeights(seed: 4)
      var first: [Double] = []
      for level in KernelLevel.available {
        var objective = MapObjective(
          architecture, samples, input: scales.input, output: scales.output,
          importance: [1, 0.5], level: level)
        let here = lossAndGradient(&objective, x, level: level)
        if first.isEmpty { first = here.gradient }
        #expect(norm(zip(first, here.gradient).map { $0 - $1 }) < 1e-12 * norm(first))
        guard level == .best else { continue }
        let size = norm(here.gradient)
        for k in stride(from: 0, to: x.count, by: max(1, x.count / 40)) {
          let h = 1e-5
          var (up, down) = (x, x)
          up[k] += h
          down[k] -= h
          let a = lossAndGradient(&objective, up).loss
          let b = lossAndGradient(&objective, down).loss
          #expect(abs((a - b) / (2 * h) - here.gradient[k]) < 1e-7 * max(size, 1))
        }
      }
    }
  }

  @Test("padding counts nothing: the loss is the plain weighted mean")
  func plainMean() throws {
    let architecture = try StackedMap.Architecture(widths: [3, 4, 2])
    let samples = try samples(13, weights: true)
    let scales = SampleScales(samples)
    let x = architecture.randomWeights(seed: 6)
    var objective = MapObjective(
      architecture, samples, input: scales.input, output: scales.output, importance: [1, 1])
    let map = try StackedMap(
      architecture: architecture, weights: x, input: scales.input, output: scales.output)
    var (sum, weight) = (0.0, 0.0)
    for slot in 0..<13 {
      let (g, i) = (slot / 8, slot % 8)
      let y = map.evaluate((0..<3).map { samples.coordinates[3 * g + $0][i] }).response
      for a in 0..<2 {
        let error = (y[a] - samples.responses[2 * g + a][i]) / scales.output.scale[a]
        sum += 0.5 * samples.weights[g][i] * error * error
      }
      weight += samples.weights[g][i]
    }
    #expect(abs(lossAndGradient(&objective, x).loss - sum / weight) < 1e-13)
  }

  @Test("same bits for 1, 2, 4 and 8 workers", arguments: ["adam", "muon", "lbfgs"])
  func workers(name: String) throws {
    let samples = try samples(3000)
    let architecture = try StackedMap.Architecture(widths: [3, 8, 8, 2])
    var training = Training()
    training.optimizer = Optimizer(name: name)!
    training.epochs = 3
    training.batchSize = 1024
    var first: [Double]?
    for workers in [1, 2, 4, 8] {
      training.workers = workers
      let weights = try training.fit(architecture, samples).map.weights
      if let first { #expect(first == weights) }
      first = weights
    }
  }

  @Test(
    "every optimiser learns a smooth map; the held-out loss says so",
    arguments: [("adam", 60, 0.01, 3e-4), ("muon", 60, 0.01, 3e-4), ("lbfgs", 200, 1, 1e-4)])
  func learns(name: String, epochs: Int, rate: Double, goal: Double) throws {
    let samples = try samples(4096)
    var training = Training()
    training.optimizer = Optimizer(name: name)!
    training.epochs = epochs
    training.batchSize = 128
    training.learningRate = LearningRate(rate)
    training.checkpointInterval = 20
    let (map, record) = try training.fit(.init(widths: [3, 24, 24, 2]), samples)
    let best = record.epochs[record.bestEpoch - 1].heldOutLoss!
    #expect(best < goal, "\(name): \(best)")
    #expect(record.checkpoints.first?.epoch == 0 && record.checkpoints.count > 2)
    #expect(record.convergence.residuals.count == record.epochs.count)
    // Points that were never seen.
    let truth = try randomMap([3, 6, 2], seed: 77)
    var random = SplitMix64(seed: 99)
    var worst = 0.0
    for _ in 0..<200 {
      let x = (0..<3).map { _ in random.uniform(-1.8, 1.8) }
      let (a, b) = (truth.evaluate(x).response, map.evaluate(x).response)
      for k in 0..<2 { worst = max(worst, abs(a[k] - b[k]) / map.output.scale[k]) }
    }
    #expect(worst < 20 * goal.squareRoot(), "\(name): \(worst)")
  }

  @Test("Muon's step: singular values within the band of five steps, directions kept")
  func orthogonalisation() {
    for (rows, columns) in [(8, 8), (12, 5), (5, 12), (64, 64), (33, 32)] {
      var random = SplitMix64(seed: UInt64(rows))
      let place = MatrixPlace(start: 3, rows: rows, columns: columns)
      var values = (0..<rows * columns + 5).map { _ in random.normal(0, 1) }
      let before = values
      var step = Orthogonalisation([place])
      step.apply(&values, place)
      #expect(values[..<3] == before[..<3] && values.suffix(2) == before.suffix(2))
      // XᵀX (or XXᵀ) has eigenvalues within the square of the band: power iteration on it and on its
      // complement.
      let X = Array(values[3..<3 + rows * columns])
      let (low, high) = extremeSingularValues(X, rows, columns)
      // A square random matrix has singular values near zero, which five steps do not lift.
      #expect(high < 1.22 && (rows == columns || low > 0.6), "\(rows)×\(columns): \(low) \(high)")
      for level in KernelLevel.available {
        var other = before
        step.apply(&other, place, level: level)
        #expect(norm(zip(other, values).map { $0 - $1 }) < 1e-9)
      }
    }
  }

  /// Least and largest singular value by power iteration on the Gram matrix of the shorter side.
  private func extremeSingularValues(
    _ X: [Double], _ rows: Int, _ columns: Int
  ) -> (Double, Double) {
    let p = min(rows, columns)
    func entry(_ i: Int, _ k: Int) -> Double {
      rows <= columns ? X[i * columns + k] : X[k * columns + i]
    }
    let q = max(rows, columns)
    var G = [Double](repeating: 0, count: p * p)
    for i in 0..<p {
      for j in 0..<p { for k in 0..<q { G[p * i + j] += entry(i, k) * entry(j, k) } }
    }
    func largest(_ shift: Double) -> Double {
      var v = (0..<p).map { 1 + 0.1 * Double($0 % 7) }
      var value = 0.0
      for _ in 0..<2000 {
        var w = (0..<p).map { i in
          (shift == 0 ? 0 : shift * v[i])
            + (shift == 0 ? 1 : -1) * (0..<p).reduce(0) { $0 + G[p * i + $1] * v[$1] }
        }
        value = norm(w)
        for i in 0..<p { w[i] /= value }
        v = w
      }
      return value
    }
    let top = largest(0)
    return (max(0, 2 * top - largest(2 * top)).squareRoot(), top.squareRoot())
  }

  @Test("L-BFGS finds the minimum of Rosenbrock's valley and of a stiff quadratic")
  func valley() {
    var x = [-1.2, 1, -1.2, 1]
    let result = LBFGS().minimise(
      &x,
      evaluate: { x, g in
        var f = 0.0
        for k in stride(from: 0, to: 4, by: 2) {
          let (a, b) = (1 - x[k], x[k + 1] - x[k] * x[k])
          f += a * a + 100 * b * b
          g[k] = -2 * a - 400 * x[k] * b
          g[k + 1] = 200 * b
        }
        return f
      })
    #expect(result.converged && norm(x.map { $0 - 1 }) < 1e-6)
    var y = (0..<30).map { _ in 1.0 }
    let stiff = LBFGS().minimise(
      &y,
      evaluate: { y, g in
        var f = 0.0
        for k in y.indices {
          let d = pow(10, Double(k) / 10)
          f += 0.5 * d * y[k] * y[k]
          g[k] = d * y[k]
        }
        return f
      })
    #expect(stiff.converged && norm(y) < 1e-6, "\(stiff.iterations)")
  }

  @Test("data and options that make no sense are refused in one line")
  func refusals() throws {
    #expect(throws: TrainingError.badSample(1, "coordinate 1 is nan")) {
      try MapSamples(coordinates: [0, .nan], 1, responses: [1, 2], 1)
    }
    #expect(throws: TrainingError.self) {
      try MapSamples(coordinates: [0, 1], 1, responses: [1, 2, 3], 1)
    }
    var training = Training()
    training.batchSize = 4
    #expect(throws: TrainingError.self) {
      try training.fit(.init(widths: [3, 4, 2]), samples(16))
    }
    training = Training()
    training.learningRate = LearningRate(1e200)
    #expect(throws: TrainingError.self) {
      try training.fit(.init(widths: [3, 4, 2], activation: .softplus), samples(64))
    }
  }
}
