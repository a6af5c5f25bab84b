import Glibc
import Manifold
import Mechanics
import Testing

/// A map with random weights and normalisations.
func randomMap(
  _ widths: [Int], _ activation: StackedMap.Activation = .tanh, seed: UInt64 = 5
) throws -> StackedMap {
  var random = SplitMix64(seed: seed)
  let architecture = try StackedMap.Architecture(widths: widths, activation: activation)
  func part(_ n: Int) -> StackedMap.Normalisation {
    .init(
      shift: (0..<n).map { _ in random.uniform(-1, 1) },
      scale: (0..<n).map { _ in random.uniform(0.5, 3) })
  }
  return try StackedMap(
    architecture: architecture,
    weights: (0..<architecture.weightCount).map { _ in random.normal(0, 0.4) },
    input: part(widths.first!), output: part(widths.last!))
}

@Suite("Stacked maps")
struct StackedMapTests {
  static let shapes = [
    [1, 1], [6, 64, 64, 6], [3, 5, 2], [2, 7, 9, 4, 1], [17, 12, 3], [8, 3, 8],
  ]

  @Test(
    "the kernels are the plain formula, in every instruction set, to 1e-12", arguments: shapes,
    StackedMap.Activation.allCases)
  func reference(widths: [Int], activation: StackedMap.Activation) throws {
    var map = try randomMap(widths, activation)
    let (n, m) = (widths.first!, widths.last!)
    var random = SplitMix64(seed: 9)
    // Seven groups: whole blocks of four and a rest.
    var batch = ManifoldBatch(groups: 7, coordinateCount: n, responseCount: m)
    for k in batch.coordinates.indices {
      for i in 0..<8 { batch.coordinates[k][i] = random.uniform(-3, 3) }
    }
    for level in KernelLevel.available {
      map.level = level
      map.evaluate(&batch)
      var values = ManifoldBatch(groups: 7, coordinateCount: n, responseCount: m)
      values.coordinates = batch.coordinates
      map.evaluateResponses(&values)
      var worst = 0.0
      for p in 0..<56 {
        let x = (0..<n).map { batch.coordinates[n * (p / 8) + $0][p % 8] }
        let expected = map.evaluate(x)
        for a in 0..<m {
          let scale = map.output.scale[a] * 10
          worst = max(
            worst, abs(batch.responses[m * (p / 8) + a][p % 8] - expected.response[a]) / scale)
          worst = max(
            worst, abs(values.responses[m * (p / 8) + a][p % 8] - expected.response[a]) / scale)
          for i in 0..<n {
            let J = batch.tangents[(m * (p / 8) + a) * n + i][p % 8]
            worst = max(worst, abs(J - expected.tangent[n * a + i]) / scale)
          }
        }
      }
      #expect(worst < 1e-12, "\(level)")
    }
  }

  @Test("the tangent is the difference quotient of the response", arguments: shapes)
  func differences(widths: [Int]) throws {
    for activation in StackedMap.Activation.allCases {
      let map = try randomMap(widths, activation)
      let n = widths.first!
      let x = (0..<n).map { 0.3 * Double($0 % 5) - 0.4 }
      let here = map.evaluate(x)
      let size = norm(here.tangent)
      for i in 0..<n {
        let h = 1e-6
        var (up, down) = (x, x)
        up[i] += h
        down[i] -= h
        let (a, b) = (map.evaluate(up).response, map.evaluate(down).response)
        for k in a.indices {
          let quotient = (a[k] - b[k]) / (2 * h)
          #expect(abs(quotient - here.tangent[n * k + i]) < 1e-7 * size)
        }
      }
    }
  }

  @Test("tanh and softplus to a few units in the last place", arguments: KernelLevel.available)
  func activations(level: KernelLevel) {
    var z = stride(from: -40.0, through: 40, by: 0.0101).map { $0 }
    for k in 0..<40 { z += [1, -1].map { $0 * exp2(-Double(k)) } }
    z += [0, 1e-300, -1e-300, 700, -700, 1e4, -1e4, 1e308]
    while z.count % 8 != 0 { z.append(0.5) }
    let tanh = KernelFunctions.activation(.tanh, z, level: level)
    let softplus = KernelFunctions.activation(.softplus, z, level: level)
    var worst = 0.0
    for (i, x) in z.enumerated() {
      let t = Glibc.tanh(x)
      worst = max(worst, abs(tanh.value[i] - t) / max(abs(t), 1e-300))
      worst = max(worst, abs(tanh.first[i] - (1 - t) * (1 + t)))
      let s = Softplus(x)
      worst = max(worst, abs(softplus.value[i] - s.value) / max(s.value, 1e-290))
      worst = max(worst, abs(softplus.first[i] - s.first) / max(s.first, 1e-290))
    }
    #expect(worst < 1.5e-15)
    let bad = KernelFunctions.activation(.tanh, Array(repeating: .nan, count: 8), level: level)
    #expect(bad.value.allSatisfy { $0.isNaN })
    let soft = KernelFunctions.activation(.softplus, Array(repeating: .nan, count: 8), level: level)
    #expect(soft.value.allSatisfy { $0.isNaN })
  }

  @Test("a map knows its domain, and claims nothing without one")
  func domain() throws {
    let free = try randomMap([2, 3, 1])
    #expect(free.distanceFromData([0, 0]) == .infinity)
    let map = try StackedMap(
      architecture: free.architecture, weights: free.weights, domain: [0...2, -1...1])
    #expect(map.distanceFromData([1, 0]) == 0)
    #expect(map.distanceFromData([3, 0]) == 0.5)
    #expect(map.distanceFromData([.nan, 0]) == .infinity)
  }

  @Test("numbers that are no map are refused")
  func refusals() throws {
    #expect(throws: ParameterError.self) { try StackedMap.Architecture(widths: [3]) }
    #expect(throws: ParameterError.self) { try StackedMap.Architecture(widths: [3, 300, 1]) }
    let a = try StackedMap.Architecture(widths: [1, 1])
    #expect(throws: ParameterError.self) { try StackedMap(architecture: a, weights: [1]) }
    #expect(throws: ParameterError.self) { try StackedMap(architecture: a, weights: [1, .nan]) }
    #expect(throws: ParameterError.self) {
      try StackedMap(
        architecture: a, weights: [1, 1], input: .init(shift: [0], scale: [0]))
    }
  }
}

func norm(_ v: [Double]) -> Double { v.reduce(0) { $0 + $1 * $1 }.squareRoot() }
