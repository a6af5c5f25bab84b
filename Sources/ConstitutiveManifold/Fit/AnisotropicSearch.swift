import FixedPoint
import Glibc
import LinearAlgebra
import Manifold
import Mechanics

/// The fits behind one anisotropic learned law: cross-validation over the strength of the prior, then
/// several starts on all data.
///
/// As `LearnedSearch`; every other start has its learned angle at 0, the others anywhere.
package struct AnisotropicSearch {
  let setup: AnisotropicSetup
  let options: Options
  let progress: ((Double) -> Void)?
  package private(set) var fits = 0
  private let planned: Int

  /// What a search needs to know.
  package struct Options {
    var seed: UInt64 = 1
    var starts = 4
    var folds = 4
    var strengths = [1e-4, 1e-5]
    var iterationLimit = 500

    package init() {}
  }

  package typealias Found = (x: [Double], record: ConvergenceRecord, cost: Double)

  package init(
    _ setup: AnisotropicSetup, options: Options, progress: ((Double) -> Void)? = nil
  ) {
    self.setup = setup
    self.options = options
    self.progress = progress
    let strengths = options.strengths.count
    planned = strengths * (options.folds + options.starts) + 1
  }

  /// The strongest prior whose held-out error exceeds the least by no more than half its standard error.
  package mutating func chooseRegularisation() -> (Double, [RegularisationTrial]) {
    let strengths = options.strengths.sorted(by: >)
    let folds = assignFolds()
    let count = (folds.max() ?? 0) + 1
    guard strengths.count > 1, count > 1 else { return (strengths[strengths.count / 2], []) }
    var errors = [[Double]](repeating: [], count: strengths.count)
    for fold in 0..<count {
      let training = folds.indices.filter { folds[$0] != fold }
      let testing = folds.indices.filter { folds[$0] == fold }
      var random = SplitMix64(seed: options.seed &+ 7_919 &* UInt64(fold + 1))
      var x = setup.start(&random, aligned: true)
      for (k, strength) in strengths.enumerated() {
        guard let found = descend(from: x, training, strength, polish: false) else {
          errors[k].append(.infinity)
          continue
        }
        x = found.x
        errors[k].append(meanSquare(x, testing))
      }
    }
    let trials = zip(strengths, errors).map { RegularisationTrial($0, heldOut: $1) }
    let best = trials.min { $0.heldOutError < $1.heldOutError }!
    let limit = best.heldOutError + 0.5 * best.standardError
    let chosen = trials.first { $0.heldOutError <= limit } ?? best
    return (chosen.value, trials)
  }

  /// The best of all starts on all data, at one strength of the prior.
  package mutating func finalFit(_ regularisation: Double) -> Found? {
    let all = Array(setup.samples.indices)
    var random = SplitMix64(seed: options.seed)
    var best: Found?
    for number in 0..<options.starts {
      var x = setup.start(&random, aligned: number % 2 == 0)
      for strength in options.strengths.sorted(by: >) where strength >= regularisation {
        guard let found = descend(from: x, all, strength, polish: false) else { break }
        x = found.x
        if strength == regularisation, found.cost < best?.cost ?? .infinity { best = found }
      }
    }
    if let x = best?.x { best = descend(from: x, all, regularisation, polish: true) ?? best }
    progress?(1)
    return best
  }

  private mutating func descend(
    from x: [Double], _ subset: [Int], _ strength: Double, polish: Bool
  ) -> Found? {
    var problem = AnisotropicProblem(setup, subset: subset, regularisation: strength)
    problem.anchor = Array(x[setup.angleStart..<setup.dispersionStart])
    var method = LevenbergMarquardt()
    method.iterationLimit = polish ? options.iterationLimit : 120
    method.reductionTolerance = polish ? 1e-5 : 1e-4
    method.lowerBounds = setup.bounds(-16, -200)
    method.upperBounds = setup.bounds(7, 200)
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
    var problem = AnisotropicProblem(setup, subset: subset, regularisation: 0)
    var r = [Double](repeating: 0, count: problem.residualCount)
    guard problem.residual(at: x, into: &r) else { return .infinity }
    let sum = r.prefix(subset.count).reduce(0) { $0 + $1 * $1 }
    return sum / Double(subset.count) * Double(setup.samples.count)
  }

  /// A fold for every observation: every n-th point of each test, all stresses of a point in one.
  private func assignFolds() -> [Int] {
    let observations = setup.data.observations
    let points = Set(observations.map { [$0.test, $0.point] }).count
    let count = max(min(options.folds, points / 3), 1)
    return observations.map { $0.point % count }
  }
}

extension AnisotropicSetup {
  /// Bounds of the unknowns: logarithms, and the rest.
  func bounds(_ logarithm: Double, _ plain: Double) -> [Double] {
    var out = unknowns.map { $0.isLogarithm ? logarithm : plain } + [logarithm, logarithm]
    if data.hasVolume { out.append(centre[coefficientStart + 2] + logarithm / 3) }
    out += Array(repeating: plain, count: angleCount)
    out += Array(repeating: plain > 0 ? 12 : -12, count: dispersionCount)
    return out
      + Array(
        repeating: plain > 0 ? References.limit : -References.limit, count: references.count)
  }

  /// A seeded start: kinks of the first layer spread over the data, fibres at any angle.
  package func start(_ random: inout SplitMix64, aligned: Bool) -> [Double] {
    let n = architecture.featureCount
    var w = [Double](repeating: 0, count: architecture.weightCount)
    func raw(_ mean: Double, _ deviation: Double) -> Double { exp(random.normal(mean, deviation)) }
    let angles = (0..<angleCount).map { _ in aligned ? 0 : random.uniform(0, .pi / 2) }
    let placed = directions.map { d in
      (angle: d.offset + (d.angle.map { angles[$0] } ?? 0), dispersion: d.given)
    }
    let u = samples.map { features($0, placed) }
    var below: [[Double]] = samples.map { _ in [] }
    for (l, layer) in architecture.layers.enumerated() {
      func sum(_ i: Int, _ s: Int) -> Double {
        var z = 0.0
        for k in 0..<n { z += w[layer.skip + n * i + k] * u[s][k] }
        for j in 0..<layer.below { z += w[layer.hidden + layer.below * i + j] * below[s][j] }
        return z
      }
      for i in 0..<layer.width {
        for k in 0..<n {
          let first = k == 0 || (k > 2 && k % 2 == 1)
          w[layer.skip + n * i + k] = raw((first ? 0.5 : -1.5) - (l == 0 ? 0 : 1), 0.7)
        }
        w[layer.skip + n * i + 2] = architecture.seesVolume ? random.normal(0, 0.3) : 0
        for j in 0..<layer.below {
          w[layer.hidden + layer.below * i + j] = raw(-0.5, 0.5) * 4 / max(Double(layer.below), 4)
        }
        let at = Int(random.next() % UInt64(samples.count))
        w[layer.bias + i] = -sum(i, at)
      }
      below = samples.indices.map { s in
        (0..<layer.width).map { Softplus(sum($0, s) + w[layer.bias + $0]).value }
      }
    }
    let output = architecture.layers.last!.end
    let width = Double(architecture.widths.last!)
    for i in 0..<architecture.widths.last! { w[output + i] = raw(-0.5, 0.5) * 4 / max(width, 4) }
    var x = unknowns.map { $0.isLogarithm ? log(w[$0.weight]) : w[$0.weight] }
    x += centre[coefficientStart..<angleStart]
    return x + angles + centre[dispersionStart...]
  }

  private func features(
    _ s: AnisotropicSample, _ placed: [(angle: Double, dispersion: Double)]
  ) -> [Double] {
    var x = [s.x1.value, s.x2.value, s.J.value]
    for p in placed {
      let fibre = s.fibre(angle: p.angle, dispersion: p.dispersion)
      x += [fibre.x.value, fibre.y.value]
    }
    let rest = AnisotropicLearnedLaw.rest(placed.count)
    return x.indices.map { (x[$0] - rest[$0]) / scales[$0] }
  }

  /// The law for unknowns x; without measured volume K is `bulkRatio` times the least shear modulus at
  /// rest.
  package func law(_ x: [Double], bulkRatio: Double) throws(ParameterError) -> AnisotropicLearnedLaw
  {
    var weights = [Double](repeating: 0, count: architecture.weightCount)
    unknowns.place(x, into: &weights)
    let unit = data.stressScale
    let potential = try StackedPotential(architecture: architecture, weights: weights)
    var directions: [PreferredDirection] = []
    for p in placed(x) {
      directions.append(
        try PreferredDirection([cos(p.angle), sin(p.angle), 0], dispersion: p.dispersion))
    }
    let k = coefficientStart
    func make(_ K: Double) throws(ParameterError) -> AnisotropicLearnedLaw {
      try AnisotropicLearnedLaw(
        potential: potential, directions: directions, stressScale: unit, featureScales: scales,
        growth: unit * exp(x[k]), cofactor: unit * exp(x[k + 1]), bulk: K)
    }
    if data.hasVolume { return try make(unit * exp(x[k + 2])) }
    // The shears 23, 31 and 12 of the stiffness at rest.
    let rest = try make(unit).stiffnessAtRest
    let mu = 0.5 * min(rest[21], rest[28], rest[35])
    return try make(bulkRatio * mu)
  }
}
