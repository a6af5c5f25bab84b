import Glibc
import Manifold
import Mechanics
import Testing

/// y = K x + k: a flat manifold.
struct Flat: Manifold {
  let n: Int, m: Int
  let K: [Double], k: [Double]
  let metric: StateMetric
  var isPotential: Bool { false }
  var isConvex: Bool { true }
  var coordinateCount: Int { n }
  var responseCount: Int { m }

  func evaluate(_ batch: inout ManifoldBatch) {
    for g in 0..<batch.groups {
      for a in 0..<m {
        var sum = Lanes(repeating: k[a])
        for i in 0..<n {
          sum += K[n * a + i] * batch.coordinates[n * g + i]
          batch.tangents[(m * g + a) * n + i] = Lanes(repeating: K[n * a + i])
        }
        batch.responses[m * g + a] = sum
      }
    }
  }

  func distanceFromData(_ coordinates: [Double]) -> Double { 0 }
}

/// The graph of one function of one coordinate, with unit metric (½ Δx² + ½ Δy²).
struct Curve: Manifold {
  let isConvex: Bool
  let f: @Sendable (Double) -> (value: Double, slope: Double)
  var isPotential: Bool { true }
  var coordinateCount: Int { 1 }
  var responseCount: Int { 1 }
  var metric: StateMetric { StateMetric(coordinates: [1], responses: [1]) }

  func evaluate(_ batch: inout ManifoldBatch) {
    for g in 0..<batch.groups {
      for lane in 0..<8 {
        let point = f(batch.coordinates[g][lane])
        batch.responses[g][lane] = point.value
        batch.tangents[g][lane] = point.slope
      }
    }
  }

  func distanceFromData(_ coordinates: [Double]) -> Double { 0 }

  /// The arc y = 1 − √(1 − x²), x ≥ 0: monotone, the gradient of a convex potential, curvature 1.
  static let arc = Curve(isConvex: true) { x in
    let root = (1 - x * x).squareRoot()
    return (1 - root, x / root)
  }
}

/// Two coordinates, three responses, no potential: a curved surface in five dimensions.
struct Surface: Manifold {
  var coordinateCount: Int { 2 }
  var responseCount: Int { 3 }
  let metric = StateMetric(
    coordinates: [2, 0.3, 0.3, 1], responses: [1, 0.1, 0, 0.1, 2, 0, 0, 0, 0.5])

  func evaluate(_ batch: inout ManifoldBatch) {
    for g in 0..<batch.groups {
      for lane in 0..<8 {
        let (x, y) = (batch.coordinates[2 * g][lane], batch.coordinates[2 * g + 1][lane])
        let values = [sin(x) + y * y, x * y + 0.5 * y, exp(0.3 * x) - y]
        let slopes = [cos(x), 2 * y, y, x + 0.5, 0.3 * exp(0.3 * x), -1]
        for a in 0..<3 { batch.responses[3 * g + a][lane] = values[a] }
        for k in 0..<6 { batch.tangents[6 * g + k][lane] = slopes[k] }
      }
    }
  }

  func distanceFromData(_ coordinates: [Double]) -> Double { 0 }
}

private let flat = Flat(
  n: 2, m: 3, K: [1, 0.5, -0.3, 2, 0.7, 0.2], k: [0.1, -0.2, 0.3],
  metric: StateMetric(coordinates: [2, 0.3, 0.3, 1], responses: [1, 0.1, 0, 0.1, 2, 0, 0, 0, 0.5]))

private func observe(_ manifold: some Manifold, _ values: [Double]) -> Observations {
  Observations(
    coordinateCount: manifold.coordinateCount, responseCount: manifold.responseCount,
    values: values)
}

private func random(_ count: Int, seed: UInt64, _ size: Double = 1) -> [Double] {
  var random = SplitMix64(seed: seed)
  return (0..<count).map { _ in random.uniform(-size, size) }
}

@Suite("Projection onto a manifold")
struct ProjectionTests {
  @Test("onto a flat manifold: the normal equations, one correction, nothing stretched")
  func linear() throws {
    let values = random(5 * 11, seed: 1)
    let states = try flat.project(observe(flat, values))
    #expect(states.record.converged)
    for p in 0..<11 {
      let z = Array(values[5 * p..<5 * p + 5])
      // TᵀM(z* − z) = 0.
      let d = zip(states.state(p), z).map { $0 - $1 }
      let M = flat.metric
      for i in 0..<2 {
        var normal = 0.0
        for j in 0..<2 { normal += M.coordinates[2 * i + j] * d[j] }
        for a in 0..<3 {
          for b in 0..<3 { normal += flat.K[2 * a + i] * M.responses[3 * a + b] * d[2 + b] }
        }
        #expect(abs(normal) < 1e-13)
      }
      #expect(states.iterations[p] <= 2)
      #expect(abs(states.expansion[p] - 1) < 1e-9)
      #expect(
        abs(states.squareDistance[p] - M.squareDistance(Array(d[..<2]), Array(d[2...]))) < 1e-14)
    }
  }

  @Test("twice is once, to 1e-10, and a state of the manifold stays where it is")
  func idempotent() throws {
    let surface = Surface()
    let once = try surface.project(observe(surface, random(5 * 400, seed: 2, 0.7)))
    #expect(once.record.converged)
    let all = (0..<400).flatMap { once.state($0) }
    let twice = try surface.project(observe(surface, all))
    var worst = 0.0
    for p in 0..<400 {
      for (a, b) in zip(once.state(p), twice.state(p)) { worst = max(worst, abs(a - b)) }
    }
    #expect(worst < 1e-10)
    #expect(twice.squareDistance.max()! < 1e-20)
  }

  @Test("stationary: no neighbour on the manifold is nearer")
  func nearest() throws {
    let surface = Surface()
    let values = random(5 * 64, seed: 3, 0.7)
    let states = try surface.project(observe(surface, values))
    var batch = ManifoldBatch(groups: 1, coordinateCount: 2, responseCount: 3)
    for p in 0..<64 {
      for lane in 0..<8 {
        let angle = Double(lane) * .pi / 4
        batch.coordinates[0][lane] = states.coordinates[2 * p] + 1e-3 * cos(angle)
        batch.coordinates[1][lane] = states.coordinates[2 * p + 1] + 1e-3 * sin(angle)
      }
      surface.evaluate(&batch)
      for lane in 0..<8 {
        let z = (batch.coordinates + batch.responses).map { $0[lane] }
        let d = zip(z, values[5 * p..<5 * p + 5]).map { $0 - $1 }
        let other = surface.metric.squareDistance(Array(d[..<2]), Array(d[2...]))
        #expect(other > states.squareDistance[p])
      }
    }
  }

  @Test("forces are the derivative of the distance with respect to the manifold's responses")
  func envelope() throws {
    // y ↦ y + δ e_a changes ½d² by force_a δ to first order.
    let values = random(5 * 8, seed: 4)
    let h = 1e-5
    let states = try flat.project(observe(flat, values))
    for a in 0..<3 {
      func shifted(_ s: Double) throws -> [Double] {
        var k = flat.k
        k[a] += s * h
        let moved = Flat(n: 2, m: 3, K: flat.K, k: k, metric: flat.metric)
        return try moved.project(observe(moved, values)).squareDistance
      }
      let (up, down) = (try shifted(1), try shifted(-1))
      for p in 0..<8 {
        #expect(abs((up[p] - down[p]) / (2 * h) - states.forces[3 * p + a]) < 1e-9)
      }
    }
  }

  @Test(
    "a concave side spreads: an arc stretches by 1/(1 − κd), though it is a convex potential's graph"
  )
  func arcStretches() throws {
    // From points at the distance d inside the circle of radius 1 about (0, 1). With d² = ½ Δx² + ½ Δy² the
    // ratio of lengths is the Euclidean one.
    for depth in [0.1, 0.3, 0.6] {
      let angle = 0.7
      func inside(_ t: Double) -> [Double] {
        [(1 - depth) * sin(t), 1 - (1 - depth) * cos(t)]
      }
      let pair = try Curve.arc.project(
        observe(Curve.arc, inside(angle) + inside(angle + 1e-4)))
      #expect(pair.record.converged)
      let predicted = 1 / (1 - depth)
      for p in 0..<2 { #expect(abs(pair.expansion[p] / predicted - 1) < 1e-3) }
      func length(_ a: [Double], _ b: [Double]) -> Double {
        hypot(a[0] - b[0], a[1] - b[1])
      }
      let measured =
        length(pair.state(0), pair.state(1)) / length(inside(angle), inside(angle + 1e-4))
      #expect(abs(measured / predicted - 1) < 1e-3)
      // The resolvent has its own bound, √2 at most, wherever the observation lies.
      let resolvent = try ResolventProjection().project(
        observe(Curve.arc, inside(angle)), onto: Curve.arc)
      #expect(resolvent.expansion[0] <= 2.0.squareRoot() * (1 + 1e-12))
    }
  }

  @Test("several starts find the nearer of two valleys; one start need not")
  func starts() throws {
    let wave = Curve(isConvex: false) { (2 * cos(3 * $0), -6 * sin(3 * $0)) }
    let observation = observe(wave, [0.9, 2.2])
    var one = Projection()
    one.starts = 1
    var many = Projection()
    many.starts = 16
    let first = try one.project(observation, onto: wave)
    let best = try many.project(observation, onto: wave)
    // A fine sweep says where the nearest point is.
    let sweep = (0...40_000).map { k -> Double in
      let x: Double = -2 + 1e-4 * Double(k)
      let y: Double = 2 * cos(3 * x)
      return wave.metric.squareDistance([x - 0.9], [y - 2.2])
    }
    #expect(abs(best.squareDistance[0] - sweep.min()!) < 1e-7)
    #expect(best.squareDistance[0] <= first.squareDistance[0])
    let again = try many.project(observation, onto: wave)
    #expect(again == best)
  }

  @Test("what stands beside an observation in its batch does not touch it")
  func lanes() throws {
    let surface = Surface()
    let values = random(5 * 24, seed: 6, 0.7)
    let all = try surface.project(observe(surface, values))
    for p in [0, 5, 13, 23] {
      let alone = try surface.project(observe(surface, Array(values[5 * p..<5 * p + 5])))
      #expect(alone.state(0) == all.state(p))
    }
  }
}
