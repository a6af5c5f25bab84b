import FixedPoint
import Foundation
import LinearAlgebra
import Testing

@Suite struct NewtonTests {
  /// x² + y² = 4 and x y = 1: the solution near (2, ½).
  static func circleAndHyperbola() -> SquareProblem {
    SquareProblem(
      2, residuals: { x in [x[0] * x[0] + x[1] * x[1] - 4, x[0] * x[1] - 1] },
      jacobian: { x in [[2 * x[0], 2 * x[1]], [x[1], x[0]]] })
  }

  @Test("a consistent tangent converges quadratically, and the record shows it")
  func quadratic() {
    var problem = Self.circleAndHyperbola()
    var x = [2.0, 0.0]
    var K = problem.emptyTangent
    var newton = Newton()
    newton.tolerance = 1e-13
    let record = newton.solve(
      &problem, x: &x, tangent: &K, solver: DirectSolver(.unsymmetric))
    #expect(record.converged, "\(record)")
    let exact = ((2 + 3.0.squareRoot()).squareRoot(), (2 - 3.0.squareRoot()).squareRoot())
    #expect(abs(x[0] - exact.0) < 1e-12 && abs(x[1] - exact.1) < 1e-12)
    let order = record.observedOrder() ?? 0
    #expect(order > 1.8 && order < 2.3, "\(order)")
    #expect(record.residuals.count == record.iterations + 1)
    #expect(record.stepLengths.allSatisfy { $0 == 1 })
  }

  @Test("a linear problem costs one assembly, one factorisation and one solve")
  func linear() {
    var problem = SquareProblem(
      2, isLinear: true, residuals: { x in [4 * x[0] + x[1] - 1, x[0] + 3 * x[1] - 2] },
      jacobian: { _ in [[4, 1], [1, 3]] })
    var x = [0.0, 0.0]
    var K = problem.emptyTangent
    let solver = DirectSolver(.unsymmetric)
    let record = Newton().solve(&problem, x: &x, tangent: &K, solver: solver)
    #expect(record.converged && record.iterations == 1)
    #expect(problem.lineariseCalls == 1 && problem.residualCalls == 1)
    #expect(solver.statistics.factorisations == 1)
    #expect(abs(x[0] - 1.0 / 11) < 1e-15 && abs(x[1] - 7.0 / 11) < 1e-15)
  }

  @Test("the last state is checked without building a tangent in vain")
  func noVainTangent() {
    var problem = Self.circleAndHyperbola()
    var x = [2.0, 0.0]
    var K = problem.emptyTangent
    let record = Newton().solve(
      &problem, x: &x, tangent: &K, solver: DirectSolver(.unsymmetric))
    #expect(record.converged)
    #expect(problem.lineariseCalls == record.iterations, "\(problem.lineariseCalls)")
  }

  @Test("where full steps overshoot, the line search shortens them and the record says so")
  func lineSearch() {
    // arctan: plain Newton diverges from |x| > 1.39.
    func arctangent() -> SquareProblem {
      SquareProblem(
        1, residuals: { x in [atan(x[0])] }, jacobian: { x in [[1 / (1 + x[0] * x[0])]] })
    }
    var x = [1.6]
    var problem = arctangent()
    var K = problem.emptyTangent
    let record = Newton().solve(
      &problem, x: &x, tangent: &K, solver: DirectSolver(.unsymmetric))
    #expect(record.converged, "\(record)")
    #expect(record.stepLengths.contains { $0 < 1 })
    #expect(abs(x[0]) < 1e-8)

    var plain = Newton()
    plain.halvingLimit = 0
    problem = arctangent()
    x = [1.6]
    let without = plain.solve(
      &problem, x: &x, tangent: &K, solver: DirectSolver(.unsymmetric))
    #expect(!without.converged, "\(without)")
  }

  @Test("a residual that cannot be computed ends the iteration as not finite")
  func notFinite() {
    var problem = SquareProblem(
      1, residuals: { x in [log(x[0]) - 10] }, jacobian: { x in [[1 / x[0]]] })
    var x = [-1.0]
    var K = problem.emptyTangent
    let record = Newton().solve(
      &problem, x: &x, tangent: &K, solver: DirectSolver(.unsymmetric))
    #expect(record.reason == .notFinite)
    #expect(record.residuals.allSatisfy { $0.isFinite })
  }

  @Test("a step that leaves the domain is shortened, not taken")
  func domain() {
    // x − 1/x² = 0 is defined for x > 0 only; from 0.2 all is well, the second problem jumps below 0.
    var problem = SquareProblem(
      1, residuals: { x in [x[0] > 0 ? log(x[0]) + 2 : .nan] }, jacobian: { x in [[1 / x[0]]] })
    var x = [2.0]
    var K = problem.emptyTangent
    let record = Newton().solve(
      &problem, x: &x, tangent: &K, solver: DirectSolver(.unsymmetric))
    // The first correction belongs to the increment and is never shortened: the driver halves the load.
    #expect(record.reason == .notFinite)
  }

  @Test("a singular tangent is reported with the solver's words")
  func singular() {
    var problem = SquareProblem(
      2, residuals: { x in [x[0] + x[1] - 1, 2 * x[0] + 2 * x[1] - 3] },
      jacobian: { _ in [[1, 1], [2, 2]] })
    var x = [0.0, 0.0]
    var K = problem.emptyTangent
    let record = Newton().solve(
      &problem, x: &x, tangent: &K, solver: DirectSolver(.unsymmetric))
    #expect(record.reason == .singular)
    #expect(record.message?.contains("singular") == true)
    #expect(x == [0, 0])
  }

  @Test("no root: the iteration gives up within its limits")
  func noRoot() {
    var problem = SquareProblem(
      1, residuals: { x in [x[0] * x[0] + 1] }, jacobian: { x in [[2 * x[0]]] })
    var x = [0.7]
    var K = problem.emptyTangent
    let record = Newton().solve(
      &problem, x: &x, tangent: &K, solver: DirectSolver(.unsymmetric))
    #expect(!record.converged)
    #expect(record.iterations <= 25)
  }

  @Test("residuals in the record are relative to the problem's reference")
  func reference() {
    var problem = Self.circleAndHyperbola()
    problem.residualReference = 1000
    var x = [2.0, 0.0]
    var K = problem.emptyTangent
    let record = Newton().solve(
      &problem, x: &x, tangent: &K, solver: DirectSolver(.unsymmetric))
    #expect(record.residuals[0] == 1.0 / 1000)
    #expect(record.reference == 1000)
  }
}
