import FixedPoint
import LinearAlgebra
import Manifold
import Mechanics

/// Fits a law of any family to homogeneous tests by Levenberg–Marquardt.
///
/// Classical laws: plain least squares on the stresses as they were reported. Learned laws: training in
/// stages. *Weak*: classical laws are fitted to the training data, and the network learns the states they
/// simulate together, each as firmly as they agree. *Intended*: the measured states, residuals balanced
/// between tests, with the simulated ones at a weight α chosen by cross-validation over the training
/// data (held-out tests are never looked at), under constraints by augmented Lagrangian. The same tests,
/// options and seed give the same bits.
///
/// ```swift
/// let result = try ConstitutiveFit(.learned).fit(tests)
/// print(result.rmse, result.law.shearModulusAtRest)
/// ```
public struct ConstitutiveFit: Sendable {
  /// What to fit.
  public var family: LawFamily
  /// Seed of starts and folds.
  public var seed: UInt64 = 1
  /// Seeded starts; nil takes what the family needs.
  public var starts: Int?
  /// Widths of the hidden layers of a learned law.
  public var widths = [4, 4]
  /// Whether a learned law is polyconvex by construction.
  public var polyconvex = true
  /// Whether a law that is to be polyconvex may give that up where the data refuse it: where a map with
  /// weights of any sign meets held-out points better by more than one standard error of the difference
  /// and by more than a quarter.
  public var relaxesSigns = true
  /// Widths to choose from by held-out error; empty: `widths` as they are.
  public var sizes: [[Int]] = []
  /// Stages of training of a learned law: `.intended` always, `.weak` unless taken out.
  public var stages: Set<TrainingStage> = [.weak, .intended]
  /// Weights α of the simulated states to choose from; one value switches the choice off.
  public var weakWeights = [0.9, 0.5, 0.2, 0.05, 0.01]
  /// The same where noise is given: distances to the data are then in their deviations, and simulated
  /// states need say little beside them.
  public var weakWeightsWithNoise = [0.05, 0.01, 0.002]
  /// Without a weak stage: weights β of the pull towards typical weights, to choose from.
  public var regularisations = [1e-1, 1e-2, 1e-3, 1e-4]
  /// Whether the stress must rise over `stabilityRange`, as a constraint.
  public var constrained = true
  /// Whether a map with weights of any sign shall be convex and monotone in ‖F‖ and ‖cof F‖ at the
  /// simulated states, as a constraint; maps that are polyconvex by their signs need none.
  public var sampledConvexity = false
  /// How residuals are weighed where no noise is given.
  public var weighting = Weighting.balanced
  /// Noise of strains and stresses: nil is regression of stress on strain as measured, else the fit
  /// learns through the projections of the observations on its manifold (errors in variables).
  public var noise: MeasurementNoise?
  /// How outliers lose weight; nil: they do not.
  public var robust: RobustWeight?
  /// Keeps θ and predictions at every so many Jacobians; nil keeps none.
  public var checkpointInterval: Int?
  /// Folds of the cross-validation.
  public var folds = 4
  /// Bulk modulus over shear modulus at rest where no volume was measured.
  public var bulkRatio = 1000.0
  /// Stretches over which the nominal stress shall rise, data or not; nil: those whose logarithm is at
  /// most `stabilityMargin` larger than the largest of the data, in extension and compression.
  public var stabilityRange: ClosedRange<Double>?
  /// See `stabilityRange`.
  public static let stabilityMargin = 0.3
  /// Most iterations of the last least-squares fit of a learned law.
  public var iterationLimit = 500

  /// Preferred directions of an anisotropic law: learned, unless they are given.
  public var fibres = FibreModel()

  /// With the defaults; an anisotropic map sees more and is wider, with more strengths to choose from.
  public init(_ family: LawFamily) {
    self.family = family
    guard family.isAnisotropic else { return }
    widths = [8, 4]
    regularisations = [1e-4, 1e-5]
  }

  /// How the residuals of plain regression are weighed.
  public enum Weighting: String, Sendable {
    /// Tests count alike in the geometric mean of absolute errors and errors relative to their spread.
    case balanced
    /// Every stress counts as it was reported.
    case absolute
  }

  var hasWeakStage: Bool { stages.contains(.weak) }
  var simulatedWeights: [Double] { noise == nil ? weakWeights : weakWeightsWithNoise }

  /// Plain regression of stress on strain: no stages, no constraints, hardly any regularisation, absolute
  /// residuals. What the rest is measured against.
  public static func plainRegression(widths: [Int] = [4, 4]) -> ConstitutiveFit {
    var fit = ConstitutiveFit(.learned)
    fit.widths = widths
    fit.stages = [.intended]
    fit.regularisations = [1e-6]
    fit.constrained = false
    fit.weighting = .absolute
    return fit
  }

  /// This fit with everything that `result` chose by held-out error held fixed and one start: for folds
  /// and ensembles.
  public func keepingChoices(of result: FitResult) -> ConstitutiveFit {
    var fit = self
    guard let chosen = result.regularisation else { return fit }
    fit.regularisations = [chosen]
    fit.weakWeights = [chosen]
    fit.weakWeightsWithNoise = [chosen]
    fit.starts = 1
    fit.checkpointInterval = nil
    fit.relaxesSigns = false
    if result.relaxedSigns { fit.polyconvex = false }
    if case .learned(let law) = result.law { fit.widths = law.potential.architecture.widths }
    fit.sizes = []
    return fit
  }

  /// Fits the law to all tests that are not held out, and judges it on all.
  ///
  /// - Parameter progress: called now and then with the fraction done, 0 to 1.
  /// - Throws: `FitError`.
  public func fit(
    _ tests: [HomogeneousTest], progress: ((Double) -> Void)? = nil
  ) throws(FitError) -> FitResult {
    let clock = ContinuousClock()
    let begin = clock.now
    precondition(
      !regularisations.isEmpty && !simulatedWeights.isEmpty && folds > 1,
      "no regularisation or fewer than two folds")
    let data = try FitData(tests)
    var outcome: Outcome
    if family == .learned {
      outcome = try fitLearned(data, progress)
    } else if family.isAnisotropic {
      outcome = try fitAnisotropic(data, progress)
    } else {
      outcome = try fitClassical(data)
    }
    outcome.seconds = seconds(clock.now - begin)
    let law = outcome.law
    let reports = tests.map { TestReport($0, law) }
    func rmse(_ chosen: [TestReport]) -> Double {
      let count = chosen.reduce(0.0) { $0 + Double($1.valueCount) }
      let sum = chosen.reduce(0) { $0 + $1.rmse * $1.rmse * Double($1.valueCount) }
      return (sum / count).squareRoot()
    }
    let heldOut = reports.filter(\.heldOut)
    return FitResult(
      law: law, tests: reports, rmse: rmse(reports.filter { !$0.heldOut }),
      heldOutRMSE: heldOut.isEmpty ? nil : rmse(heldOut), record: outcome.record, seed: seed,
      starts: outcome.starts, fits: outcome.fits, regularisation: outcome.regularisation,
      trials: outcome.trials, coverage: Coverage(of: tests, placement: law.coveragePlacement),
      stability: stability(of: law, range(data)), stages: outcome.stages,
      constraints: outcome.constraints, outliers: outcome.outliers,
      checkpoints: outcome.checkpoints, sizes: outcome.sizes, stressNoise: outcome.stressNoise,
      relaxedSigns: outcome.relaxed,
      silentPoints: data.silentPoints, seconds: outcome.seconds,
      crossValidation: outcome.crossValidation, references: outcome.references)
  }

  /// How a specimen with fibres contracts when it is pulled along 1 alone no sweep can say.
  private func stability(of law: Law, _ range: ClosedRange<Double>) -> [StabilityReport] {
    law.stabilitySweep(range).filter { law.directions.isEmpty || $0.mode != .uniaxial }
  }

  private func seconds(_ d: Duration) -> Double {
    Double(d.components.seconds) + 1e-18 * Double(d.components.attoseconds)
  }

  /// What a family's fit leaves.
  struct Outcome {
    var law: Law
    var record: ConvergenceRecord
    var starts = 1, fits = 1
    var regularisation: Double?
    var trials: [RegularisationTrial] = []
    var stages: [StageRecord] = []
    var constraints: [ConstraintReport] = []
    var outliers: [Outlier] = []
    var checkpoints: TrainingCheckpoints?
    var sizes: [SizeTrial] = []
    var stressNoise: Double?
    var relaxed = false
    var seconds = 0.0
    var crossValidation: CrossValidation?
    var references: [ReferenceStretch] = []
  }

  // MARK: Classical laws

  private func fitClassical(_ data: FitData) throws(FitError) -> Outcome {
    let largest = data.observations.reduce(0) { largest, o in
      let I = o.path.invariants
      let J = I.J.value
      return max(largest, I.I1.value / (J * J).cubeRootOfPositive - 3)
    }
    let model = ClassicalModel(family: family, fitsBulk: data.hasVolume, largestI1: largest)
    guard data.informative >= model.count - (data.hasVolume ? 1 : 0) else {
      throw .tooFewPoints(have: data.informative, need: model.count, law: family.name)
    }
    let starts = self.starts ?? (model.linear.count == model.count ? 1 : 24)
    var random = SplitMix64(seed: seed)
    var method = LevenbergMarquardt()
    method.iterationLimit = 500
    method.reductionTolerance = 1e-12
    var best: (x: [Double], record: ConvergenceRecord, norm: Double)?
    for number in 0..<starts {
      var problem = PathProblem(model, data)
      var x = model.start(&random, number: number)
      problem.solveLinearPart(&x)
      let record = method.minimise(&problem, x: &x)
      var r = [Double](repeating: 0, count: problem.residualCount)
      guard problem.residual(at: x, into: &r) else { continue }
      let norm = r.reduce(0) { $0 + $1 * $1 }
      if norm.isFinite, norm < best?.norm ?? .infinity { best = (x, record, norm) }
    }
    guard let best else { throw .notConverged(law: family.name, reason: "no start led anywhere") }
    do {
      let law = try model.law(best.x, scale: data.stressScale, bulkRatio: bulkRatio)
      return Outcome(law: law, record: best.record, starts: starts, fits: starts)
    } catch {
      throw .inadmissible(law: family.name, problem: error.description)
    }
  }

  // MARK: Learned laws

  private func fitLearned(
    _ data: FitData, _ progress: ((Double) -> Void)?
  ) throws(FitError) -> Outcome {
    guard data.informative >= 3 else {
      throw .tooFewPoints(have: data.informative, need: 3, law: family.name)
    }
    guard noise == nil || !data.hasVolume else { throw .noiseNeedsIncompressible }
    var sizes: [SizeTrial] = []
    var chosen = widths
    for candidate in self.sizes {
      var trial = LearnedTraining(try setup(data, candidate), fit: self, progress: nil)
      guard trial.tryStrengths(), let error = trial.heldOutError else { continue }
      sizes.append(
        SizeTrial(
          widths: candidate, heldOutError: error.heldOutError, standardError: error.standardError))
    }
    if let best = sizes.min(by: { $0.heldOutError < $1.heldOutError }) { chosen = best.widths }
    var training = LearnedTraining(try setup(data, chosen), fit: self, progress: progress)
    if var free = try freeTraining(data, chosen, insteadOf: &training, progress) {
      // Signs are given up only for a law that is stable without them: of the weights from the chosen one
      // up, the first that leaves it so.
      var outcome = try train(&free, data, sizes)
      let stronger = weakWeights.filter { $0 > free.strength }.sorted()
      for strength in [free.strength] + stronger {
        if strength != free.strength {
          guard let next = try? train(&free, data, sizes, strength: strength) else { continue }
          outcome = next
        }
        let stable = outcome.law.stabilitySweep(range(data)).allSatisfy(\.isStable)
        if stable, outcome.constraints.allSatisfy(\.isSatisfied) {
          outcome.relaxed = true
          return outcome
        }
      }
    }
    return try train(&training, data, sizes)
  }

  /// Training without bound signs, where a look at one strength says that they matter; nil otherwise.
  private func freeTraining(
    _ data: FitData, _ widths: [Int], insteadOf training: inout LearnedTraining,
    _ progress: ((Double) -> Void)?
  ) throws(FitError) -> LearnedTraining? {
    guard polyconvex, relaxesSigns, noise == nil, robust == nil, training.tryStrengths()
    else { return nil }
    var free = self
    free.polyconvex = false
    var glance = free
    glance.weakWeights = [training.strength]
    glance.regularisations = [training.strength]
    glance.starts = 1
    let setup = try free.setup(data, widths)
    var trial = LearnedTraining(setup, fit: glance, progress: nil)
    _ = trial.tryStrengths()
    guard trial.isBetter(than: training) else { return nil }
    return LearnedTraining(setup, fit: free, progress: progress)
  }

  private func train(
    _ training: inout LearnedTraining, _ data: FitData, _ sizes: [SizeTrial],
    strength: Double? = nil
  ) throws(FitError) -> Outcome {
    guard let result = training.run(at: strength) else {
      throw .notConverged(law: family.name, reason: "no start led anywhere")
    }
    let law: LearnedLaw
    var outcome: Outcome
    do {
      law = try training.setup.law(result.found.x, bulkRatio: bulkRatio)
      outcome = Outcome(law: .learned(law), record: result.found.record)
      outcome.crossValidation = try CrossValidation(
        training.search, training.strength, bulkRatio: bulkRatio)
    } catch {
      throw .inadmissible(law: family.name, problem: error.description)
    }
    (outcome.starts, outcome.fits) = (training.search.starts, training.search.fits)
    (outcome.regularisation, outcome.trials) = (training.strength, training.trials)
    (outcome.stages, outcome.outliers) = (result.stages, result.outliers)
    outcome.constraints = result.found.constraints + law.constraintsByConstruction
    (outcome.checkpoints, outcome.sizes) = (result.checkpoints, sizes)
    outcome.stressNoise = training.estimatedStressNoise
    return outcome
  }

  private func range(_ data: FitData) -> ClosedRange<Double> {
    stabilityRange ?? data.stableRange(margin: ConstitutiveFit.stabilityMargin)
  }

  private func setup(_ data: FitData, _ widths: [Int]) throws(FitError) -> LearnedSetup {
    do {
      let architecture = try StackedPotential.Architecture(
        widths: widths, polyconvex: polyconvex, seesVolume: data.hasVolume)
      return LearnedSetup(
        data, architecture, range: constrained ? range(data) : nil,
        convexity: sampledConvexity, weighting: weighting)
    } catch {
      throw .inadmissible(law: family.name, problem: error.description)
    }
  }
}

extension LearnedLaw {
  /// Constraints that hold by the form of the law, each with what a measurement of it gives.
  var constraintsByConstruction: [ConstraintReport] {
    let rest = evaluate(strain: [1, 1, 1, 0, 0, 0])
    let stress = rest.stress.reduce(0) { max($0, $1.magnitude) }
    var out = [
      ConstraintReport(
        name: "natural state: |S(1)| / mu", kind: .equality, count: 6,
        residual: stress / shearModulusAtRest, tolerance: 1e-9),
      ConstraintReport(
        name: "growth: a > 0, K > 0", kind: .inequality, count: 2,
        residual: max(0, -growth, -bulk), tolerance: 1e-300),
    ]
    if potential.architecture.polyconvex {
      let kinds = potential.architecture.kinds
      let least = zip(potential.weights, kinds).reduce(cofactor) {
        $1.1 == .nonNegative ? min($0, $1.0) : $0
      }
      out.append(
        ConstraintReport(
          name: "polyconvexity: signs of the weights", kind: .inequality, count: kinds.count,
          residual: max(0, -least), tolerance: 1e-300))
    }
    return out
  }
}

extension Double {
  fileprivate var cubeRootOfPositive: Double { Lanes(repeating: self).cubeRoot[0] }
}
