import FixedPoint
import LinearAlgebra
import Testing

/// Residuals and constraints from closures, derivatives by central differences (exact for quadratics
/// to rounding).
private struct Stated: ConstrainedProblem {
  let unknownCount: Int, residualCount: Int
  let constraints: [Constraint]
  let r: ([Double]) -> [Double], c: ([Double]) -> [Double]

  func residual(at x: [Double], into out: inout [Double]) -> Bool {
    out = r(x)
    return true
  }
  func constraintValues(at x: [Double], into out: inout [Double]) -> Bool {
    out = c(x)
    return true
  }
  func linearise(at x: [Double], residual out: inout [Double], tangent: inout DenseMatrix) -> Bool {
    out = r(x)
    differentiate(r, x, &tangent)
    return true
  }
  func lineariseConstraints(
    at x: [Double], values out: inout [Double], tangent: inout DenseMatrix
  ) -> Bool {
    out = c(x)
    differentiate(c, x, &tangent)
    return true
  }
  private func differentiate(
    _ f: ([Double]) -> [Double], _ x: [Double], _ J: inout DenseMatrix
  ) {
    let h = 1e-3
    for j in x.indices {
      var (up, down) = (x, x)
      up[j] += h
      down[j] -= h
      for (i, pair) in zip(f(up), f(down)).enumerated() { J[i, j] = (pair.0 - pair.1) / (2 * h) }
    }
  }
}

@Suite("Augmented Lagrangian")
struct AugmentedLagrangianTests {
  /// Hock & Schittkowski, problem 52: solution (−33, 11, 180, −158, 11)/349, f = 1859/349.
  @Test("equalities: Hock–Schittkowski 52 with its multipliers")
  func equalities() {
    var problem = Stated(
      unknownCount: 5, residualCount: 4,
      constraints: [
        Constraint("first", .equality, count: 1, tolerance: 1e-9),
        Constraint("others", .equality, count: 2, tolerance: 1e-9),
      ],
      r: { [4 * $0[0] - $0[1], $0[1] + $0[2] - 2, $0[3] - 1, $0[4] - 1] },
      c: { [$0[0] + 3 * $0[1], $0[2] + $0[3] - 2 * $0[4], $0[1] - $0[4]] })
    var x = [Double](repeating: 2, count: 5)
    let outcome = AugmentedLagrangian().minimise(&problem, x: &x)
    let exact = [-33, 11, 180, -158, 11].map { $0 / 349.0 }
    for (a, b) in zip(x, exact) { #expect((a - b).magnitude < 1e-8) }
    #expect(outcome.constraints.allSatisfy { $0.isSatisfied })
    #expect(outcome.constraints.map(\.name) == ["first", "others"])
    // Stationarity: Jᵀ r + Aᵀ λ = 0; the first unknown gives λ₁ = −4 (4 x₁ − x₂).
    let lambda = -4 * (4 * exact[0] - exact[1])
    #expect((outcome.multipliers.values[0] - lambda).magnitude < 1e-6)
    #expect(outcome.rounds < 25)
  }

  @Test(
    "inequalities: the point of a disc nearest to (2, 1); what does not press has no multiplier")
  func inequalities() {
    var problem = Stated(
      unknownCount: 2, residualCount: 2,
      constraints: [
        Constraint("disc", .inequality, count: 1, tolerance: 1e-9),
        Constraint("half plane", .inequality, count: 1, tolerance: 1e-9),
      ],
      r: { [$0[0] - 2, $0[1] - 1] },
      c: { [1 - $0[0] * $0[0] - $0[1] * $0[1], $0[0] + 5] })
    var x = [0.1, 0.1]
    let outcome = AugmentedLagrangian().minimise(&problem, x: &x)
    let root = 5.0.squareRoot()
    #expect((x[0] - 2 / root).magnitude < 1e-8 && (x[1] - 1 / root).magnitude < 1e-8)
    // (√5 − 1) = 2 μ · 1 along the normal.
    #expect((outcome.constraints[0].multiplier - (root - 1) / 2).magnitude < 1e-6)
    #expect(outcome.constraints[1].multiplier == 0 && outcome.constraints[1].residual == 0)
  }

  @Test("constraints that contradict each other are reported as violated, not hidden")
  func infeasible() {
    var problem = Stated(
      unknownCount: 1, residualCount: 1,
      constraints: [Constraint("both", .equality, count: 2, tolerance: 1e-6)],
      r: { $0 }, c: { [$0[0] - 1, $0[0] + 1] })
    var x = [0.3]
    var method = AugmentedLagrangian()
    method.roundLimit = 8
    let outcome = method.minimise(&problem, x: &x)
    #expect(!outcome.constraints[0].isSatisfied && !outcome.record.converged)
    #expect((outcome.constraints[0].residual - 1).magnitude < 1e-3)
  }

  /// Inputs e₁, e₂, e₃ with responses of any matrix B: the nearest symmetric A is (B + Bᵀ)/2.
  @Test("a linear law that is no potential gets a symmetric tangent: the nearest one")
  func symmetry() {
    let B = [3.0, 1, -2, 0.5, 4, 1, 0, -1, 5]
    var problem = Stated(
      unknownCount: 9, residualCount: 9,
      constraints: [Constraint("symmetry", .equality, count: 3, tolerance: 1e-10)],
      r: { A in (0..<9).map { A[$0] - B[$0] } },
      c: { [$0[1] - $0[3], $0[2] - $0[6], $0[5] - $0[7]] })
    var x = [Double](repeating: 0, count: 9)
    let outcome = AugmentedLagrangian().minimise(&problem, x: &x)
    for i in 0..<3 {
      for j in 0..<3 {
        #expect((x[3 * i + j] - 0.5 * (B[3 * i + j] + B[3 * j + i])).magnitude < 1e-9)
      }
    }
    #expect(outcome.constraints[0].isSatisfied)
  }

  @Test("for first-order methods: the augmented term has the derivative it says")
  func derivative() {
    var multipliers = Multipliers(
      [
        Constraint("g", .equality, count: 2, tolerance: 1e-8),
        Constraint("h", .inequality, count: 2, tolerance: 1e-8),
      ], penalty: 3)
    _ = multipliers.update([0.2, -0.1, -0.4, 0.3])
    let c = [0.3, 0.2, -0.1, 0.9]
    var d = [Double](repeating: 0, count: 4)
    _ = multipliers.augment(c, derivative: &d)
    for i in 0..<4 {
      var scratch = d
      var (up, down) = (c, c)
      up[i] += 1e-5
      down[i] -= 1e-5
      let a = multipliers.augment(up, derivative: &scratch)
      let b = multipliers.augment(down, derivative: &scratch)
      #expect((d[i] - (a - b) / 2e-5).magnitude < 1e-8)
    }
    #expect(d[3] == 0, "an inequality that holds with room does not press")
  }
}
