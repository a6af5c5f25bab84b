import Foundation
import LinearAlgebra
import Manifold
import Testing

@Suite struct CurveFitTests {
  private static let metric = StateMetric(coordinates: [1], responses: [1])
  private static let curve = MonotoneCurve(
    scales: [0.02, 3], parameters: [0.3, 1.1, 4, 1.5, 0.7, 2, -3], range: -0.02...0.02,
    metric: metric)

  @Test("stress is the derivative of a convex energy, and rests at the origin")
  func derivatives() {
    let curve = CurveFitTests.curve
    #expect(curve.response(0).value == 0 && curve.energy(0) == 0)
    for x in stride(from: -0.05, through: 0.05, by: 0.007) {
      let h = 1e-6
      let (y, slope) = curve.response(x)
      #expect(abs((curve.energy(x + h) - curve.energy(x - h)) / (2 * h) - y) < 1e-7)
      let quotient = (curve.response(x + h).value - curve.response(x - h).value) / (2 * h)
      #expect(abs(quotient - slope) < 1e-6 * slope)
      #expect(slope > 0)
    }
    var batch = ManifoldBatch(groups: 1, coordinateCount: 1, responseCount: 1)
    batch.coordinates[0] = .init(0, 0.001, 0.002, -0.01, 0.03, 0.04, -0.05, .nan)
    curve.evaluate(&batch)
    for lane in 0..<7 {
      let (y, slope) = curve.response(batch.coordinates[0][lane])
      #expect(batch.responses[0][lane] == y && batch.tangents[0][lane] == slope)
    }
    #expect(batch.responses[0][7].isNaN)
    #expect(curve.distanceFromData([0.01]) == 0)
    #expect(abs(curve.distanceFromData([0.04]) - 0.5) < 1e-12)
  }

  @Test("the gradient of the distance needs no derivative of the nearest point")
  func envelope() {
    let states = CurveStates(
      u: [-0.9, -0.3, 0.1, 0.5, 1], v: [-1.2, -0.2, 0.3, 0.4, 1.4], weights: [30, 50])
    var p = [0.3, 1.1, 4, 1.5, 0.7, 2, -3]
    var problem = CurveProblem(states, unknowns: p.count)
    var (r, plus, minus) = ([0.0, 0, 0, 0, 0], [0.0, 0, 0, 0, 0], [0.0, 0, 0, 0, 0])
    var J = DenseMatrix(rows: 5, columns: p.count)
    #expect(problem.linearise(at: p, residual: &r, tangent: &J))
    for j in p.indices {
      let (before, h) = (p[j], 1e-5)
      p[j] = before + h
      _ = problem.residual(at: p, into: &plus)
      p[j] = before - h
      _ = problem.residual(at: p, into: &minus)
      p[j] = before
      for i in 0..<5 {
        #expect(abs((plus[i] - minus[i]) / (2 * h) - J[i, j]) < 1e-5 * (1 + abs(J[i, j])))
      }
    }
  }

  /// Laws that no single unit can be: Ramberg and Osgood's (by its inverse), a stiffening toe, a kink.
  private static let truths: [(name: String, law: @Sendable (Double) -> Double)] = [
    ("saturating", { tanh(2 * $0) }),
    (
      "Ramberg–Osgood",
      { e in
        var s = e
        for _ in 0..<60 {
          s -= (s + 0.8 * pow(abs(s), 4) * (s < 0 ? -1 : 1) - e) / (1 + 3.2 * pow(abs(s), 3))
        }
        return s
      }
    ),
    ("toe", { $0 < 0 ? 0.1 * $0 : 0.1 * $0 + 0.8 * $0 * $0 }),
    ("two slopes", { 0.2 * $0 + 0.8 * max(-0.3, min(0.3, $0)) }),
  ]

  @Test("noise in strain and stress: the curve is found below the noise", arguments: 0..<4)
  func recovers(truth: Int) throws {
    let law = CurveFitTests.truths[truth].law
    var random = SplitMix64(seed: 5)
    var (x, y): ([Double], [Double]) = ([], [])
    for i in 0..<600 {
      let e = -1 + Double(i) / 299.5
      x.append(random.normal(e, 0.03))
      y.append(random.normal(law(e), 0.03))
    }
    let fit = try CurveFit().fit(x: x, y: y, metric: CurveFitTests.metric)
    var sum = 0.0
    for i in 0..<200 {
      let e = -0.97 + 1.94 * Double(i) / 199
      let miss = fit.curve.response(e).value - law(e)
      sum += miss * miss / 200
    }
    // A third of the noise of one state, from 600 of them, also where the truth has kinks.
    #expect(sum.squareRoot() < 0.01)
    // √(½ noise²) in this metric, which counts half the square.
    #expect(abs(fit.rms / (0.03 * 0.5.squareRoot()) - 1) < 0.1)
  }

  @Test("a few noisy states give a monotone curve; bad ones are refused")
  func small() throws {
    var random = SplitMix64(seed: 3)
    let x = (0..<12).map { random.normal(Double($0) - 6, 0.4) }
    let y = x.map { random.normal(100 * tanh($0), 20) }
    let fit = try CurveFit().fit(
      x: x, y: y, metric: StateMetric(coordinates: [100], responses: [0.01]))
    for e in stride(from: -9.0, through: 9, by: 0.1) { #expect(fit.curve.response(e).slope >= 0) }
    #expect(throws: CurveFitError.self) {
      try CurveFit().fit(x: [0, 1, .nan, 2], y: [0, 1, 2, 3], metric: CurveFitTests.metric)
    }
    #expect(throws: CurveFitError.self) {
      try CurveFit().fit(x: [0, 1, 2], y: [0, 1, 2], metric: CurveFitTests.metric)
    }
    #expect(throws: CurveFitError.self) {
      try CurveFit().fit(x: [0, 1, 2, 3], y: [0, 0, 0, 0], metric: CurveFitTests.metric)
    }
  }
}
