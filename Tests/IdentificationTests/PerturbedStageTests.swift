import ConstitutiveManifold
import FEM
import Geometry
import Identification
import FixedPoint
import LinearAlgebra
import Mechanics
import Testing

@Suite("Perturbed stage: a structure teaches what states did not")
struct PerturbedStageTests {
  /// A flat cushion, fixed at its rim and pushed up in its middle: shear and biaxial tension.
  private func sheared(_ law: any ConstitutiveLaw) throws -> FEMModel.Definition {
    let mesh = try StructuredMesh.box(size: SIMD3(0.02, 0.02, 0.01), divisions: (3, 3, 2))
    var definition = FEMModel.Definition(mesh: mesh, law: law)
    definition.volumetric = .meanDilatation
    definition.prescriptions = [
      .fixed("zmin"), Prescription(set: "zmax", component: 0, to: 0.012),
      .fixed("zmax", components: [1]), Prescription(set: "zmax", component: 2, to: 0.006),
    ]
    return definition
  }

  @Test(
    "a law of tension alone, shown one curve of a sheared block, loses a third of its misfit and more"
  )
  func tensionThenShear() throws {
    // Much I2: tension alone cannot know how this rubber shears.
    let truth = try MooneyRivlin(c10: 0.08e6, c01: 0.12e6, bulk: 20e6)
    let stretches = [1.1, 1.25, 1.4, 1.6, 1.8, 2.1, 2.4, 2.8]
    let test = try HomogeneousTest(
      name: "tension", mode: .uniaxial, stretches: stretches,
      stresses: stretches.map { truth.incompressibleResponse(.uniaxial, $0).nominal })
    var fit = ConstitutiveFit(.learned)
    fit.bulkRatio = 50
    let fitted = try fit.fit([test]).law

    let reactions = [
      NetReaction(set: "zmax", component: 0), NetReaction(set: "zmax", component: 2),
    ]
    let curve = try FieldExperiment.simulated(
      name: "block", definition: sheared(truth), points: [], components: [], reactions: reactions,
      factors: [0.5, 1], noise: 1e-3, reactionNoise: 1e-3, seed: 3)
    let measurement = try StructureMeasurement(curve, law: truth)
    #expect(try #require(measurement.misfit(truth)) < 2)

    let problem = try #require(
      PerturbedStage.Problem(
        fitted, fittedTo: [test], description: "forces of a sheared block",
        unit: "standard deviations", structure: { measurement.misfit($0) }))
    var stage = PerturbedStage()
    stage.lines = 150
    let outcome = try #require(stage.run(problem))
    let record = outcome.record
    #expect(record.stage == .perturbed)
    #expect(record.misfitAfter < record.misfitBefore / 1.5)
    // Forgetting: tension is still met to two per cent of its stresses.
    let size = (test.stresses.reduce(0) { $0 + $1 * $1 } / Double(test.count)).squareRoot()
    #expect(try #require(record.earlierMisfitAfter) < 0.02 * size)
    #expect(record.constraints.count == 2 && record.constraints.allSatisfy { $0.isSatisfied })
    #expect(record.parameterMovement > 0 && record.responseMovement > 0)

    // Every look is on record, those kept lower the objective one after the other.
    let kept = outcome.trials.filter(\.isKept)
    #expect(outcome.trials.count - 1 == record.record.iterations)
    #expect(zip(kept, kept.dropFirst()).allSatisfy { $1.objective < $0.objective })
    #expect(kept.allSatisfy { $0.constraintResidual <= 1 })
    // What was learned holds beyond the block: simple shear of the law itself.
    func shear(_ law: Law) throws -> Double {
      try #require(law.compare(with: truth, along: .simpleShear) { $0[1] < 1.4 }).rmse
    }
    #expect(try shear(outcome.law) < shear(fitted))
  }

  @Test("where nothing can be gained nothing is kept")
  func nothingToGain() throws {
    let stage = PerturbedStage()
    let law = Law.neoHooke(try NeoHooke(mu: 1, lambda: 10))
    let problem = PerturbedStage.Problem(
      start: [0, 0], covariance: .identity(2), law: { _ in law }, structure: { _ in 1 },
      earlier: { _ in 1 }, earlierScale: 1, probes: [], description: "constant", unit: "-")
    let outcome = try #require(stage.run(problem))
    #expect(outcome.parameters == [0, 0])
    #expect(outcome.trials.filter(\.isKept).count == 1)
    #expect(stage.run(problem)?.trials == outcome.trials)
  }

  @Test("a trial that breaks a constraint is never kept, however good it is for the structure")
  func constrained() throws {
    let law = Law.neoHooke(try NeoHooke(mu: 1, lambda: 10))
    var here = [0.0, 0.0]
    let problem = PerturbedStage.Problem(
      start: [0, 0], covariance: .identity(2),
      law: {
        here = $0
        return law
      },
      structure: { _ in 1 + (here[0] - 3) * (here[0] - 3) }, earlier: { _ in 0 }, earlierScale: 1,
      constraints: { _ in
        [
          ConstraintReport(
            name: "x ≤ 1", kind: .inequality, count: 1, residual: max(0, here[0] - 1),
            tolerance: 1e-9)
        ]
      }, probes: [], description: "a well behind a fence", unit: "-")
    let outcome = try #require(PerturbedStage().run(problem))
    #expect(outcome.parameters[0] <= 1 && outcome.parameters[0] > 0.5)
    #expect(outcome.record.misfitAfter < outcome.record.misfitBefore)
  }
}
