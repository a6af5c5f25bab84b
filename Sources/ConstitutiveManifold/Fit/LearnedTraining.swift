import FixedPoint
import Glibc
import LinearAlgebra
import Manifold

/// Training of one learned law through its stages: rounds of noise estimation and robust weights around
/// `LearnedSearch`, and the records of what each stage did.
struct LearnedTraining {
  let setup: LearnedSetup
  let fit: ConstitutiveFit
  var search: LearnedSearch
  private(set) var strength = 0.0
  private(set) var trials: [RegularisationTrial] = []
  private(set) var estimatedStressNoise: Double?
  private var pretrained: LearnedSearch.Found?
  private var isReady = false

  init(_ setup: LearnedSetup, fit: ConstitutiveFit, progress: ((Double) -> Void)?) {
    self.setup = setup
    self.fit = fit
    search = LearnedSearch(setup, fit: fit, progress: progress)
  }

  /// Rounds of standard deviations from the model, and most rounds of robust weights.
  private static let noiseRounds = 2
  /// About as many residuals as a classical law has parameters are lost to a fit.
  private static let lostToFit = 4, lostPerTest = 2
  private static let robustRounds = 15

  /// What training leaves.
  struct Result {
    var found: LearnedSearch.Found
    var stages: [StageRecord]
    var outliers: [Outlier]
    var checkpoints: TrainingCheckpoints?
  }

  /// Held-out error of the chosen strength; nil where nothing was tried.
  var heldOutError: RegularisationTrial? { trials.first { $0.value == strength } }

  /// Whether the held-out errors are less than another's by more than one standard error of the
  /// difference, and by more than a quarter of it.
  func isBetter(than other: LearnedTraining) -> Bool {
    let pairs = zip(other.search.foldErrors, search.foldErrors).map { $0 - $1 }
    guard pairs.count > 1 else { return false }
    let n = Double(pairs.count)
    let gain = pairs.reduce(0, +) / n
    let variance = pairs.reduce(0) { $0 + ($1 - gain) * ($1 - gain) } / (n - 1)
    let least = other.search.foldErrors.reduce(0, +) / n
    // Errors are squares: a quarter less in size.
    return gain > (variance / n).squareRoot() && gain > (1 - 0.75 * 0.75) * least
  }

  /// The weak stage and the choice of strength alone; false where nothing could be compared.
  mutating func tryStrengths(comparing: Bool = true) -> Bool {
    if let noise = fit.noise { search.noise = firstNoise(noise) }
    pretrained = search.weakStage()
    if fit.noise == nil || comparing {
      (strength, trials) = search.chooseStrength(comparing: comparing)
    } else {
      // Deviations are guesses yet; the choice waits for those of a law.
      strength = search.middleStrength
    }
    isReady = true
    return !trials.isEmpty
  }

  /// All stages; nil where no start led anywhere.
  /// - Parameter fixed: the strength to take; nil for the chosen one.
  mutating func run(at fixed: Double? = nil) -> Result? {
    if !isReady { _ = tryStrengths(comparing: false) }
    if let fixed { strength = fixed }
    var pretrained = self.pretrained
    guard var found = search.intendedStage(strength) else { return nil }
    if let noise = fit.noise {
      for round in 0..<LearnedTraining.noiseRounds {
        search.noise = nextNoise(noise, at: found.x)
        pretrained = search.weakStage()
        if fixed == nil, round == 0 || noise.stress == nil {
          (strength, trials) = search.chooseStrength()
        }
        guard let next = search.intendedStage(strength) else { break }
        found = next
      }
    }
    var outliers: [Outlier] = []
    if let kind = fit.robust { outliers = reweigh(kind, &found, &pretrained) }
    let stages = records(pretrained, found)
    return Result(
      found: found, stages: stages, outliers: outliers, checkpoints: checkpoints(found.x))
  }

  // MARK: Noise

  /// Deviations from the measured values, before any law: the slope of the curve is taken from the
  /// classical laws when they are fitted; here the secant modulus stands for it.
  private mutating func firstNoise(_ noise: MeasurementNoise) -> PointNoise {
    pointNoise(noise, stresses: setup.samples.map(\.target), slopes: nil)
  }

  /// Deviations from the law as it stands; an unknown stress noise from the residuals.
  private mutating func nextNoise(_ noise: MeasurementNoise, at x: [Double]) -> PointNoise {
    var problem = search.problem(strength)
    var r = [Double](repeating: 0, count: problem.residualCount)
    _ = problem.residual(at: x, into: &r)
    let stresses = problem.predictions(x).measured
    var slopes = [Double](repeating: 0, count: stresses.count)
    var (error, size, count) = (0.0, 0.0, 0.0)
    for point in problem.latent {
      for (k, i) in point.observations.enumerated() {
        let sd = search.noise!.stress[i]
        slopes[i] = point.rawShifts[k] * sd
        let raw = point.rawErrors[k] * sd
        let w = 1 / (search.noise!.total[i] * search.noise!.total[i])
        // What strain noise explains is taken off.
        error += w * (raw * raw - slopes[i] * slopes[i])
        size += w * stresses[i] * stresses[i]
        count += 1
      }
    }
    if noise.stress == nil {
      let lost = count / max(count - Double(LearnedTraining.lostToFit), 1)
      let least = 1e-3
      estimatedStressNoise = max(max(error, 0) / max(size, 1e-300) * lost, least * least)
        .squareRoot()
    }
    let bare = pointNoise(noise, stresses: stresses, slopes: slopes)
    guard noise.stress != nil else { return bare }
    var squares = [Double](repeating: 0, count: stresses.count)
    for point in problem.latent {
      for i in point.observations {
        let total = search.noise!.total[i]
        let count = Double(point.observations.count)
        squares[i] = 2 * point.squareDistance / count * total * total
      }
    }
    let tests = setup.data.observations.map(\.test)
    let excess = setup.data.tests.indices.map { t in
      let own = tests.indices.filter { tests[$0] == t }
      return LearnedTraining.excess(own.map { squares[$0] }, own.map { bare.total[$0] })
    }
    return pointNoise(noise, stresses: stresses, slopes: slopes, excess: excess)
  }

  /// The variance of a test's stresses beyond the deviations given that makes the mean of residual² over
  /// variance one per degree of freedom; 0 where they are enough. A stress has an absolute error besides its share, if only
  /// by how finely it was read; where that goes unsaid small stresses would outweigh all others.
  /// Source: Paule & Mandel, J. Res. Natl. Bur. Stand. 87 (1982) 377–385.
  private static func excess(_ squares: [Double], _ deviations: [Double]) -> Double {
    let freedom = Double(max(squares.count - lostPerTest, 1))
    func surplus(_ variance: Double) -> Double {
      zip(squares, deviations).reduce(-freedom) { $0 + $1.0 / ($1.1 * $1.1 + variance) }
    }
    guard surplus(0) > 0 else { return 0 }
    var (low, high) = (0.0, squares.reduce(0, +) / freedom)
    for _ in 0..<60 {
      let middle = 0.5 * (low + high)
      if surplus(middle) > 0 { low = middle } else { high = middle }
    }
    return high
  }

  private func pointNoise(
    _ noise: MeasurementNoise, stresses: [Double], slopes: [Double]?, excess: [Double]? = nil
  ) -> PointNoise {
    let unit = setup.data.stressScale
    let stress = noise.stress ?? .init(relative: estimatedStressNoise ?? 0.05)
    let strain = setup.data.tests.map { test in
      (0..<test.count).map { p in
        let rest = test.mode == .simpleShear ? 0.0 : 1
        return SIMD2(
          noise.strain.of(test.stretches[p] - rest), noise.strain.of(test.secondStretch(p) - 1))
      }
    }
    // A stress near zero is not exact: a fiftieth of the share of a typical one is its least deviation.
    let typical = setup.data.tests.map { test in
      let values = test.observedStresses
      return (values.reduce(0) { $0 + $1 * $1 } / Double(max(values.count, 1))).squareRoot() / unit
    }
    var (deviations, total) = ([Double](), [Double]())
    for (i, o) in setup.data.observations.enumerated() {
      let own = MeasurementNoise.Deviation(
        relative: stress.relative, absolute: stress.absolute / unit)
      let floor = 0.02 * max(stress.relative, 1e-3) * typical[o.test]
      let sd = (pow(max(own.of(stresses[i]), floor), 2) + (excess?[o.test] ?? 0)).squareRoot()
      let s = strain[o.test][o.point]
      // Without a law its slope is about that of a stress proportional to λ − 1, or steeper.
      let stretch = setup.data.tests[o.test].stretches[o.point]
      let rest = setup.data.tests[o.test].mode == .simpleShear ? 0.0 : 1
      let guess = abs(stretch - rest) > 0 ? 1.5 * stresses[i] / (stretch - rest) * s.x : s.x
      let shift = slopes?[i] ?? guess
      deviations.append(sd)
      total.append((sd * sd + shift * shift).squareRoot())
    }
    return PointNoise(stress: deviations, strain: strain, total: total)
  }

  // MARK: Outliers

  /// Weights and fits in turn until the weights rest.
  private mutating func reweigh(
    _ kind: RobustWeight, _ found: inout LearnedSearch.Found,
    _ pretrained: inout LearnedSearch.Found?
  ) -> [Outlier] {
    var deviations = [Double](repeating: 0, count: setup.samples.count)
    for round in 0..<LearnedTraining.robustRounds {
      let u = standardised(found.x)
      let scale = max(RobustWeight.scale(u), 1e-12)
      deviations = u.map { $0 / scale }
      let next = deviations.map { kind.weight($0) }
      let change = zip(next, search.robust ?? next.map { _ in 1 })
        .reduce(0) { max($0, abs($1.0 - $1.1)) }
      search.robust = next
      if round > 0, change < 0.02 { break }
      // The classical laws see the weights too; the strength is chosen again once outliers are known.
      pretrained = search.weakStage() ?? pretrained
      if round == 2 { (strength, trials) = search.chooseStrength() }
      guard let better = search.intendedStage(strength) else { break }
      found = better
    }
    let tests = setup.data.tests
    return setup.data.observations.indices.compactMap { i in
      guard abs(deviations[i]) > RobustWeight.threshold else { return nil }
      let o = setup.data.observations[i]
      return Outlier(
        test: tests[o.test].name, point: o.point, stretch: tests[o.test].stretches[o.point],
        deviations: deviations[i], weight: search.robust?[i] ?? 1)
    }
  }

  /// Residuals of all observations as the fit weighs them, without robust weights. Balanced weights
  /// compare a stress with its test; noise with its own deviation.
  private func standardised(_ x: [Double]) -> [Double] {
    var problem = LearnedProblem(
      setup, subset: Array(setup.samples.indices), noise: search.noise)
    var r = [Double](repeating: 0, count: problem.residualCount)
    _ = problem.residual(at: x, into: &r)
    return Array(r.prefix(setup.samples.count))
  }

  // MARK: Records

  private func records(
    _ pretrained: LearnedSearch.Found?, _ found: LearnedSearch.Found
  ) -> [StageRecord] {
    var problem = search.problem(strength)
    func misfit(_ x: [Double]) -> Double { rmse(&problem, x) }
    var out: [StageRecord] = []
    var before = setup.centre
    if let pretrained, let weak = search.weak {
      let laws = weak.members.map(\.model.family.rawValue).joined(separator: ", ")
      out.append(
        StageRecord(
          stage: .weak,
          weights: StageWeights(
            alpha: 1 - LearnedSearch.anchorShare, beta: LearnedSearch.anchorShare),
          states: weak.mean.count, description: "states simulated with \(laws)",
          misfitBefore: weakMisfit(&problem, weak, before),
          misfitAfter: weakMisfit(&problem, weak, pretrained.x), misfitUnit: "standard deviations",
          parameterMovement: movement(before, pretrained.x),
          responseMovement: response(&problem, before, pretrained.x),
          constraints:
            pretrained.constraints, record: pretrained.record))
      before = pretrained.x
    }
    let beta = problem.weights.beta
    out.append(
      StageRecord(
        stage: .intended, weights: StageWeights(alpha: problem.weights.alpha, beta: beta),
        states: Set(setup.data.observations.map { [$0.test, $0.point] }).count,
        description: "measured states", misfitBefore: misfit(before), misfitAfter: misfit(found.x),
        misfitUnit: "Pa",
        earlierMisfitBefore: search.weak.map { weakMisfit(&problem, $0, before) },
        earlierMisfitAfter: search.weak.map { weakMisfit(&problem, $0, found.x) },
        parameterMovement: movement(before, found.x),
        responseMovement: response(&problem, before, found.x), constraints: found.constraints,
        record: found.record))
    return out
  }

  private func rmse(_ problem: inout LearnedProblem, _ x: [Double]) -> Double {
    let p = problem.predictions(x).measured
    var (sum, count) = (0.0, 0.0)
    for (i, s) in setup.samples.enumerated()
    where setup.data.observations[i].component != .lateral {
      sum += (p[i] - s.target) * (p[i] - s.target)
      count += 1
    }
    return (sum / max(count, 1)).squareRoot() * setup.data.stressScale
  }

  /// Root mean square distance to the simulated states in their standard deviations.
  private func weakMisfit(_ problem: inout LearnedProblem, _ weak: WeakStates, _ x: [Double])
    -> Double
  {
    let p = problem.predictions(x).probes
    let sum = zip(p, zip(weak.mean, weak.deviation)).reduce(0) { sum, item in
      let u = (item.0 - item.1.0) / item.1.1
      return sum + u * u
    }
    return (sum / Double(max(p.count, 1))).squareRoot()
  }

  private func movement(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
  }

  /// Change of all predictions, relative to what they are.
  private func response(_ problem: inout LearnedProblem, _ a: [Double], _ b: [Double]) -> Double {
    let (p, q) = (problem.predictions(a), problem.predictions(b))
    let (x, y) = (p.measured + p.probes, q.measured + q.probes)
    let change = zip(x, y).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    let size = y.reduce(0) { $0 + $1 * $1 }
    return size > 0 ? (change / size).squareRoot() : 0
  }

  private func checkpoints(_ x: [Double]) -> TrainingCheckpoints? {
    guard let interval = fit.checkpointInterval else { return nil }
    var problem = search.problem(strength)
    let unit = setup.data.stressScale
    var out = TrainingCheckpoints()
    let path = search.path + [(TrainingStage.intended, x)]
    for (i, step) in path.enumerated()
    where i % max(interval, 1) == 0 || i == path.count - 1 {
      let p = problem.predictions(step.x)
      guard p.measured.allSatisfy({ $0.isFinite }), p.probes.allSatisfy({ $0.isFinite }) else {
        continue
      }
      out.stages.append(step.stage)
      out.iterations.append(i)
      out.parameters.append(step.x)
      out.predictions.append((p.measured + p.probes).map { $0 * unit })
    }
    // Plain regression weighs a residual by w; its deviation is what makes the sum of squares of the
    // final fit one per observation.
    let n = Double(setup.samples.count)
    let r = standardised(x)
    let spread = (r.reduce(0) { $0 + $1 * $1 } / n).squareRoot()
    let measured = search.noise?.total ?? setup.rowWeights.map { max(spread, 1e-12) / $0 }
    out.standardDeviations = (measured + (search.weak?.deviation ?? [])).map { $0 * unit }
    out.measuredCount = setup.samples.count
    return out
  }
}
