import ConstitutiveManifold
import FEM
import FixedPoint
import Glibc
import Identification
import LinearAlgebra
import Manifold
import Mechanics
import Testing

@Suite("Derivatives behind an identification")
struct SensitivityTests {
  /// Seeded right Cauchy–Green tensors of moderate stretch and shear.
  private func strains(_ count: Int) -> [[Double]] {
    var random = SplitMix64(seed: 3)
    return (0..<count).map { _ in
      let F = (0..<9).map { ($0 % 4 == 0 ? 1 : 0) + random.uniform(-0.3, 0.3) }
      return DeformationGradient(F).rightCauchyGreen
    }
  }

  /// Largest difference between ∂S/∂θ and central differences, relative to the largest entry.
  private func defect(_ family: some ParametricLaw, at theta: [Double]) throws -> Double {
    var sensitivity = family.sensitivity(theta)
    let (n, rank) = (theta.count, sensitivity.rank)
    var A = [Double](repeating: 0, count: 6 * rank)
    var g = [Double](repeating: 0, count: n * rank)
    var worst = 0.0
    for C in strains(5) {
      sensitivity.evaluate(strain: C, directions: &A, gradients: &g)
      var (error, size) = (0.0, 0.0)
      for j in 0..<n {
        let h = 1e-5
        var (up, down) = (theta, theta)
        up[j] += h
        down[j] -= h
        let S = try family.law(up).evaluate(strain: C).stress
        let T = try family.law(down).evaluate(strain: C).stress
        for i in 0..<6 {
          let exact = (0..<rank).reduce(0) { $0 + A[6 * $1 + i] * g[n * $1 + j] }
          error = max(error, abs(exact - (S[i] - T[i]) / (2 * h)))
          size = max(size, abs(exact))
        }
      }
      worst = max(worst, error / size)
    }
    return worst
  }

  @Test("the tangent of the reinforced neo-Hooke is 2 ∂S/∂C, its stress 2 ∂W/∂C, to 1e-6")
  func reinforced() throws {
    let family = try ReinforcedFamily(
      ground: NeoHookeFamily(mu: 2, lambda: 30), directions: [PreferredDirection([0.6, 0.8, 0])])
    let law = try family.law([log(2), log(30), log(5)])
    for C in strains(5) {
      let point = law.evaluate(strain: C)
      let size = point.tangent.map(abs).max()!
      for j in 0..<6 {
        let h = 1e-6
        var (up, down) = (C, C)
        up[j] += h
        down[j] -= h
        let (a, b) = (law.evaluate(strain: up), law.evaluate(strain: down))
        #expect(abs((a.energy - b.energy) / h - point.stress[j]) < 1e-6 * size)
        for i in 0..<6 {
          #expect(abs((a.stress[i] - b.stress[i]) / h - point.tangent[6 * i + j]) < 1e-6 * size)
        }
      }
    }
  }

  @Test("∂S/∂θ of every family is the difference quotient of its stress to 1e-7")
  func stress() throws {
    let plain = try NeoHookeFamily(mu: 2, lambda: 30)
    #expect(try defect(plain, at: plain.centre) < 1e-7)
    let families = try [PreferredDirection([1, 0, 0]), PreferredDirection([0.6, 0.8, 0])]
    let reinforced = ReinforcedFamily(ground: plain, directions: families)
    #expect(try defect(reinforced, at: reinforced.centre) < 1e-7)
    for (widths, polyconvex) in [([8], true), ([4, 3], true), ([3, 4], false)] {
      let family = try LearnedFamily(
        architecture: StackedPotential.Architecture(
          widths: widths, polyconvex: polyconvex, seesVolume: true),
        stressScale: 2, bulkRatio: 20, strains: strains(20).flatMap { $0 })
      var random = SplitMix64(seed: 5)
      let theta = family.centre.map { $0 + random.normal(0, 0.5) }
      #expect(try defect(family, at: theta) < 1e-7)
    }
    let directions = try [
      PreferredDirection([1, 0, 0]), PreferredDirection([1, 2, 0.5], dispersion: 0.1),
    ]
    let fibres = try LearnedFamily(
      architecture: AnisotropicLearnedLaw.architecture(
        widths: [5], directions: 2, seesVolume: true), directions: directions, stressScale: 2,
      bulkRatio: 20, strains: strains(20).flatMap { $0 })
    var random = SplitMix64(seed: 6)
    #expect(try defect(fibres, at: fibres.centre.map { $0 + random.normal(0, 0.5) }) < 1e-7)
  }

  @Test("the Jacobian of fields and reactions is their difference quotient to 1e-5")
  func fields() throws {
    let truth = try NeoHooke(mu: 4e5, lambda: 8e6)
    var experiment = try smallExperiment(truth, noise: 1e-3, points: 20, factors: [1])
    var definition = experiment.definition
    definition.newton.tolerance = 1e-12
    experiment = try FieldExperiment(
      name: "tight", definition: definition, points: experiment.points, components: [0, 1],
      deviation: experiment.deviation, reactions: grips,
      reactionDeviation: experiment.reactionDeviation, levels: experiment.levels)
    let family = try LearnedFamily(
      architecture: StackedPotential.Architecture(widths: [3], seesVolume: true), stressScale: 4e5,
      bulkRatio: 20, strains: strains(20).flatMap { $0 })
    var problem = FieldProblem(
      family, [try Specimen(experiment, law: truth)], strength: 0.1)
    let theta = family.centre
    let (m, n) = (problem.residualCount, problem.unknownCount)
    var r = [Double](repeating: 0, count: m)
    var J = DenseMatrix(rows: m, columns: n)
    #expect(problem.linearise(at: theta, residual: &r, tangent: &J))
    for j in stride(from: 0, to: n, by: 3) {
      var (up, down) = (theta, theta)
      up[j] += 1e-4
      down[j] -= 1e-4
      var (a, b) = (r, r)
      #expect(problem.residual(at: up, into: &a) && problem.residual(at: down, into: &b))
      var (error, size) = (0.0, 0.0)
      for i in 0..<m {
        error += (J[i, j] - (a[i] - b[i]) / 2e-4) * (J[i, j] - (a[i] - b[i]) / 2e-4)
        size += J[i, j] * J[i, j]
      }
      #expect(error.squareRoot() < 1e-5 * size.squareRoot(), "parameter \(j)")
    }
  }
}
