import FixedPoint
import Foundation
import LinearAlgebra
import Testing

@Suite struct LevenbergMarquardtTests {
  static let fits = [ReferenceFit.misra1a, .mgh09, .thurber]

  @Test(
    "certified fits of NIST are reached to nine digits from both starts",
    arguments: [0, 1, 2], [0, 1])
  func certifiedFits(fit index: Int, start: Int) {
    let fit = Self.fits[index]
    var problem = fit.problem
    var b = fit.starts[start]
    var marquardt = LevenbergMarquardt()
    marquardt.iterationLimit = 1000
    let record = marquardt.minimise(&problem, x: &b)
    #expect(record.converged, "\(fit.name) \(record)")
    for (value, certified) in zip(b, fit.certified) {
      #expect(abs(value - certified) <= 1e-7 * abs(certified), "\(fit.name): \(b)")
    }
    let sum = fit.problem.residuals(b).reduce(0) { $0 + $1 * $1 }
    #expect(abs(sum - fit.sumOfSquares) <= 1e-9 * fit.sumOfSquares, "\(fit.name): \(sum)")
    #expect(record.iterations <= 150, "\(fit.name): \(record.iterations)")
  }

  static func rosenbrock() -> LeastSquaresProblem {
    LeastSquaresProblem(
      unknownCount: 2, residualCount: 2,
      residuals: { x in [10 * (x[1] - x[0] * x[0]), 1 - x[0]] },
      jacobian: { x in [[-20 * x[0], 10], [-1, 0]] })
  }

  @Test("Rosenbrock's valley is followed to (1, 1) from the standard start")
  func valley() {
    var problem = Self.rosenbrock()
    var x = [-1.2, 1.0]
    let record = LevenbergMarquardt().minimise(&problem, x: &x)
    #expect(record.converged)
    #expect(abs(x[0] - 1) < 1e-8 && abs(x[1] - 1) < 1e-8, "\(x)")
    #expect(record.iterations < 40, "\(record.iterations)")
  }

  @Test("Powell's function, singular at its minimum, still goes to zero")
  func singularMinimum() {
    var problem = LeastSquaresProblem(
      unknownCount: 4, residualCount: 4,
      residuals: { x in
        [
          x[0] + 10 * x[1], 5.0.squareRoot() * (x[2] - x[3]), pow(x[1] - 2 * x[2], 2),
          10.0.squareRoot() * pow(x[0] - x[3], 2),
        ]
      },
      jacobian: { x in
        let (a, b) = (2 * (x[1] - 2 * x[2]), 2 * 10.0.squareRoot() * (x[0] - x[3]))
        return [
          [1, 10, 0, 0], [0, 0, 5.0.squareRoot(), -5.0.squareRoot()], [0, a, -2 * a, 0],
          [b, 0, 0, -b],
        ]
      })
    var x = [3.0, -1, 0, 1]
    let record = LevenbergMarquardt().minimise(&problem, x: &x)
    #expect(record.residuals.last! < 1e-9, "\(record)")
    #expect(record.iterations < 80, "\(record)")
  }

  @Test("Beale's function ends at (3, ½)")
  func beale() {
    let y = [1.5, 2.25, 2.625]
    var problem = LeastSquaresProblem(
      unknownCount: 2, residualCount: 3,
      residuals: { x in (0..<3).map { y[$0] - x[0] * (1 - pow(x[1], Double($0 + 1))) } },
      jacobian: { x in
        (1...3).map { i in
          [-(1 - pow(x[1], Double(i))), x[0] * Double(i) * pow(x[1], Double(i - 1))]
        }
      })
    var x = [1.0, 1.0]
    let record = LevenbergMarquardt().minimise(&problem, x: &x)
    #expect(record.converged)
    #expect(abs(x[0] - 3) < 1e-8 && abs(x[1] - 0.5) < 1e-8, "\(x)")
  }

  @Test("a bound holds, and the rest of the unknowns is then at its own minimum")
  func bounds() {
    var problem = Self.rosenbrock()
    var x = [-1.2, 1.0]
    var marquardt = LevenbergMarquardt()
    marquardt.upperBounds = [0.5, .infinity]
    let record = marquardt.minimise(&problem, x: &x)
    #expect(record.converged, "\(record)")
    #expect(x[0] == 0.5)
    #expect(abs(x[1] - 0.25) < 1e-8, "\(x)")
  }

  @Test("more unknowns than residuals: the residual vanishes and the step is the shortest")
  func underdetermined() {
    // x + 2y = 5 and z free of effect; from the origin the shortest solution is (1, 2, 0).
    var problem = LeastSquaresProblem(
      unknownCount: 3, residualCount: 1, residuals: { x in [x[0] + x[1] - 3] },
      jacobian: { _ in [[1, 1, 0]] })
    var x = [0.0, 0, 7]
    let record = LevenbergMarquardt().minimise(&problem, x: &x)
    #expect(record.converged)
    #expect(abs(x[0] - 1.5) < 1e-8 && abs(x[1] - 1.5) < 1e-8 && x[2] == 7, "\(x)")
  }

  @Test("both forms of the damped step agree: 20 residuals of 30 unknowns, and padded to 30")
  func bothForms() {
    func coefficient(_ i: Int, _ j: Int) -> Double { sin(Double(3 * i + 7 * j + i * j)) }
    func problem(residuals m: Int) -> LeastSquaresProblem {
      LeastSquaresProblem(
        unknownCount: 30, residualCount: m,
        residuals: { x in
          (0..<m).map { i in
            i < 20 ? (0..<30).reduce(-1) { $0 + coefficient(i, $1) * x[$1] } : 0
          }
        },
        jacobian: { _ in
          (0..<m).map { i in (0..<30).map { i < 20 ? coefficient(i, $0) : 0 } }
        })
    }
    var marquardt = LevenbergMarquardt()
    marquardt.iterationLimit = 1
    var (wide, square) = (problem(residuals: 20), problem(residuals: 30))
    var (x, y) = ([Double](repeating: 0, count: 30), [Double](repeating: 0, count: 30))
    _ = marquardt.minimise(&wide, x: &x)
    _ = marquardt.minimise(&square, x: &y)
    for (a, b) in zip(x, y) { #expect(abs(a - b) < 1e-10) }
    #expect(x.contains { abs($0) > 1e-3 })
  }

  @Test("a step out of the domain is rejected and halved, never taken")
  func outOfDomain() {
    // ln x = −3 from x = 20: the first full step goes far below zero.
    var problem = LeastSquaresProblem(
      unknownCount: 1, residualCount: 1, residuals: { x in [log(x[0]) + 3] },
      jacobian: { x in [[1 / x[0]]] })
    var x = [20.0]
    let record = LevenbergMarquardt().minimise(&problem, x: &x)
    #expect(record.converged, "\(record)")
    #expect(abs(x[0] - exp(-3)) < 1e-10)
    #expect(record.residuals.allSatisfy { $0.isFinite })
  }

  @Test("a start where nothing can be computed is reported, and x stays")
  func notFinite() {
    var problem = LeastSquaresProblem(
      unknownCount: 1, residualCount: 1, residuals: { _ in [.nan] }, jacobian: { _ in [[1]] })
    var x = [2.0]
    #expect(LevenbergMarquardt().minimise(&problem, x: &x).reason == .notFinite)
    #expect(x == [2])
  }
}
