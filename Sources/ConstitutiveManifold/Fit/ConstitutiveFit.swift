import FixedPoint
import LinearAlgebra
import Manifold
import Mechanics

/// Fits a law of any family to homogeneous tests by Levenberg–Marquardt.
///
/// Classical laws: plain least squares on the stresses as they were reported. Learned laws: residuals
/// balanced between tests, a prior on the weights whose strength is chosen by cross-validation over the
/// training data (held-out tests are never looked at), several seeded starts, and a last fit on
/// all training data. The same tests, options and seed give the same bits.
///
/// Two settings were tuned on rubber: the prior's share of ‖cof F‖ with Treloar's held-out modes in view
/// (`LearnedPrior`), the rule that chooses its strength with Treloar's and Kawabata's (`LearnedSearch`).
/// Predictions of modes held out of those two data sets are therefore not blind.
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
  /// Strengths of the prior to choose from, strongest first; one value switches the choice off.
  public var regularisations = [1e-4, 1e-5, 1e-6, 1e-7]
  /// Folds of the cross-validation.
  public var folds = 4
  /// Bulk modulus over shear modulus at rest where no volume was measured.
  public var bulkRatio = 1000.0
  /// Stretches over which the nominal stress shall rise, data or not.
  public var stabilityRange = 0.3...8.0
  /// Most iterations of the last least-squares fit of a learned law.
  public var iterationLimit = 500

  /// With the defaults.
  public init(_ family: LawFamily) { self.family = family }

  /// Fits the law to all tests that are not held out, and judges it on all.
  ///
  /// - Parameter progress: called now and then with the fraction done, 0 to 1.
  /// - Throws: `FitError`.
  public func fit(
    _ tests: [HomogeneousTest], progress: ((Double) -> Void)? = nil
  ) throws(FitError) -> FitResult {
    let clock = ContinuousClock()
    let begin = clock.now
    precondition(!regularisations.isEmpty && folds > 1, "no regularisation or fewer than two folds")
    let data = try FitData(tests)
    var outcome: Outcome
    if family == .learned {
      outcome = try fitLearned(data, progress)
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
      trials: outcome.trials, coverage: Coverage(of: tests),
      stability: law.stabilitySweep(stabilityRange), seconds: outcome.seconds,
      crossValidation: outcome.crossValidation)
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
    var seconds = 0.0
    var crossValidation: CrossValidation?
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
      var problem = ClassicalProblem(model, data)
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
    let setup: LearnedSetup
    do {
      let architecture = try StackedPotential.Architecture(
        widths: widths, polyconvex: polyconvex, seesVolume: data.hasVolume)
      setup = LearnedSetup(data, architecture, range: stabilityRange)
    } catch {
      throw .inadmissible(law: family.name, problem: error.description)
    }
    var search = LearnedSearch(setup, fit: self, progress: progress)
    let (regularisation, trials) = search.chooseRegularisation()
    guard let best = search.finalFit(regularisation) else {
      throw .notConverged(law: family.name, reason: "no start led anywhere")
    }
    do {
      let law = try setup.law(best.x, bulkRatio: bulkRatio)
      return Outcome(
        law: .learned(law), record: best.record, starts: search.starts, fits: search.fits,
        regularisation: regularisation, trials: trials,
        crossValidation: try CrossValidation(search, regularisation, bulkRatio: bulkRatio))
    } catch {
      throw .inadmissible(law: family.name, problem: error.description)
    }
  }
}

extension Double {
  fileprivate var cubeRootOfPositive: Double { Lanes(repeating: self).cubeRoot[0] }
}
