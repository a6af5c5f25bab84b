import ConstitutiveManifold
import Glibc
import Manifold
import Mechanics
import Testing

/// The learned law of Treloar's rubber, fitted once for this suite: a convex potential in H.
private let rubber: LearnedLaw = {
  guard case .learned(let law) = try! ConstitutiveFit(.learned).fit(treloar()).law else {
    preconditionFailure("a learned fit gives a learned law")
  }
  return law
}()

private let manifold = try! LawManifold(rubber, isConvex: rubber.isConvexInHenckyStrain)

/// States of a law at random nearly isochoric strains up to `size`, z = (H, T).
private func states(
  _ manifold: some Manifold, _ count: Int, seed: UInt64, size: Double = 0.4
) -> [Double] {
  var random = SplitMix64(seed: seed)
  var batch = ManifoldBatch(groups: (count + 7) / 8, coordinateCount: 6, responseCount: 6)
  for p in 0..<batch.count {
    var h = (0..<6).map { _ in random.uniform(-size, size) }
    let mean = (h[0] + h[1] + h[2]) / 3
    let volume = random.uniform(-1e-4, 1e-4)
    for i in 0..<3 { h[i] += volume - mean }
    for i in 0..<6 { batch.coordinates[6 * (p / 8) + i][p % 8] = h[i] }
  }
  manifold.evaluate(&batch)
  var out: [Double] = []
  for p in 0..<count {
    for i in 0..<6 { out.append(batch.coordinates[6 * (p / 8) + i][p % 8]) }
    for i in 0..<6 { out.append(batch.responses[6 * (p / 8) + i][p % 8]) }
  }
  return out
}

/// Adds noise of a share of the state's metric length, uniform over directions in the metric's components.
private func scattered(_ z: [Double], _ share: Double, mu: Double, seed: UInt64) -> [Double] {
  var random = SplitMix64(seed: seed)
  return z.indices.map { (k: Int) -> Double in
    z[k] + share * random.normal(0, k % 12 < 6 ? 0.4 : 0.8 * mu)
  }
}

private func observe(_ values: [Double]) -> Observations {
  Observations(coordinateCount: 6, responseCount: 6, values: values)
}

/// Length of the difference of two states.
private func length(_ a: ArraySlice<Double>, _ b: ArraySlice<Double>) -> Double {
  let d = zip(a, b).map { $0 - $1 }
  return manifold.metric.squareDistance(Array(d[..<6]), Array(d[6...])).squareRoot()
}

@Suite("Projection onto a learned law")
struct LawProjectionTests {
  private let mu = rubber.shearModulusAtRest

  @Test("states of the law stay; projecting twice is projecting once, to 1e-10; at most 20 steps")
  func idempotent() throws {
    let exact = states(manifold, 500, seed: 1)
    let kept = try manifold.project(observe(exact))
    #expect(kept.record.converged)
    for p in 0..<500 {
      #expect(length(kept.state(p)[...], exact[12 * p..<12 * p + 12]) < 1e-10 * mu.squareRoot())
    }
    let once = try manifold.project(observe(scattered(exact, 0.2, mu: mu, seed: 2)))
    #expect(once.record.converged)
    #expect(once.iterations.max()! <= 20)
    #expect(once.residual.max()! <= 1e-10)
    let flat = (0..<500).flatMap { once.state($0) }
    let twice = try manifold.project(observe(flat))
    var worst = 0.0
    let rest = [Double](repeating: 0, count: 12)[...]
    for p in 0..<500 {
      let size = length(once.state(p)[...], rest)
      worst = max(worst, length(once.state(p)[...], twice.state(p)[...]) / size)
    }
    #expect(worst < 1e-10)
  }

  /// Pairs of observations that end farther apart than they were, and the largest ratio of distances.
  private func spread(_ values: [Double]) throws -> (violations: Int, worst: Double) {
    var projection = Projection()
    projection.uncertainty = .none
    let found = try projection.project(observe(values), onto: manifold)
    #expect(found.record.converged)
    var (violations, worst) = (0, 0.0)
    for p in stride(from: 0, to: found.count, by: 2) {
      let after = length(found.state(p)[...], found.state(p + 1)[...])
      let before = length(values[12 * p..<12 * p + 12], values[12 * p + 12..<12 * p + 24])
      if after > before * (1 + 1e-12) { violations += 1 }
      worst = max(worst, after / before)
    }
    return (violations, worst)
  }

  @Test("5 % noise, 10⁴ random pairs of observations of one state each: none ends farther apart")
  func nonExpansive() throws {
    let once = states(manifold, 10_000, seed: 3)
    var twice: [Double] = []
    for p in 0..<10_000 {
      twice += once[12 * p..<12 * p + 12]
      twice += once[12 * p..<12 * p + 12]
    }
    let pairs = try spread(scattered(twice, 0.05, mu: mu, seed: 4))
    #expect(pairs.violations == 0, "worst \(pairs.worst)")
  }

  /// A convex potential does not make the nearest point non-expansive (the arc in `ProjectionTests`), and
  /// pairs of distant states show it: few, and by little.
  @Test("5 % noise, 10⁴ random pairs of distant states: few end farther apart, by less than 5 %")
  func nearlyNonExpansive() throws {
    let pairs = try spread(scattered(states(manifold, 20_000, seed: 5), 0.05, mu: mu, seed: 6))
    #expect(pairs.violations < 400 && pairs.worst < 1.05, "\(pairs)")
  }

  @Test("the resolvent keeps x + C⁻¹y and stretches at most by √2, 10⁴ random pairs from anywhere")
  func resolvent() throws {
    var random = SplitMix64(seed: 7)
    let values = (0..<240_000).map { (k: Int) -> Double in
      k % 12 < 6 ? random.uniform(-0.5, 0.5) : mu * random.uniform(-3, 3)
    }
    let found = try ResolventProjection().project(observe(values), onto: manifold)
    #expect(found.record.converged)
    let C = manifold.metric.coordinates
    func key(_ z: ArraySlice<Double>) -> [Double] {
      let z = Array(z)
      return (0..<6).map { (i: Int) -> Double in
        var sum = z[6 + i]
        for j in 0..<6 { sum += C[6 * i + j] * z[j] }
        return sum
      }
    }
    var worst = 0.0
    var off = 0.0
    for p in stride(from: 0, to: 20_000, by: 2) {
      let (a, b) = (values[12 * p..<12 * p + 12], values[12 * p + 12..<12 * p + 24])
      worst = max(worst, length(found.state(p)[...], found.state(p + 1)[...]) / length(a, b))
      let (k, l) = (key(a), key(found.state(p)[...]))
      let size = k.map { abs($0) }.max()!
      for (a, b) in zip(k, l) { off = max(off, abs(a - b) / size) }
    }
    #expect(worst <= 2.0.squareRoot() * (1 + 1e-12))
    #expect(found.expansion.max()! <= 2.0.squareRoot() * (1 + 1e-12))
    #expect(off < 1e-9)
  }

  @Test("what promises convexity in H is convex along 10⁴ random segments", arguments: 0..<7)
  func convex(index: Int) throws {
    let volumetric = 50.0
    let laws: [Law] = [
      .neoHooke(try NeoHooke(mu: 1, lambda: 20)),
      .mooneyRivlin(try MooneyRivlin(c10: 0.3, c01: 0.2, bulk: volumetric)),
      .yeoh(try Yeoh(c1: 0.3, c2: 0.01, c3: 0.001, bulk: volumetric)),
      .gent(try Gent(mu: 1, limit: 80, bulk: volumetric)),
      .carroll(try Carroll(a: 0.15, b: 3e-7, c: 0.1, bulk: volumetric)),
      .ogden(
        try Ogden(
          terms: [.init(mu: 0.6, alpha: 1.3), .init(mu: -0.01, alpha: -2)], bulk: volumetric)),
      .learned(rubber),
    ]
    let law = laws[index]
    #expect(law.isConvex)
    var random = SplitMix64(seed: 11)
    var batch = PointBatch(groups: 3 * 1250)
    var scratch = HenckyScratch()
    for p in 0..<10_000 {
      let a = (0..<6).map { _ in random.uniform(-0.7, 0.7) }
      let b = (0..<6).map { _ in random.uniform(-0.7, 0.7) }
      batch.setStrain(a, of: p)
      batch.setStrain(b, of: 10_000 + p)
      batch.setStrain(zip(a, b).map { 0.5 * ($0 + $1) }, of: 20_000 + p)
    }
    law.evaluateHencky(&batch, scratch: &scratch)
    let bad = (0..<10_000).count { p in
      let mean = 0.5 * (batch.energy(of: p) + batch.energy(of: 10_000 + p))
      return !(batch.energy(of: 20_000 + p) <= mean * (1 + 1e-12))
    }
    #expect(bad == 0)
  }

  @Test("linear elasticity is flat: nothing is stretched, whatever the noise")
  func flat() throws {
    let law = try LawManifold(.linearElastic(LinearElastic(young: 210e9, poisson: 0.3)))
    var random = SplitMix64(seed: 13)
    let values = (0..<1200).map { (k: Int) -> Double in
      random.normal(0, k % 12 < 6 ? 1e-3 : 2e8)
    }
    let found = try law.project(observe(values))
    #expect(found.record.converged && found.iterations.max()! <= 2)
    #expect(found.expansion.allSatisfy { abs($0 - 1) < 1e-6 })
  }

  @Test("outside of a law's domain, and beside its limit, projection still arrives")
  func domain() throws {
    // Gent's limit I1 − 3 = 5 lies near a stretch of 2.7; observations beyond it.
    let law = try LawManifold(.gent(Gent(mu: 1, limit: 5, bulk: 100)))
    let values: [Double] = [1.4, -0.7, -0.7, 0, 0, 0, 30, 0, 0, 0, 0, 0]
    let found = try law.project(observe(values))
    #expect(found.record.converged)
    #expect(found.coordinates[0] < 1.1)
  }
}

/// Rows of z = (H, T) by name, for constraints.
private func row(_ entries: (Int, Double)...) -> [Double] {
  var out = [Double](repeating: 0, count: 12)
  for (i, value) in entries { out[i] = value }
  return out
}

@Suite("Projection of material tests")
struct TestProjectionTests {
  private let shears = [row((3, 1)), row((4, 1)), row((5, 1))]

  @Test(
    "a uniaxial test that saw only λ and P: zero lateral traction gives the lateral stretch",
    arguments: [0.7, 1.3, 2, 4])
  func uniaxial(stretch: Double) throws {
    let exact = try rubber.compressibleResponse(.uniaxial, stretch)
    var values = [Double](repeating: .nan, count: 12)
    values[0] = log(stretch)
    values[6] = stretch * exact.nominal
    var o = observe(values)
    // No lateral traction, no shear.
    o.constraints = .init(
      matrix: (shears + [row((7, 1)), row((8, 1))]).flatMap { $0 },
      values: [0, 0, 0, 0, 0])
    let found = try manifold.project(o)
    #expect(found.record.converged)
    #expect(!found.undetermined.contains(true))
    let lateral = exact.deformation[1, 1]
    #expect(abs(exp(found.coordinates[1]) / lateral - 1) < 1e-9)
    #expect(abs(exp(found.coordinates[2]) / lateral - 1) < 1e-9)
    #expect(found.squareDistance[0] < 1e-16 * rubber.shearModulusAtRest)
  }

  @Test("noise in λ and P is shared out by the stiffness of a specimen that is free sideways")
  func sharing() throws {
    // Near rest a uniaxial specimen is a spring E: the metric is ½ E Δε² + ½ Δσ²/E, the state ε = ½ (ε̂ + σ̂/E).
    let law = try LinearElastic(young: 2e6, poisson: 0.49)
    let M = try LawManifold(.linearElastic(law))
    var values = [Double](repeating: .nan, count: 12)
    values[0] = 0.01
    values[6] = 2e6 * 0.014
    var o = observe(values)
    o.constraints = .init(
      matrix: (shears + [row((7, 1)), row((8, 1))]).flatMap { $0 }, values: [0, 0, 0, 0, 0])
    let found = try M.project(o)
    #expect(abs(found.coordinates[0] - 0.012) < 1e-11)
    #expect(abs(found.coordinates[1] + 0.49 * 0.012) < 1e-11)
    #expect(found.degreesOfFreedom == [1])
    #expect(abs(found.squareDistance[0] - 2e6 * 0.002 * 0.002) < 1e-9)
  }

  @Test(
    "an incompressible test that saw λ₁, λ₂ and σ₁ − σ₂ only: all stresses but the pressure follow")
  func stressDifference() throws {
    let (a, b) = (log(1.8), log(0.9))
    let F = DeformationGradient(diagonal: 1.8, 0.9, 1 / (1.8 * 0.9))
    let exact = rubber.response(.biaxial, F)
    let cauchy = F.cauchyStress(from: rubber.evaluate(strain: F.rightCauchyGreen).stress)
    #expect(abs(exact.volumeRatio - 1) < 1e-12)
    var values = [Double](repeating: .nan, count: 12)
    (values[0], values[1]) = (a + 0.01, b - 0.01)
    var o = observe(values)
    o.combinations = .init(matrix: row((6, 1), (7, -1)), values: [cauchy[0] - cauchy[1]])
    o.constraints = .init(
      matrix: (shears + [row((0, 1), (1, 1), (2, 1))]).flatMap { $0 }, values: [0, 0, 0, 0])
    let found = try manifold.project(o)
    #expect(found.record.converged)
    #expect(abs(found.coordinates[0] + found.coordinates[1] + found.coordinates[2]) < 1e-13)
    #expect(!found.undetermined.contains(true))
    // Two strains and one difference for two directions: one in excess, and the exact values fit exactly.
    #expect(found.degreesOfFreedom == [1])
    o.values[0] = a
    o.values[1] = b
    let clean = try manifold.project(o)
    #expect(clean.squareDistance[0] < 1e-16 * rubber.shearModulusAtRest)
    #expect(abs(clean.responses[0] - clean.responses[2] - (cauchy[0] - cauchy[2])) < 1e-3)
  }

  @Test("a prescribed volume change holds to rounding")
  func volume() throws {
    let law = try LawManifold(.neoHooke(NeoHooke(mu: 1e6, lambda: 3e6)))
    var o = observe([0.3, nan, nan, 0, 0, 0, nan, nan, 0, nan, nan, nan])
    o.constraints = .init(matrix: row((0, 1), (1, 1), (2, 1)), values: [log(1.05)])
    let found = try law.project(o)
    #expect(found.record.converged)
    let trace = found.coordinates[0] + found.coordinates[1] + found.coordinates[2]
    #expect(abs(exp(trace) - 1.05) < 1e-14)
    #expect(abs(found.coordinates[0] - 0.3) < 1e-10 && abs(found.responses[2]) < 1e-4)
  }

  @Test(
    "axial strain alone leaves the rest open, and says so; the value shown is that of a free specimen"
  )
  func axialOnly() throws {
    let law = try LawManifold(.linearElastic(LinearElastic(young: 1e6, poisson: 0.3)))
    var values = [Double](repeating: .nan, count: 12)
    values[0] = 0.02
    let found = try law.project(observe(values))
    #expect(found.record.converged)
    #expect(found.undetermined[0] == false)
    #expect(found.undetermined[1...].allSatisfy { $0 })
    #expect(abs(found.coordinates[0] - 0.02) < 1e-10)
    #expect(abs(found.coordinates[1] + 0.006) < 1e-6)
    #expect(abs(found.responses[1]) < 1)
    #expect(found.covariance[13] == .infinity)
    // With the lateral strains seen as well the normal components close and the shears stay open.
    values[1] = -0.005
    values[2] = -0.007
    let more = try law.project(observe(values))
    #expect(more.undetermined == (0..<12).map { $0 % 6 > 2 })
  }
}

private let nan = Double.nan
