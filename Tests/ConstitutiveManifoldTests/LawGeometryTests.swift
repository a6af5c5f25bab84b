import ConstitutiveManifold
import FixedPoint
import Manifold
import Mechanics
import Testing

@Suite("Geometry of the learned manifold")
struct LawGeometryTests {
  @Test(
    "states of an incompressible isotropic law: 1 coordinate along tests, 2 in fixed axes, 5 in any"
  )
  func dimensions() throws {
    let tests = try treloar()
    let result = try ConstitutiveFit(.learned).fit(tests)
    let geometry = LawGeometry(
      of: result.law, tests: tests, coverage: result.coverage, record: result.record,
      prior: result.regularisation ?? 0, grid: 9)
    #expect(geometry.dimensions.map(\.expected) == [1, 2, 5])
    for d in geometry.dimensions {
      let error = abs(d.estimate.twoNN - Double(d.expected!))
      #expect(error < 0.1 * Double(d.expected!) + 0.05, "\(d.states): \(d.estimate.twoNN)")
    }
    // The same seed gives the same numbers.
    let again = LawGeometry(
      of: result.law, tests: tests, coverage: result.coverage, grid: 9)
    #expect(again.dimensions == geometry.dimensions && again.slice == geometry.slice)
    #expect(again.expansions == geometry.expansions)
    // The fit is the least loss of its slice; its value is the mean of 1 − R².
    let slice = try #require(geometry.slice)
    let middle = slice.values[4 * 9 + 4]
    let mean = result.tests.reduce(0) { $0 + (1 - $1.r2) / 3 }
    #expect(abs(middle - mean) < 1e-12)
    #expect(slice.values.filter { $0 < middle }.count < 5)
    // Few stiff directions, many that the data do not see: the fixed point is stable by its prior.
    let found = geometry.stability
    let stability = try #require(found)
    #expect(stability.curvatures.count > 25 && stability.stiffDirections() < 20)
    #expect(stability.isStable)
    // A convex potential: near the manifold the projection hardly expands.
    #expect(geometry.expansions.count > 150)
    #expect(geometry.expansions.allSatisfy { $0 > 0.5 && $0 < 2 })
    #expect(geometry.path == nil)
  }

  @Test("curvatures of a law that is linear in its parameter are known in closed form")
  func closedForm() throws {
    // Neo-Hooke in tension: P = μ (λ − λ⁻²), so J = Σ P²/Σ (P − mean)² for the relative change of μ.
    let law = Law.neoHooke(try NeoHooke(mu: 1e6, lambda: 1e9))
    let test = try measured(law, .uniaxial, ladder)
    let geometry = LawGeometry(of: law, tests: [test], coverage: Coverage(of: [test]), grid: 5)
    let stability = try #require(geometry.stability)
    let mean = test.stresses.reduce(0, +) / Double(test.count)
    let total = test.stresses.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let expected = test.stresses.reduce(0) { $0 + $1 * $1 } / total
    #expect(stability.curvatures.count == 1)
    #expect(abs(stability.curvatures[0] / expected - 1) < 1e-8)
    // The slice of one parameter: (α d/μ)² times the curvature, d = ±μ.
    let slice = try #require(geometry.slice)
    #expect(abs(slice.axes.first[0] / (0.25 * expected) - 1) < 1e-9)
    #expect(slice.axes.first[2] < 1e-20)
  }

  @Test("the path of training is embedded by its predictions")
  func path() throws {
    let law = Law.neoHooke(try NeoHooke(mu: 1e6, lambda: 1e9))
    let test = try measured(law, .uniaxial, ladder)
    let shares = [0.2, 0.5, 0.8, 0.95, 1]
    let checkpoints = TrainingCheckpoints(
      stages: shares.map { _ in .intended }, iterations: [0, 1, 2, 3, 4],
      parameters: shares.map { [$0] },
      predictions: shares.map { s in test.stresses.map { s * $0 } },
      standardDeviations: test.stresses.map { _ in 1e4 }, measuredCount: test.count)
    let geometry = LawGeometry(
      of: law, tests: [test], coverage: Coverage(of: [test]), checkpoints: checkpoints, grid: 3)
    let path = try #require(geometry.path)
    // Predictions on a line: one real axis explains everything.
    #expect(path.embedding.explainedStress(1) > 1 - 1e-6 && !path.embedding.isImaginary(0))
    #expect(path.stages.count == 5 && path.iterations == [0, 1, 2, 3, 4])
  }
}
