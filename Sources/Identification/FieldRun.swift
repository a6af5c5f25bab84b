import ConstitutiveManifold
import FEM
import FixedPoint
import Glibc
import LinearAlgebra
import Manifold
import Mechanics

/// The state of one identification between its stages.
struct FieldRun {
  let options: FieldIdentification
  let progress: ((String, Int) -> Void)?
  var specimens: [Specimen] = []
  var stages: [StageRecord] = []
  var trials: [FieldIdentification.Trial] = []
  var reference: (family: NeoHookeFamily, theta: [Double])!
  /// The law that simulates stresses for the learned one: the reference, with fibres where there are some.
  var simulated: (law: any ConstitutiveLaw, mu: Double, lambda: Double)!
  var family: LearnedFamily!
  /// The learned law after the weak stages.
  var trained: [Double] = []
  /// Strains at which the movement of the response is measured.
  var probes: [[Double]] = []

  /// Where a least-squares fit ended.
  struct End {
    var theta: [Double], r: [Double], J: DenseMatrix, record: ConvergenceRecord
    var firstNorm: Double
  }

  init(options: FieldIdentification, progress: ((String, Int) -> Void)?) {
    self.options = options
    self.progress = progress
  }

  func failure(
    _ stage: String, _ problem: String, cause: IdentificationError.Cause = .notConverged
  ) -> IdentificationError {
    IdentificationError(
      "stage '\(stage)'", problem,
      "check geometry, supports, units and the signs of the reactions", cause: cause)
  }

  /// Minimises from θ; nil where the start itself has no residual.
  func minimise<P: ResidualProblem>(
    _ stage: String, _ problem: inout P, from theta: [Double], iterations: Int,
    bounds: (lower: [Double], upper: [Double])
  ) -> End? where P.Tangent == DenseMatrix {
    var method = LevenbergMarquardt()
    method.iterationLimit = iterations
    method.reductionTolerance = 1e-5
    (method.lowerBounds, method.upperBounds) = (bounds.lower, bounds.upper)
    let progress = self.progress
    var x = theta
    let record = method.minimise(&problem, x: &x) { iteration, _ in
      progress?(stage, iteration)
      return true
    }
    var r = [Double](repeating: 0, count: problem.residualCount)
    var J = DenseMatrix(rows: problem.residualCount, columns: problem.unknownCount)
    guard problem.linearise(at: x, residual: &r, tangent: &J) else { return nil }
    return End(theta: x, r: r, J: J, record: record, firstNorm: record.reference)
  }

  /// Root mean squares of displacement and reaction residuals.
  func misfits(_ r: [Double]) -> (displacement: Double, reaction: Double) {
    var (row, a, b) = (0, 0.0, 0.0)
    var (na, nb) = (0, 0)
    for specimen in specimens {
      let each = specimen.experiment.points.count * specimen.experiment.components.count
      for _ in specimen.experiment.levels {
        for _ in 0..<each {
          a += r[row] * r[row]
          row += 1
        }
        na += each
        for _ in specimen.supports {
          b += r[row] * r[row]
          row += 1
        }
        nb += specimen.supports.count
      }
    }
    return ((a / Double(max(na, 1))).squareRoot(), (b / Double(max(nb, 1))).squareRoot())
  }

  /// Number of measured values.
  var measurementCount: Int { specimens.reduce(0) { $0 + $1.measurementCount } }

  /// Root mean square of the measured rows.
  func misfit(_ r: [Double]) -> Double {
    let n = measurementCount
    return (r.prefix(n).reduce(0) { $0 + $1 * $1 } / Double(max(n, 1))).squareRoot()
  }

  /// Root mean square stress difference of two laws over the probes, relative to the second's.
  func responseChange(_ a: any ConstitutiveLaw, _ b: any ConstitutiveLaw) -> Double {
    var (difference, size) = (0.0, 0.0)
    for C in probes {
      let (S, T) = (a.evaluate(strain: C).stress, b.evaluate(strain: C).stress)
      for i in 0..<6 {
        difference += (S[i] - T[i]) * (S[i] - T[i])
        size += T[i] * T[i]
      }
    }
    return size > 0 ? (difference / size).squareRoot() : 0
  }

  /// How far the learned law at θ is from the reference of the weak stage.
  func distanceFromReference(_ theta: [Double]) -> Double {
    guard let a = try? family.law(theta) else { return .infinity }
    return responseChange(a, simulated.law)
  }

  /// Records an intended stage.
  mutating func note(_ description: String, before: [Double], _ beforeMisfit: Double, _ end: End) {
    let change =
      if let a = try? family.law(end.theta), let b = try? family.law(before) {
        responseChange(a, b)
      } else { Double.infinity }
    let path = zip(before, end.theta).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    stages.append(
      StageRecord(
        stage: .intended, states: measurementCount, description: description,
        misfitBefore: beforeMisfit, misfitAfter: misfit(end.r), misfitUnit: "standard deviations",
        earlierMisfitBefore: distanceFromReference(before),
        earlierMisfitAfter: distanceFromReference(end.theta), parameterMovement: path.squareRoot(),
        responseMovement: change, record: end.record))
  }

  /// What is handed to the caller.
  func result(
    _ fit: (end: End, strength: Double), seconds: Double
  ) throws(IdentificationError) -> FieldIdentification.Result {
    guard let law = try? family.identifiedLaw(fit.end.theta),
      let plain = try? NeoHooke(mu: exp(reference.theta[0]), lambda: exp(reference.theta[1]))
    else { throw failure("fields", "ended at parameters that no law has") }
    let strains = specimens.flatMap { $0.strains() }
    let m = misfits(fit.end.r)
    return FieldIdentification.Result(
      law: law, family: family, parameters: fit.end.theta, covariance: covariance(fit.end.J),
      reference: plain, strength: fit.strength, trials: trials, stages: stages,
      displacementMisfit: m.displacement, reactionMisfit: m.reaction,
      coverage: family.coverage(of: strains), strains: strains, seconds: seconds)
  }

  /// (JᵀJ)⁻¹.
  private func covariance(_ J: DenseMatrix) -> DenseMatrix {
    let n = J.columns
    var H = DenseMatrix(rows: n, columns: n)
    J.gram(of: .columns, intoLowerTriangleOf: &H)
    var out = DenseMatrix(rows: n, columns: n)
    guard Cholesky.factorise(&H) else { return out }
    for j in 0..<n {
      var column = [Double](repeating: 0, count: n)
      column[j] = 1
      Cholesky.solve(factor: H, &column)
      for i in 0..<n { out[i, j] = column[i] }
    }
    return out
  }
}

extension Specimen {
  /// Right Cauchy–Green tensors at all quadrature points of all levels of the last `solve`.
  func strains() -> [Double] {
    var out: [Double] = []
    var model = self.model
    for l in states.indices {
      model.restart(from: states[l], at: experiment.levels[l].factor)
      out += model.pointStrains().strains
    }
    return out
  }
}
