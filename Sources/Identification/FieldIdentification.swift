import ConstitutiveManifold
import FEM
import FixedPoint
import Glibc
import LinearAlgebra
import Manifold
import Mechanics

/// Finds a learned law from displacement fields and net reactions, without a stress anywhere.
///
/// Stages, each recorded:
/// - *reference* (weak): neo-Hooke's two moduli from the fields and reactions;
/// - *simulated* (weak): the learned law is trained on the reference's stresses at the strains of the
///   specimens, from several seeded starts;
/// - *gap* (intended): the equilibrium gap of the assimilated fields, no nonlinear solves; the strength
///   of the prior is the one of the largest evidence (Laplace);
/// - *fields* (intended): least squares in which every trial law is judged in its own equilibrium.
///
/// The same experiments, options and seed give the same bits.
public struct FieldIdentification: Sendable {
  /// Widths of the hidden layers.
  public var widths = [4, 4]
  /// Whether the law is polyconvex by construction.
  public var polyconvex = true
  /// Strengths of the prior to choose from; one value switches the choice off.
  public var strengths = [3.0, 1, 0.3, 0.1]
  /// Seeded starts of the map.
  public var starts = 3
  /// Seed of the starts.
  public var seed: UInt64 = 1
  /// Shear modulus to begin with, Pa; needed only where loads are given instead of displacements.
  public var shearModulus: Double?
  /// λ/μ to begin with.
  public var bulkRatio = 20.0
  /// Most Jacobians of the stages *gap* and *fields*.
  public var gapIterations = 12, fieldIterations = 25

  /// With the defaults.
  public init() {}

  /// What one stage left behind.
  public struct Stage: Sendable, Equatable {
    /// Its name, and the record of its iteration.
    public let name: String, record: ConvergenceRecord
    /// Root mean square of the displacements' and of the reactions' residuals, in units of their
    /// deviations; nil where the stage does not measure them.
    public let displacementMisfit: Double?, reactionMisfit: Double?
    /// Seconds of wall time.
    public let seconds: Double
  }

  /// One strength of the prior that was tried.
  public struct Trial: Sendable, Equatable {
    /// The strength, and ln of the evidence for it (up to a constant).
    public let strength: Double, logEvidence: Double
  }

  /// What an identification found.
  public struct Result: Sendable {
    /// The law.
    public let law: Law
    /// Its family and parameters, and their covariance (Laplace, from the last Jacobian).
    public let family: LearnedFamily, parameters: [Double], covariance: DenseMatrix
    /// The plain law of the first stage.
    public let reference: NeoHooke
    /// Chosen strength of the prior, and all that were tried.
    public let strength: Double, trials: [Trial]
    /// All stages in order.
    public let stages: [Stage]
    /// The region of strains that the specimens reached.
    public let coverage: Coverage
    /// Right Cauchy–Green tensors of all quadrature points at all levels, Mandel order.
    public let strains: [Double]
  }

  /// Identifies the law of the experiments.
  ///
  /// - Parameter progress: called with the stage and the number of its iteration.
  /// - Throws: `IdentificationError` for experiments that do not fit their mesh, and where a stage finds
  ///   no equilibrium.
  public func identify(
    _ experiments: [FieldExperiment], progress: ((String, Int) -> Void)? = nil
  ) throws(IdentificationError) -> Result {
    guard !experiments.isEmpty, !strengths.isEmpty, starts > 0 else {
      throw IdentificationError(
        "identification", "has no experiment, no strength or no start", "give at least one each")
    }
    var run = FieldRun(options: self, progress: progress)
    try run.findReference(experiments)
    let candidates = try run.trainOnReference()
    let (theta, strength) = try run.closeGap(candidates)
    return try run.fitFields(from: theta, strength: strength)
  }
}

/// The state of one identification between its stages.
private struct FieldRun {
  let options: FieldIdentification
  let progress: ((String, Int) -> Void)?
  var specimens: [Specimen] = []
  var stages: [FieldIdentification.Stage] = []
  var trials: [FieldIdentification.Trial] = []
  var reference: (family: NeoHookeFamily, theta: [Double])!
  var family: LearnedFamily!

  init(options: FieldIdentification, progress: ((String, Int) -> Void)?) {
    self.options = options
    self.progress = progress
  }

  private func failure(_ stage: String, _ problem: String) -> IdentificationError {
    IdentificationError(
      "stage '\(stage)'", problem, "check geometry, supports, units and the signs of the reactions")
  }

  /// Minimises and records; θ and the problem end at the best state.
  private mutating func minimise<P: ResidualProblem>(
    _ stage: String, _ problem: inout P, _ theta: inout [Double], iterations: Int,
    bounds: (lower: [Double], upper: [Double])
  ) throws(IdentificationError) -> (r: [Double], J: DenseMatrix, record: ConvergenceRecord)
  where P.Tangent == DenseMatrix {
    var method = LevenbergMarquardt()
    method.iterationLimit = iterations
    method.reductionTolerance = 1e-5
    (method.lowerBounds, method.upperBounds) = (bounds.lower, bounds.upper)
    let progress = self.progress
    let record = method.minimise(&problem, x: &theta) { iteration, _ in
      progress?(stage, iteration)
      return true
    }
    var r = [Double](repeating: 0, count: problem.residualCount)
    var J = DenseMatrix(rows: problem.residualCount, columns: problem.unknownCount)
    guard problem.linearise(at: theta, residual: &r, tangent: &J) else {
      throw failure(stage, "found no equilibrium (\(record.reason.rawValue))")
    }
    return (r, J, record)
  }

  /// Root mean squares of displacement and reaction residuals.
  private func misfits(_ r: [Double]) -> (displacement: Double, reaction: Double) {
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

  private mutating func note(
    _ name: String, _ record: ConvergenceRecord, _ r: [Double]?, since start: ContinuousClock.Instant
  ) {
    let m = r.map { misfits($0) }
    stages.append(
      FieldIdentification.Stage(
        name: name, record: record, displacementMisfit: m?.displacement,
        reactionMisfit: m?.reaction, seconds: (ContinuousClock.now - start) / .seconds(1)))
  }

  // MARK: Weak stages

  mutating func findReference(_ experiments: [FieldExperiment]) throws(IdentificationError) {
    let start = ContinuousClock.now
    let loaded = experiments.first {
      !$0.definition.tractions.isEmpty || $0.definition.bodyForce != nil
    }
    if let loaded, options.shearModulus == nil {
      throw IdentificationError(
        "experiment '\(loaded.name)'", "is driven by loads", "give a shear modulus to begin with")
    }
    let unit = options.shearModulus ?? 1
    guard let first = try? NeoHooke(mu: unit, lambda: options.bulkRatio * unit) else {
      throw failure("reference", "cannot begin with a shear modulus of \(unit) Pa")
    }
    for experiment in experiments { specimens.append(try Specimen(experiment, law: first)) }
    for s in specimens.indices {
      guard specimens[s].solve(first, theta: []) else {
        throw failure("reference", "neo-Hooke finds no equilibrium at the measured levels")
      }
    }
    let mu = unit * (loaded == nil ? try scaleOfReactions() : 1)
    guard let family = try? NeoHookeFamily(mu: mu, lambda: options.bulkRatio * mu) else {
      throw failure("reference", "the reactions work against the displacements")
    }
    var problem = FieldProblem(family, specimens, strength: 1)
    var theta = family.centre
    let end = try minimise(
      "reference", &problem, &theta, iterations: 20,
      bounds: (family.lowerBounds, family.upperBounds))
    specimens = problem.specimens
    reference = (family, theta)
    note("reference", end.record, end.r, since: start)
  }

  /// The factor by which the modulus of the law just solved for misses the measured reactions.
  private func scaleOfReactions() throws(IdentificationError) -> Double {
    var (dot, square) = (0.0, 0.0)
    for specimen in specimens {
      let w = 1 / (specimen.experiment.reactionDeviation * specimen.experiment.reactionDeviation)
      for (l, level) in specimen.experiment.levels.enumerated() {
        for (value, measured) in zip(specimen.netReactions(specimen.forces[l]), level.reactions) {
          dot += w * value * measured
          square += w * value * value
        }
      }
    }
    guard dot > 0, square > 0 else {
      throw failure("reference", "the reactions work against the displacements")
    }
    return dot / square
  }

  mutating func trainOnReference() throws(IdentificationError) -> [[Double]] {
    let start = ContinuousClock.now
    let strains = specimens.flatMap { $0.strains() }
    guard
      let architecture = try? StackedPotential.Architecture(
        widths: options.widths, polyconvex: options.polyconvex)
    else { throw failure("simulated", "widths \(options.widths) are outside of the kernels' limits") }
    let (mu, lambda) = (exp(reference.theta[0]), exp(reference.theta[1]))
    family = LearnedFamily(
      architecture: architecture, stressScale: mu, bulkRatio: lambda / mu, strains: strains)
    var random = SplitMix64(seed: options.seed)
    var found: [[Double]] = []
    var record = ConvergenceRecord(reason: .converged)
    for _ in 0..<options.starts {
      var theta = family.start(&random)
      var problem = SimulatedStress(
        family, reference: reference.family, theta: reference.theta, strains: strains, unit: mu)
      record = try minimise(
        "simulated", &problem, &theta, iterations: 100,
        bounds: (family.lowerBounds, family.upperBounds)
      ).record
      found.append(theta)
    }
    note("simulated", record, nil, since: start)
    return found
  }

  // MARK: Intended stages

  /// Follows the best start from strong to weak priors; the strength of the largest evidence wins.
  mutating func closeGap(
    _ candidates: [[Double]]
  ) throws(IdentificationError) -> (theta: [Double], strength: Double) {
    let start = ContinuousClock.now
    var levels: [[AssimilatedLevel]] = []
    for s in specimens.indices {
      guard let assimilated = specimens[s].assimilate() else {
        throw failure("gap", "the reference is unstable at the measured levels")
      }
      levels.append(assimilated)
    }
    let bounds = (family.lowerBounds, family.upperBounds)
    var best: (theta: [Double], strength: Double, evidence: Double, r: [Double])?
    var theta: [Double] = []
    var record = ConvergenceRecord(reason: .converged)
    for (k, strength) in options.strengths.sorted(by: >).enumerated() {
      var here: (theta: [Double], evidence: Double, r: [Double])?
      for candidate in k == 0 ? candidates : [theta] {
        var problem = GapProblem(
          family: family, strength: strength, specimens: specimens, levels: levels)
        var x = candidate
        let end = try minimise(
          "gap", &problem, &x, iterations: options.gapIterations, bounds: bounds)
        let evidence = logEvidence(end.r, end.J, strength)
        if evidence > here?.evidence ?? -.infinity || here == nil {
          here = (x, evidence, end.r)
          record = end.record
        }
      }
      theta = here!.theta
      trials.append(.init(strength: strength, logEvidence: here!.evidence))
      if here!.evidence > best?.evidence ?? -.infinity || best == nil {
        best = (theta, strength, here!.evidence, here!.r)
      }
    }
    note("gap", record, best!.r, since: start)
    return (best!.theta, best!.strength)
  }

  /// ln ∫ exp(−½‖r‖²) dθ by Laplace's method, with the normalised prior.
  private func logEvidence(_ r: [Double], _ J: DenseMatrix, _ strength: Double) -> Double {
    var H = DenseMatrix(rows: J.columns, columns: J.columns)
    J.gram(of: .columns, intoLowerTriangleOf: &H)
    guard Cholesky.factorise(&H) else { return -.infinity }
    var value = -0.5 * r.reduce(0) { $0 + $1 * $1 }
    for (k, s) in family.stiffness.enumerated() { value += 0.5 * log(strength * s) - log(H[k, k]) }
    return value
  }

  mutating func fitFields(
    from start: [Double], strength: Double
  ) throws(IdentificationError) -> FieldIdentification.Result {
    let clock = ContinuousClock.now
    var problem = FieldProblem(family!, specimens, strength: strength)
    var theta = start
    let end = try minimise(
      "fields", &problem, &theta, iterations: options.fieldIterations,
      bounds: (family.lowerBounds, family.upperBounds))
    specimens = problem.specimens
    note("fields", end.record, end.r, since: clock)
    guard let law = try? family.learnedLaw(theta),
      let plain = try? NeoHooke(mu: exp(reference.theta[0]), lambda: exp(reference.theta[1]))
    else { throw failure("fields", "ended at parameters that no law has") }
    let strains = specimens.flatMap { $0.strains() }
    return FieldIdentification.Result(
      law: .learned(law), family: family, parameters: theta, covariance: covariance(end.J),
      reference: plain, strength: strength, trials: trials, stages: stages,
      coverage: Coverage(strains: Coverage.corners(of: strains)), strains: strains)
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

extension Coverage {
  /// The strains (Mandel, one after another) that span the region of all: the farthest ones in many
  /// directions of (y1, y2), and those of least and largest volume ratio.
  static func corners(of strains: [Double]) -> [Double] {
    let all = Coverage(strains: strains).points
    let count = all.count / 3
    guard count > 0 else { return [] }
    var chosen: Set<Int> = []
    let directions = 72
    for k in 0..<directions {
      let angle = 2 * Double.pi * Double(k) / Double(directions)
      let (c, s) = (cos(angle), sin(angle))
      chosen.insert((0..<count).max { a, b in
        c * all[3 * a] + s * all[3 * a + 1] < c * all[3 * b] + s * all[3 * b + 1]
      }!)
    }
    chosen.insert((0..<count).max { all[3 * $0 + 2] < all[3 * $1 + 2] }!)
    chosen.insert((0..<count).min { all[3 * $0 + 2] < all[3 * $1 + 2] }!)
    return chosen.sorted().flatMap { strains[6 * $0..<6 * $0 + 6] }
  }
}
