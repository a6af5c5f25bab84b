import FixedPoint
import Glibc
import LinearAlgebra
import Manifold

/// The fits behind one learned law: pre-training on simulated states, the choice of their weight by
/// held-out error, the fit to measured states under constraints.
///
/// Without a weak stage the strength chosen is that of the pull towards typical weights, from several
/// seeded starts. Every descent goes from the strongest weight to weaker ones, each fit beginning where
/// the last one ended: strong ones leave few local minima, and weak ones are then reached from a good
/// place.
struct LearnedSearch {
  let setup: LearnedSetup
  let fit: ConstitutiveFit
  let progress: ((Double) -> Void)?
  /// Standard deviations of stresses and strains; nil for plain regression.
  var noise: PointNoise?
  /// Robust weight of every observation.
  var robust: [Double]?
  /// Starts of the weak stage (or of the fit without one), and least-squares fits so far.
  let starts: Int
  private(set) var fits = 0
  /// The fold of every observation, and the unknowns that each fold's fit left at every strength: what
  /// cross-validation learned without a datum says how far the law errs there.
  private(set) var folds: [Int] = []
  private(set) var foldFits: [Double: [[Double]]] = [:]
  /// Held-out mean square errors of the chosen strength, one per fold.
  private(set) var foldErrors: [Double] = []
  private let planned: Int
  /// What the weak stage simulated, from all training data.
  private(set) var weak: WeakStates?
  /// Unknowns after the weak stage.
  private(set) var anchor: [Double]
  /// The unknowns passed on the way, where checkpoints are wanted.
  private(set) var path: [(stage: TrainingStage, x: [Double])] = []

  struct Found {
    var x: [Double]
    var record: ConvergenceRecord
    /// Twice the objective, and its data part.
    var cost: Double, dataCost: Double
    var constraints: [ConstraintReport] = []
  }

  /// β as a share of α: enough to hold directions of θ that nothing else determines.
  static let anchorShare = 0.01
  /// Least misfit that scales the data term, a share of their spread: exact data do not silence
  /// everything else.
  static let leastScale = 1e-3

  init(_ setup: LearnedSetup, fit: ConstitutiveFit, progress: ((Double) -> Void)?) {
    self.setup = setup
    self.fit = fit
    self.progress = progress
    anchor = setup.centre
    starts = fit.starts ?? (fit.hasWeakStage ? 2 : 4)
    let strengths = fit.hasWeakStage ? fit.simulatedWeights.count : fit.regularisations.count
    planned =
      (strengths > 1 ? fit.folds * strengths : 0)
      + (fit.hasWeakStage ? starts + strengths : starts * strengths) + 1
  }

  private var all: [Int] { Array(setup.samples.indices) }
  private var strengths: [Double] {
    (weak == nil ? fit.regularisations : fit.simulatedWeights).sorted(by: >)
  }

  /// What stands in for a choice.
  var middleStrength: Double { strengths[strengths.count / 2] }

  private func weights(_ strength: Double) -> StageWeights {
    weak == nil
      ? StageWeights(alpha: 0, beta: strength)
      : StageWeights(alpha: strength, beta: LearnedSearch.anchorShare * strength)
  }

  // MARK: Weak stage

  /// What classical laws are fitted to: residuals weighed as in the fit, or by one over the deviation that
  /// strain and stress noise give together.
  private func evidence(_ subset: [Int]) -> WeakStates.Evidence {
    let doubts = subset.map { (robust?[$0] ?? 1).squareRoot() }
    var out = WeakStates.Evidence(
      observations: subset.map { setup.data.observations[$0] },
      weights: zip(subset, doubts).map { i, doubt in
        (noise.map { 1 / $0.total[i] } ?? setup.rowWeights[i]) * doubt
      },
      unit: setup.data.stressScale)
    if let noise {
      out.latent = setup.data.latentPoints(subset, noise)
      out.factors = doubts
    }
    return out
  }

  /// Classical laws fitted to a subset, and what they simulate.
  private func simulate(_ subset: [Int], previous: [WeakStates.Member]? = nil) -> WeakStates? {
    guard fit.hasWeakStage else { return nil }
    return WeakStates(
      evidence(subset), largest: setup.largestI1,
      bulk: setup.data.hasVolume ? setup.data.estimatedBulk : nil, probes: setup.probes,
      seed: fit.seed, previous: previous)
  }

  /// Simulates states and trains on them alone, from several starts.
  mutating func weakStage() -> Found? {
    weak = simulate(all)
    anchor = setup.centre
    guard let weak else { return nil }
    var random = SplitMix64(seed: fit.seed)
    var best: Found?
    for _ in 0..<starts {
      var problem = LearnedProblem(
        setup, subset: [], weights: StageWeights(alpha: 1, beta: LearnedSearch.anchorShare),
        weak: WeakRows(weak, beyond: 1), anchor: setup.centre)
      guard let found = minimise(&problem, from: setup.start(&random), .explore, .weak) else {
        continue
      }
      if found.cost < best?.cost ?? .infinity { best = found }
    }
    if let best { anchor = best.x }
    return best
  }

  // MARK: The strength

  /// The strongest weight whose held-out error exceeds the least by no more than one standard error of
  /// that difference over the folds: of laws that the data cannot tell apart, the plainest (the
  /// one-standard-error rule of Breiman et al., CART, 1984, on paired differences). The folds take every
  /// n-th point of each test, so that every fold sees every mode, and are judged by all of these but the
  /// ends of tests; classical laws are fitted again without the fold. Where noise is known the least error
  /// decides: its standard error is then that of the noise, so large that the plainest law always passed.
  mutating func chooseStrength(
    comparing: Bool = false
  ) -> (Double, [RegularisationTrial]) {
    let strengths = self.strengths
    let folds = assignFolds()
    let count = (folds.max() ?? 0) + 1
    let ends = self.ends
    // One strength is judged too, where folds are asked for: sizes and signs are compared by it.
    guard count > 1, strengths.count > 1 || comparing else { return (middleStrength, []) }
    self.folds = folds
    foldFits = [:]
    var errors = [[Double]](repeating: [], count: strengths.count)
    for fold in 0..<count {
      let training = folds.indices.filter { folds[$0] != fold }
      let testing = folds.indices.filter { folds[$0] == fold && !ends[$0] }
      var random = SplitMix64(seed: fit.seed &+ 7_919 &* UInt64(fold + 1))
      var x = weak == nil ? setup.start(&random) : anchor
      let states = weak.flatMap { simulate(training, previous: $0.members) } ?? weak
      for (k, strength) in strengths.enumerated() {
        guard let found = descend(from: x, training, strength, .explore, states) else {
          errors[k].append(.infinity)
          continue
        }
        x = found.x
        errors[k].append(meanSquare(x, testing))
        foldFits[strength, default: []].append(x)
      }
    }
    let trials = zip(strengths, errors).map { RegularisationTrial($0, heldOut: $1) }
    let best = trials.indices.min { trials[$0].heldOutError < trials[$1].heldOutError }!
    let chosen = trials.indices.first { k in
      let (excess, error) = FoldStatistics.mean(zip(errors[k], errors[best]).map { $0 - $1 })
      return excess <= (noise == nil ? error : 0)
    }
    foldErrors = errors[chosen ?? best]
    return (trials[chosen ?? best].value, trials)
  }

  // MARK: Intended stage

  /// The fit to all data at one strength, followed to the bottom, constraints included.
  mutating func intendedStage(_ strength: Double, from start: [Double]? = nil) -> Found? {
    var random = SplitMix64(seed: fit.seed)
    var best: Found?
    for _ in 0..<(weak == nil && start == nil ? starts : 1) {
      var x = start ?? (weak == nil ? setup.start(&random) : anchor)
      for value in strengths where value >= strength && (start == nil || value == strength) {
        guard let found = descend(from: x, all, value, .explore, weak) else { break }
        x = found.x
        if value == strength, found.cost < best?.cost ?? .infinity { best = found }
      }
    }
    if let x = best?.x { best = descend(from: x, all, strength, .polish, weak) ?? best }
    progress?(1)
    return best
  }

  /// The problem of all data at a strength.
  func problem(_ strength: Double) -> LearnedProblem {
    problem(all, strength, weak)
  }

  private func problem(_ subset: [Int], _ strength: Double, _ states: WeakStates?)
    -> LearnedProblem
  {
    var problem = LearnedProblem(
      setup, subset: subset, weights: weights(strength), dataScale: dataScale(subset.count),
      weak: states.map { WeakRows($0, beyond: strengths[0]) } ?? WeakRows(), anchor: anchor,
      noise: noise)
    problem.robust = robust
    return problem
  }

  /// What makes the data term 1 where the best classical law stands (or where residuals are as large as
  /// their deviations).
  private func dataScale(_ count: Int) -> Double {
    let n = Double(count)
    guard noise == nil else { return 1 / n.squareRoot() }
    // Σ w² over all is a mean: scale subsets to it.
    let whole = (Double(setup.samples.count) / n).squareRoot()
    let misfit = (weak?.leastMisfit ?? 0) * Double(setup.samples.count).squareRoot()
    let typical = weak == nil ? 0.03 : max(misfit, LearnedSearch.leastScale)
    return whole / typical
  }

  /// How far a fit goes: near enough to compare, or to the minimum with all constraints.
  private enum Effort { case explore, polish }

  private mutating func descend(
    from x: [Double], _ subset: [Int], _ strength: Double, _ effort: Effort,
    _ states: WeakStates?
  ) -> Found? {
    var problem = problem(subset, strength, states)
    return minimise(&problem, from: x, effort, .intended)
  }

  private mutating func minimise(
    _ problem: inout LearnedProblem, from start: [Double], _ effort: Effort, _ stage: TrainingStage
  ) -> Found? {
    var method = AugmentedLagrangian()
    method.inner.iterationLimit = effort == .polish ? fit.iterationLimit : 40
    method.inner.reductionTolerance = effort == .polish ? 1e-4 : 1e-3
    // Logarithms far outside mean weights that no longer matter.
    method.inner.lowerBounds = setup.lowerBounds
    method.inner.upperBounds = setup.upperBounds
    method.penalty = 10
    method.roundLimit = effort == .polish ? 12 : 1
    let records = fit.checkpointInterval != nil && (stage == .weak || effort == .polish || fits > 0)
    if records { problem.path = [] }
    var x = start
    let outcome = method.minimise(&problem, x: &x)
    fits += 1
    progress?(min(Double(fits) / Double(planned), 1))
    var r = [Double](repeating: 0, count: problem.residualCount)
    guard problem.residual(at: x, into: &r) else { return nil }
    let cost = r.reduce(0) { $0 + $1 * $1 }
    guard cost.isFinite else { return nil }
    if let passed = problem.path, problem.subset.count == setup.samples.count || stage == .weak {
      path += passed.map { (stage, $0) }
    }
    var record = outcome.record
    // One round is all an exploring fit makes; its constraints are judged at the end.
    if effort == .explore, record.reason == .stagnated { record.reason = .iterationLimit }
    return Found(
      x: x, record: record, cost: cost,
      dataCost: r.prefix(problem.subset.count).reduce(0) { $0 + $1 * $1 },
      constraints: outcome.constraints)
  }

  // MARK: Held-out error

  /// Mean over the observations of the squared weighted error; comparable between folds.
  private func meanSquare(_ x: [Double], _ subset: [Int]) -> Double {
    var problem = LearnedProblem(setup, subset: subset, noise: noise)
    problem.robust = robust
    var r = [Double](repeating: 0, count: problem.residualCount)
    guard !subset.isEmpty, problem.residual(at: x, into: &r) else { return .infinity }
    let sum = r.prefix(subset.count).reduce(0) { $0 + $1 * $1 }
    return sum / Double(subset.count) * (noise == nil ? Double(setup.samples.count) : 1)
  }

  /// Whether an observation stands at an end of its test: without it a law extrapolates, and that error
  /// would drown the others.
  private var ends: [Bool] {
    let tests = setup.data.tests
    let ranges = tests.map { ($0.stretches.min()!, $0.stretches.max()!) }
    return setup.data.observations.map { o in
      let stretch = tests[o.test].stretches[o.point]
      return tests[o.test].count > 3
        && (stretch == ranges[o.test].0 || stretch == ranges[o.test].1)
    }
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
        (test.stretches[$0], test.secondStretch($0), $0)
          < (test.stretches[$1], test.secondStretch($1), $1)
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
