import FixedPoint
import LinearAlgebra
import Manifold

/// The fits behind one learned law: cross-validation over the strength of the prior, then several
/// starts on all data.
///
/// Every start descends from the strongest prior to weaker ones, each fit beginning where the last one
/// ended: strong priors leave few local minima, and weak ones are then reached from a good place.
struct LearnedSearch {
  let setup: LearnedSetup
  let fit: ConstitutiveFit
  let progress: ((Double) -> Void)?
  /// Starts of the last fit, and least-squares fits so far.
  let starts: Int
  private(set) var fits = 0
  /// The fold of every observation, and the unknowns that each fold's fit left at every strength: what
  /// cross-validation learned without a datum says how far the law errs there.
  private(set) var folds: [Int] = []
  private(set) var foldFits: [Double: [[Double]]] = [:]
  private let planned: Int

  typealias Found = (x: [Double], record: ConvergenceRecord, cost: Double)

  init(_ setup: LearnedSetup, fit: ConstitutiveFit, progress: ((Double) -> Void)?) {
    self.setup = setup
    self.fit = fit
    self.progress = progress
    starts = fit.starts ?? 4
    let strengths = fit.regularisations.count
    planned = (strengths > 1 ? fit.folds * strengths : 0) + starts * strengths + 1
  }

  /// The strongest prior whose held-out error exceeds the least by no more than half its standard
  /// error: of laws that the data cannot tell apart, the plainest. (A whole standard error, as is often
  /// taken, is too cautious here, because most of it comes from the folds and is common to all.)
  ///
  /// The half was chosen by looking at results on Treloar's and Kawabata's rubbers: on those two data
  /// sets the rule has been tuned, not tested.
  ///
  /// The folds take every n-th point of each test, so that every fold sees every mode.
  mutating func chooseRegularisation() -> (Double, [RegularisationTrial]) {
    let strengths = fit.regularisations.sorted(by: >)
    let folds = assignFolds()
    let count = (folds.max() ?? 0) + 1
    guard strengths.count > 1, count > 1 else { return (strengths[strengths.count / 2], []) }
    self.folds = folds
    var errors = [[Double]](repeating: [], count: strengths.count)
    for fold in 0..<count {
      let training = folds.indices.filter { folds[$0] != fold }
      let testing = folds.indices.filter { folds[$0] == fold }
      var random = SplitMix64(seed: fit.seed &+ 7_919 &* UInt64(fold + 1))
      var x = setup.start(&random)
      for (k, strength) in strengths.enumerated() {
        guard let found = descend(from: x, training, strength, .explore) else {
          errors[k].append(.infinity)
          continue
        }
        x = found.x
        errors[k].append(meanSquare(x, testing))
        foldFits[strength, default: []].append(x)
      }
    }
    let trials = zip(strengths, errors).map { strength, squares in
      let (mean, error) = meanAndError(squares)
      let rms = mean.squareRoot()
      return RegularisationTrial(
        value: strength, heldOutError: rms, standardError: rms > 0 ? 0.5 * error / rms : 0)
    }
    let best = trials.min { $0.heldOutError < $1.heldOutError }!
    let limit = best.heldOutError + 0.5 * best.standardError
    let chosen = trials.first { $0.heldOutError <= limit } ?? best
    return (chosen.value, trials)
  }

  private func meanAndError(_ values: [Double]) -> (mean: Double, error: Double) {
    let n = Double(values.count)
    let mean = values.reduce(0, +) / n
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / max(n - 1, 1)
    return (mean, (variance / n).squareRoot())
  }

  /// The best of all starts on all data, at one strength of the prior.
  mutating func finalFit(_ regularisation: Double) -> Found? {
    let all = Array(setup.samples.indices)
    var random = SplitMix64(seed: fit.seed)
    var best: Found?
    for _ in 0..<starts {
      var x = setup.start(&random)
      for strength in fit.regularisations.sorted(by: >) where strength >= regularisation {
        guard let found = descend(from: x, all, strength, .explore) else { break }
        x = found.x
        if strength == regularisation, found.cost < best?.cost ?? .infinity { best = found }
      }
    }
    // Only the best start is worth following to the bottom.
    if let x = best?.x { best = descend(from: x, all, regularisation, .polish) ?? best }
    progress?(1)
    return best
  }

  /// How far a fit goes: near enough to compare, or to the minimum.
  private enum Effort { case explore, polish }

  private mutating func descend(
    from x: [Double], _ subset: [Int], _ strength: Double, _ effort: Effort
  ) -> Found? {
    var problem = LearnedProblem(setup, subset: subset, regularisation: strength)
    var method = LevenbergMarquardt()
    method.iterationLimit = effort == .polish ? fit.iterationLimit : 60
    method.reductionTolerance = effort == .polish ? 1e-5 : 1e-3
    // Logarithms far outside mean weights that no longer matter.
    method.lowerBounds = setup.lowerBounds
    method.upperBounds = setup.upperBounds
    var x = x
    let record = method.minimise(&problem, x: &x)
    fits += 1
    progress?(min(Double(fits) / Double(planned), 1))
    var r = [Double](repeating: 0, count: problem.residualCount)
    guard problem.residual(at: x, into: &r) else { return nil }
    let cost = r.reduce(0) { $0 + $1 * $1 }
    return cost.isFinite ? (x, record, cost) : nil
  }

  /// Mean over the observations of the squared weighted error; comparable between folds.
  private func meanSquare(_ x: [Double], _ subset: [Int]) -> Double {
    var problem = LearnedProblem(setup, subset: subset, regularisation: 0)
    var r = [Double](repeating: 0, count: problem.residualCount)
    guard problem.residual(at: x, into: &r) else { return .infinity }
    let sum = r.prefix(subset.count).reduce(0) { $0 + $1 * $1 }
    return sum / Double(subset.count) * Double(setup.samples.count)
  }

  /// A fold for every observation; all stresses of one point share a fold.
  private func assignFolds() -> [Int] {
    let observations = setup.data.observations
    var random = SplitMix64(seed: fit.seed ^ 0x5EED)
    var folds = [Int](repeating: 0, count: observations.count)
    let points = Set(observations.map { [$0.test, $0.point] }).count
    let count = min(fit.folds, points / 3)
    guard count > 1 else { return folds }
    for (t, test) in setup.data.tests.enumerated() {
      let shift = Int(random.next() % UInt64(count))
      let order = test.stretches.indices.sorted {
        (test.stretches[$0], $0) < (test.stretches[$1], $1)
      }
      var rank = [Int](repeating: 0, count: test.count)
      for (k, p) in order.enumerated() { rank[p] = k }
      for (i, o) in observations.enumerated() where o.test == t {
        folds[i] = (rank[o.point] + shift) % count
      }
    }
    return folds
  }
}

extension LearnedSetup {
  /// Bounds of the unknowns: logarithms between weights of e⁻¹⁶ and e⁷, the rest within ±200.
  var lowerBounds: [Double] { bounds(-16, -200) }
  var upperBounds: [Double] { bounds(7, 200) }

  private func bounds(_ logarithm: Double, _ plain: Double) -> [Double] {
    unknowns.map { $0.isLogarithm ? logarithm : plain }
      + (unknowns.count..<unknownCount).map {
        $0 == unknowns.count + 2 ? centre[$0] + logarithm / 3 : logarithm
      }
  }
}
