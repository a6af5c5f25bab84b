import Glibc
import Manifold
import Testing

private let flat = Flat(
  n: 2, m: 3, K: [1, 0.5, -0.3, 2, 0.7, 0.2], k: [0, 0, 0],
  metric: StateMetric(coordinates: [2, 0.3, 0.3, 1], responses: [1, 0.1, 0, 0.1, 2, 0, 0, 0, 0.5]))

@Suite("Projection of what was seen only in part")
struct IncompleteProjectionTests {
  private func image(_ x: [Double]) -> [Double] {
    (0..<3).map { (a: Int) -> Double in flat.K[2 * a] * x[0] + flat.K[2 * a + 1] * x[1] }
  }

  private func variance(_ samples: [Double]) -> (mean: Double, variance: Double) {
    let count = Double(samples.count)
    let mean = samples.reduce(0, +) / count
    var sum = 0.0
    for s in samples { sum += (s - mean) * (s - mean) }
    return (mean, sum / (count - 1))
  }

  private func observe(_ values: [Double]) -> Observations {
    Observations(coordinateCount: 2, responseCount: 3, values: values)
  }

  @Test(
    "unseen components cost nothing: as many seen as the manifold has directions are met exactly")
  func exact() throws {
    let nan = Double.nan
    let states = try flat.project(observe([nan, nan, 0.4, -0.7, nan, 0.2, nan, nan, nan, 0.5]))
    #expect(states.record.converged)
    #expect(abs(states.responses[0] - 0.4) < 1e-12 && abs(states.responses[1] + 0.7) < 1e-12)
    #expect(abs(states.coordinates[2] - 0.2) < 1e-12 && abs(states.responses[5] - 0.5) < 1e-12)
    #expect(states.squareDistance.allSatisfy { $0 < 1e-20 })
    #expect(!states.undetermined.contains(true))
    #expect(states.degreesOfFreedom == [0, 0])
  }

  @Test(
    "a component that the data leave open is said to be, and the smallest state that fits is taken")
  func open() throws {
    let nan = Double.nan
    // One number for two directions.
    let states = try flat.project(observe([nan, nan, 0.4, nan, nan]))
    #expect(states.record.converged)
    #expect(abs(states.responses[0] - 0.4) < 1e-10)
    #expect(states.undetermined == [true, true, false, true, true])
    #expect(states.singularValues[1] == 0 && states.singularValues[0] > 0)
    #expect(states.openCount == 1)
    for c in 0..<5 {
      let variance = states.covariance[6 * c]
      #expect(c == 2 ? variance.isFinite && variance > 0 : variance == .infinity)
    }
    #expect(states.covariance[1] == 0)
    // Smallest: among x with K₀·x = 0.4 the least metric length of (x, K x), found by a sweep.
    func size(_ t: Double) -> Double {
      let x: [Double] = [0.4 - 0.5 * t, t]
      return flat.metric.squareDistance(x, image(x))
    }
    let best = (-2000...2000).map { size(1e-3 * Double($0)) }.min()!
    let x = Array(states.coordinates), y = Array(states.responses)
    #expect(flat.metric.squareDistance(x, y) < best + 1e-6)
  }

  @Test("nothing seen: all open, the state at rest")
  func nothing() throws {
    let states = try flat.project(observe([Double](repeating: .nan, count: 5)))
    #expect(states.undetermined.allSatisfy { $0 })
    #expect(states.coordinates.allSatisfy { abs($0) < 1e-12 })
  }

  @Test("constraints hold to rounding, and open what they close")
  func constraints() throws {
    let nan = Double.nan
    var o = observe([nan, nan, 0.4, nan, nan, 0.3, 0.1, 0.2, -0.5, 0.9])
    // y_2 − y_3 = 0.1 for the first, x_1 + x_2 = 0.25 for the second.
    o.constraints = .init(
      matrix: [0, 0, 0, 1, -1, 1, 1, 0, 0, 0], values: [0.1, nan, nan, 0.25])
    let states = try flat.project(o)
    #expect(states.record.converged)
    #expect(abs(states.responses[1] - states.responses[2] - 0.1) < 1e-13)
    #expect(abs(states.coordinates[2] + states.coordinates[3] - 0.25) < 1e-14)
    #expect(!states.undetermined.contains(true))
    // A constrained combination has no variance: x_1 + x_2 of the second state.
    let V = Array(states.covariance[25...])
    #expect(abs(V[0] + 2 * V[1] + V[6]) < 1e-12 && V[0] > 1e-3)
    #expect(states.degreesOfFreedom == [0, 4])
  }

  @Test("constraints that contradict each other are not called converged")
  func contradiction() throws {
    var o = observe([0.1, 0.2, 0, 0, 0])
    o.constraints = .init(matrix: [1, 0, 0, 0, 0, 2, 0, 0, 0, 0], values: [0.1, 0.5])
    let states = try flat.project(o)
    #expect(!states.converged[0] && !states.record.converged)
    #expect(states.residual[0] > 1e-3)
  }

  @Test("a measured combination counts like a component; one that says nothing new is refused")
  func combinations() throws {
    let nan = Double.nan
    var o = observe([nan, nan, nan, nan, 0.3])
    o.combinations = .init(matrix: [0, 0, 1, -1, 0], values: [0.2])
    let states = try flat.project(o)
    #expect(abs(states.responses[0] - states.responses[1] - 0.2) < 1e-11)
    #expect(abs(states.responses[2] - 0.3) < 1e-11)
    o.values = [nan, nan, 0.1, 0.4, nan]
    #expect(throws: ProjectionError.self) { try flat.project(o) }
  }

  @Test(
    "standard deviations: generalised least squares, and its covariance agrees with 4000 samples")
  func deviations() throws {
    var random = SplitMix64(seed: 8)
    let truth = [0.3, -0.2]
    let y = image(truth)
    let deviation = [0.05, 0.2, 0.03, 0.1, 0.4]
    var values: [Double] = []
    for _ in 0..<4000 {
      for (z, s) in zip(truth + y, deviation) { values.append(random.normal(z, s)) }
    }
    var o = observe(values)
    o.deviations = (0..<4000).flatMap { _ in deviation }
    let states = try flat.project(o)
    let V = Array(states.covariance[..<25])
    for c in 0..<5 {
      let (mean, variance) = variance((0..<4000).map { states.state($0)[c] })
      #expect(abs(mean - (truth + y)[c]) < 5 * (V[6 * c] / 4000).squareRoot())
      #expect(abs(variance / V[6 * c] - 1) < 0.12)
    }
    // χ² of three excess values per observation.
    #expect(abs(states.scatter! - 1) < 0.05)
    o.deviations![7] = 0
    let flaw = try #require(o.flaw)
    #expect(flaw.observation == 1 && flaw.component == 2)
    #expect(throws: ProjectionError.flawed(flaw)) { try flat.project(o) }
  }

  @Test("on a curved manifold the covariance after Laplace agrees with small-noise samples")
  func curved() throws {
    let surface = Surface()
    var random = SplitMix64(seed: 9)
    let at = try surface.project(
      Observations(coordinateCount: 2, responseCount: 3, values: [0.3, 0.4, 0.5, 0.3, 0.6]))
    let z = at.state(0)
    var values: [Double] = []
    for _ in 0..<4000 { for c in 0..<5 { values.append(random.normal(z[c], 0.01)) } }
    var o = Observations(coordinateCount: 2, responseCount: 3, values: values)
    o.deviations = Array(repeating: 0.01, count: values.count)
    let states = try surface.project(o)
    #expect(states.record.converged)
    for c in 0..<5 {
      let variance = variance((0..<4000).map { states.state($0)[c] }).variance
      var laplace = 0.0
      for p in 0..<4000 { laplace += states.covariance[25 * p + 6 * c] / 4000 }
      #expect(abs(variance / laplace - 1) < 0.12)
    }
  }

  @Test("flaws are named")
  func flaws() {
    var o = observe([0, 0, 0, 0, .infinity])
    #expect(o.flaw?.observation == 0)
    o = observe([0, 0, 0, 0, 0])
    o.constraints = .init(matrix: [1, 0, 0, 0], values: [1])
    #expect(o.flaw != nil)
    o.constraints = .init(matrix: [0, 0, 0, 0, 0], values: [1])
    #expect(o.flaw?.description.contains("row 1") == true)
  }
}
