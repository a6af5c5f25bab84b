import ConstitutiveManifold
import FixedPoint
import LinearAlgebra
import Manifold
import Mechanics
import Testing

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
          let data = try FitData(tests)
          let setup = LearnedSetup(
            data,
            try .init(widths: widths, polyconvex: polyconvex, seesVolume: volume), range: 0.3...8)
          var random = SplitMix64(seed: 41)
          var problem = LearnedProblem(setup, subset: [0, 3, 7, 20, 30, 33], regularisation: 1e-4)
          var x = setup.start(&random)
          for k in x.indices { x[k] += random.uniform(-0.5, 0.5) }
          let worst = defect(&problem, at: x)
          #expect(worst < 1e-6, "\(widths), polyconvex \(polyconvex), volume \(volume): \(worst)")
        }
      }
    }
  }

  @Test("the hinge bends: where it is active its derivatives are exact too")
  func hinge() throws {
    // A free law with negative outputs softens, so that the hinge acts.
    let setup = LearnedSetup(
      try FitData(treloar()), try .init(widths: [3, 3], polyconvex: false), range: 0.3...8)
    var random = SplitMix64(seed: 43)
    var problem = LearnedProblem(setup, subset: [0], regularisation: 1e-8)
    var x = setup.start(&random)
    // The last unknowns are three outputs, ln a and ln c.
    for k in x.count - 5..<x.count - 2 { x[k] = -5 }
    x[x.count - 2] = -3
    var r = [Double](repeating: 0, count: problem.residualCount)
    #expect(problem.residual(at: x, into: &r))
    #expect(r[1..<49].contains { $0 > 0 })
    #expect(defect(&problem, at: x) < 1e-5)
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
      var problem = ClassicalProblem(model, try FitData(tests))
      var random = SplitMix64(seed: 47)
      let x = model.start(&random, number: 1).map { $0 + random.uniform(0, 0.2) }
      #expect(defect(&problem, at: x) < 1e-6)
    }
  }
}
