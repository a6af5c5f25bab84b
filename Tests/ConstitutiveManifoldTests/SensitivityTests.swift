import ConstitutiveManifold
import FixedPoint
import LinearAlgebra
import Manifold
import Mechanics
import Testing

/// The constraint values of a problem as residuals.
private struct ConstraintValues: ResidualProblem {
  typealias Tangent = DenseMatrix
  var problem: LearnedProblem
  var unknownCount: Int { problem.unknownCount }
  var residualCount: Int { problem.constraints.reduce(0) { $0 + $1.count } }
  mutating func residual(at x: [Double], into r: inout [Double]) -> Bool {
    problem.constraintValues(at: x, into: &r)
  }
  mutating func linearise(
    at x: [Double], residual r: inout [Double], tangent: inout DenseMatrix
  ) -> Bool { problem.lineariseConstraints(at: x, values: &r, tangent: &tangent) }
}

@Suite("Exact derivatives behind the fits")
struct SensitivityTests {
  /// Largest difference between the Jacobian and central differences, relative to its column.
  private func defect<P: ResidualProblem>(_ problem: inout P, at x: [Double]) -> Double
  where P.Tangent == DenseMatrix {
    let (m, n) = (problem.residualCount, problem.unknownCount)
    var r = [Double](repeating: 0, count: m)
    var J = DenseMatrix(rows: m, columns: n)
    #expect(problem.linearise(at: x, residual: &r, tangent: &J))
    var worst = 0.0
    let size = norm(J.values) / Double(n).squareRoot()
    for j in 0..<n {
      let h = 1e-5 * max(1, abs(x[j]))
      var (up, down) = (x, x)
      up[j] += h
      down[j] -= h
      var (a, b) = (r, r)
      #expect(problem.residual(at: up, into: &a) && problem.residual(at: down, into: &b))
      let column = (0..<m).map { J[$0, j] }
      let difference = zip(a, b).map { ($0 - $1) / (2 * h) }
      worst = max(worst, distance(column, difference) / max(norm(column), 1e-4 * size))
    }
    return worst
  }

  @Test("learned law: the Jacobian of the residuals is their difference quotient to 1e-6")
  func learned() throws {
    let incompressible = try treloar()
    let truth = try NeoHooke(mu: 1e6, lambda: 3e6)
    let compressible = try [
      measured(truth, .uniaxial, ladder, volume: true),
      measured(truth, .biaxial, ladder, measure: .true, volume: true),
      measured(truth, .pureShear, ladder, volume: true), measured(truth, .simpleShear, ladder),
    ]
    for (tests, volume) in [(incompressible, false), (compressible, true)] {
      for polyconvex in [true, false] {
        for widths in [[4, 4], [5], [3, 2, 4]] {
          let setup = LearnedSetup(
            try FitData(tests),
            try .init(widths: widths, polyconvex: polyconvex, seesVolume: volume), range: 0.3...8)
          var random = SplitMix64(seed: 41)
          var problem = LearnedProblem(
            setup, subset: [0, 3, 7, 20, 30, 33], weights: .init(alpha: 0, beta: 1e-4))
          var x = setup.start(&random)
          for k in x.indices { x[k] += random.uniform(-0.5, 0.5) }
          let worst = defect(&problem, at: x)
          #expect(worst < 1e-6, "\(widths), polyconvex \(polyconvex), volume \(volume): \(worst)")
        }
      }
    }
  }

  @Test("simulated states: their rows too have exact derivatives")
  func weak() throws {
    let setup = LearnedSetup(
      try FitData(treloar()), try .init(widths: [4, 4]), range: 0.3...8)
    var random = SplitMix64(seed: 42)
    var problem = LearnedProblem(
      setup, subset: [1, 2], weights: .init(alpha: 0.5, beta: 1e-4),
      weak: WeakRows(
        probes: [0, 9, 17, 40], mean: [1, 2, 3, 0.1], deviation: [0.1, 0.2, 0.1, 0.3]))
    let x = setup.start(&random)
    #expect(defect(&problem, at: x) < 1e-6)
  }

  @Test("uncertain strains: the reduced residual has the derivative of the envelope theorem")
  func latent() throws {
    let truth = try Carroll(a: 4e5, b: 5, c: 2e5, bulk: 5e8)
    let tests = try [
      measured(truth, .uniaxial, ladder), measured(truth, .equibiaxial, ladder, measure: .true),
      measured(truth, .simpleShear, ladder.map { $0 - 0.5 }),
    ]
    let two = try [
      measured(truth, .biaxial, ladder), measured(truth, .biaxial, ladder, measure: .true),
      measured(truth, .pureShear, ladder),
    ].enumerated().map { k, t in
      try HomogeneousTest(
        name: "\(k)", mode: t.mode, stretches: t.stretches, secondStretches: t.secondStretches,
        measure: t.measure, stresses: t.stresses, secondStresses: t.secondStresses,
        stressDifferences: k == 1 ? t.stresses.map { 0.9 * $0 } : nil)
    }
    for (group, single) in [(tests, true), (two, false)] {
      let setup = LearnedSetup(
        try FitData(group), try .init(widths: [4, 4]), range: 0.3...8)
      var random = SplitMix64(seed: 44)
      let x = setup.start(&random)
      let all = Array(0..<setup.observationCount)
      let noise = PointNoise(
        stress: all.map { _ in 0.1 },
        strain: group.map { t in t.stretches.map { SIMD2(0.05 * ($0 - 1), 0.02) } },
        total: all.map { _ in 0.1 })
      var problem = LearnedProblem(setup, subset: all, noise: noise)
      if single {
        // One stress per point: every row is the derivative of its residual.
        let worst = defect(&problem, at: x)
        #expect(worst < 1e-6, "\(worst)")
      }
      // Several stresses share their latent stretches: the gradient of the distance is exact.
      var r = [Double](repeating: 0, count: problem.residualCount)
      var J = DenseMatrix(rows: r.count, columns: x.count)
      #expect(problem.linearise(at: x, residual: &r, tangent: &J))
      let gradient = J.transposeTimes(r)
      var scale = 0.0
      for g in gradient { scale = max(scale, abs(g)) }
      for j in x.indices {
        let h = 1e-5
        var cost = [0.0, 0.0]
        for (k, sign) in [1.0, -1].enumerated() {
          var y = x
          y[j] += sign * h
          #expect(problem.residual(at: y, into: &r))
          cost[k] = 0.5 * r.reduce(0) { $0 + $1 * $1 }
        }
        #expect((gradient[j] - (cost[0] - cost[1]) / (2 * h)).magnitude < 1e-6 * scale)
      }
    }
  }

  @Test("distances to classical laws are differentiated exactly", arguments: WeakFamily.allCases)
  func classicalDistances(family: WeakFamily) throws {
    let truth = try Carroll(a: 4e5, b: 50, c: 2e5, bulk: 5e8)
    let tests = try [
      measured(truth, .uniaxial, ladder), measured(truth, .equibiaxial, ladder, measure: .true),
      measured(truth, .biaxial, ladder),
    ]
    let data = try FitData(tests)
    let noise = PointNoise(
      stress: (0..<48).map { _ in 0.1 },
      strain: tests.map { t in t.stretches.map { SIMD2(0.03 * ($0 - 1), 0.01) } },
      total: (0..<48).map { _ in 0.1 })
    var problem = WeakDistances(family, data, noise)
    var random = SplitMix64(seed: 7)
    let x = problem.start(&random)
    var r = [Double](repeating: 0, count: problem.residualCount)
    var J = DenseMatrix(rows: r.count, columns: x.count)
    #expect(problem.linearise(at: x, residual: &r, tangent: &J))
    let gradient = J.transposeTimes(r)
    let scale = gradient.map(\.magnitude).max()!
    for j in x.indices {
      // Yeoh's moduli multiply powers of I1 − 3 and need a small step.
      let h = family == .yeoh ? 1e-9 : 1e-5
      var cost = [0.0, 0.0]
      for (k, sign) in [1.0, -1].enumerated() {
        var y = x
        y[j] += sign * h
        #expect(problem.residual(at: y, into: &r))
        cost[k] = 0.5 * r.reduce(0) { $0 + $1 * $1 }
      }
      #expect((gradient[j] - (cost[0] - cost[1]) / (2 * h)).magnitude < 1e-6 * scale)
    }
  }

  @Test("constraints: rising stress, convexity and monotony have exact derivatives")
  func constraints() throws {
    for polyconvex in [true, false] {
      let setup = LearnedSetup(
        try FitData(treloar()), try .init(widths: [3, 3], polyconvex: polyconvex), range: 0.3...8,
        convexity: true)
      var random = SplitMix64(seed: 43)
      let problem = LearnedProblem(setup, subset: [0])
      let x = setup.start(&random).map { $0 + random.uniform(-0.3, 0.3) }
      var values = ConstraintValues(problem: problem)
      #expect(values.residualCount == (polyconvex ? 36 : 120 + 6 * 20))
      #expect(defect(&values, at: x) < 1e-6)
    }
  }

  @Test(
    "classical laws: the Jacobian of the residuals is their difference quotient to 1e-6",
    arguments: ["neo-hooke", "mooney-rivlin", "yeoh", "gent", "carroll", "ogden-2", "ogden-3"])
  func classical(name: String) throws {
    let truth = try NeoHooke(mu: 1e6, lambda: 3e6)
    let family = LawFamily(name: name)!
    for volume in [false, true] {
      let tests = try [
        measured(truth, .uniaxial, ladder, volume: volume),
        measured(truth, .equibiaxial, ladder, measure: .true, volume: volume),
        measured(truth, .biaxial, ladder, volume: volume),
        measured(truth, .simpleShear, ladder),
      ]
      let model = ClassicalModel(family: family, fitsBulk: volume, largestI1: 60)
      var problem = PathProblem(model, try FitData(tests))
      var random = SplitMix64(seed: 47)
      let x = model.start(&random, number: 1).map { $0 + random.uniform(0, 0.2) }
      #expect(defect(&problem, at: x) < 1e-6)
    }
  }
}
