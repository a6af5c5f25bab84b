import FixedPoint
import Glibc
import LinearAlgebra
import Manifold
import Mechanics

/// Least squares of a learned law: measured stresses, simulated states, nearness to an anchor; under the
/// constraints of `LearnedSetup`.
///
/// The unknowns are the logarithms of everything that must be positive and the rest as it is; weights
/// that must be zero are left out. Stresses are in units of the stress scale. Residuals, in order:
/// - √γ′ w (P(θ) − P) for every observation of the subset, or the whitened orthogonal residual of
///   `LatentPoint` where strains are uncertain too,
/// - √(α/M) (P(θ) − P̄)/s for every simulated state; outside the data, where nothing else speaks, with a
///   weight α of its own,
/// - √(β/n) (θ − anchor) for every unknown.
package struct LearnedProblem: ConstrainedProblem {
  package typealias Tangent = DenseMatrix
  let setup: LearnedSetup
  /// Which observations count, in points' order.
  let subset: [Int]
  /// α, β and the factor of every data row.
  var weights: StageWeights
  var dataScale: Double
  /// Simulated states; empty without a weak stage.
  var weak: WeakRows
  /// Where β pulls to.
  var anchor: [Double]
  /// Robust weight of every observation of the setup.
  var robust: [Double]?
  /// Uncertain strains: the points of the subset.
  var latent: [LatentPoint]
  /// Every θ at which derivatives were asked for, where that is wanted.
  var path: [[Double]]?

  private var sensitivity: StackedSensitivity
  private var w: [Double]
  private var gradient: [Double]
  private var restGradient: [Double]
  private var parts: (growth: Double, cofactor: Double, bulk: Double, slope: Double) = (0, 0, 0, 0)

  package init(
    _ setup: LearnedSetup, subset: [Int], weights: StageWeights = .init(alpha: 0, beta: 0),
    dataScale: Double = 1, weak: WeakRows = WeakRows(), anchor: [Double]? = nil,
    noise: PointNoise? = nil
  ) {
    self.setup = setup
    self.subset = subset
    self.weights = weights
    self.dataScale = dataScale
    self.weak = weak
    self.anchor = anchor ?? setup.centre
    latent = noise.map { setup.data.latentPoints(subset, $0) } ?? []
    sensitivity = StackedSensitivity(setup.architecture)
    w = Array(repeating: 0, count: setup.architecture.weightCount)
    gradient = w
    restGradient = w
  }

  package var unknownCount: Int { setup.unknownCount }
  package var residualCount: Int { subset.count + weak.count + unknownCount }
  package var constraints: [Constraint] { setup.constraints.map(\.constraint) }

  package mutating func residual(at x: [Double], into r: inout [Double]) -> Bool {
    var none = DenseMatrix(rows: 0, columns: 0)
    return assemble(x, &r, &none, false)
  }

  package mutating func linearise(
    at x: [Double], residual r: inout [Double], tangent: inout DenseMatrix
  ) -> Bool {
    path?.append(x)
    tangent.setZero()
    return assemble(x, &r, &tangent, true)
  }

  package mutating func constraintValues(at x: [Double], into c: inout [Double]) -> Bool {
    var none = DenseMatrix(rows: 0, columns: 0)
    return constrain(x, &c, &none, false)
  }

  package mutating func lineariseConstraints(
    at x: [Double], values c: inout [Double], tangent: inout DenseMatrix
  ) -> Bool {
    tangent.setZero()
    return constrain(x, &c, &tangent, true)
  }

  // MARK: The energy along a path

  /// Weights and coefficients of x, and the slope n of J − 1 that makes rest free of stress.
  mutating func load(_ x: [Double]) {
    setup.weights(x, into: &w)
    let (growth, cofactor, bulk) = setup.coefficients(x)
    var restSlope = 0.0
    if setup.architecture.seesVolume {
      restSlope = sensitivity.forward(w, .zero, setup.restDirection, .zero).first
      sensitivity.reverse(w, order: 1, into: &restGradient)
    }
    parts = (growth, cofactor, bulk, restSlope + 2 * cofactor / LearnedSetup.root3)
  }

  /// dW/dt and d²W/dt² along a sample's path.
  mutating func energy(_ s: LearnedSetup.Sample) -> (first: Double, second: Double) {
    let N = sensitivity.forward(w, s.u, s.ud, s.udd)
    let (a, c, K, n) = parts
    return (
      N.first + a * s.basic.first + c * s.cofactor.first - n * s.J.first + K * s.bulk.first,
      N.second + a * s.basic.second + c * s.cofactor.second - n * s.J.second + K * s.bulk.second
    )
  }

  /// Adds scale · ∂/∂θ of the last `energy`'s first or second derivative to a row of J.
  mutating func addGradient(
    of s: LearnedSetup.Sample, order: Int, scale: Double, row: Int, to J: inout DenseMatrix
  ) {
    let rows = J.rows
    sensitivity.reverse(w, order: order, into: &gradient)
    func pick(_ jet: Jet) -> Double { order == 1 ? jet.first : jet.second }
    let volume = pick(s.J)
    let seesVolume = setup.architecture.seesVolume
    for (k, unknown) in setup.unknowns.enumerated() {
      var g = gradient[unknown.weight]
      if seesVolume, volume != 0 { g -= volume * restGradient[unknown.weight] }
      J.values[row + rows * k] += scale * g * (unknown.isLogarithm ? w[unknown.weight] : 1)
    }
    let k = setup.unknowns.count
    J.values[row + rows * k] += scale * parts.growth * pick(s.basic)
    J.values[row + rows * (k + 1)] +=
      scale * parts.cofactor * (pick(s.cofactor) - volume * 2 / LearnedSetup.root3)
    if setup.data.hasVolume { J.values[row + rows * (k + 2)] += scale * parts.bulk * pick(s.bulk) }
  }

  // MARK: Residuals

  private mutating func assemble(
    _ x: [Double], _ r: inout [Double], _ J: inout DenseMatrix, _ derivatives: Bool
  ) -> Bool {
    load(x)
    let gamma = dataScale * max(weights.gamma, 0).squareRoot()
    if latent.isEmpty {
      for (row, index) in subset.enumerated() {
        let s = setup.samples[index]
        let scale = gamma * setup.rowWeights[index] * (robust?[index] ?? 1).squareRoot()
        r[row] = scale * (s.factor * energy(s).first - s.target)
        if derivatives { addGradient(of: s, order: 1, scale: scale * s.factor, row: row, to: &J) }
      }
    } else {
      var row = 0
      // Taken out while they use the problem that holds them.
      var points = latent
      latent = []
      defer { latent = points }
      for k in points.indices {
        let scale = gamma * (robust?[points[k].observations[0]] ?? 1).squareRoot()
        guard points[k].project(&self, scale, row, &r, &J, derivatives) else { return false }
        row += points[k].observations.count
      }
    }
    var row = subset.count
    for i in 0..<weak.count {
      let s = setup.weakSamples[weak.probes[i]]
      let alpha = setup.isCovered[weak.probes[i]] ? weights.alpha : max(weights.alpha, weak.beyond)
      let scale = (alpha / Double(weak.count)).squareRoot() / weak.deviation[i]
      r[row] = scale * (energy(s).first - weak.mean[i])
      if derivatives, scale > 0 { addGradient(of: s, order: 1, scale: scale, row: row, to: &J) }
      row += 1
    }
    let beta = (weights.beta / Double(unknownCount)).squareRoot()
    for k in 0..<unknownCount {
      r[row] = beta * (x[k] - anchor[k])
      if derivatives { J.values[row + J.rows * k] = beta }
      row += 1
    }
    return r.allSatisfy { $0.isFinite }
  }

  private mutating func constrain(
    _ x: [Double], _ c: inout [Double], _ A: inout DenseMatrix, _ derivatives: Bool
  ) -> Bool {
    load(x)
    var row = 0
    for group in setup.constraints {
      for s in group.samples {
        let (first, second) = energy(s)
        c[row] = s.factor * (group.order == 1 ? first : second) - group.margin
        if derivatives {
          addGradient(of: s, order: group.order, scale: s.factor, row: row, to: &A)
        }
        row += 1
      }
    }
    return c.allSatisfy { $0.isFinite }
  }

  /// Predicted stress of every observation of the setup, then dW/dt at every weak probe, in units of the
  /// stress scale; at the measured strains.
  mutating func predictions(_ x: [Double]) -> (measured: [Double], probes: [Double]) {
    load(x)
    let measured = setup.samples.map { s in s.factor * energy(s).first }
    let probes = weak.probes.map { energy(setup.weakSamples[$0]).first }
    return (measured, probes)
  }
}

extension LearnedProblem: PathEnergy {
  mutating func energy(along path: PathPoint) -> (first: Double, second: Double) {
    energy(setup.sample(path))
  }

  mutating func addGradient(
    along path: PathPoint, scale: Double, row: Int, to J: inout DenseMatrix
  ) {
    let sample = setup.sample(path)
    _ = energy(sample)
    addGradient(of: sample, order: 1, scale: scale, row: row, to: &J)
  }
}

/// Simulated states as rows of a fit: which probes of the setup, mean and standard deviation of dW/dt.
package struct WeakRows: Sendable {
  var probes: [Int] = []
  var mean: [Double] = [], deviation: [Double] = []
  /// α of states outside the data.
  var beyond = 0.0
  var count: Int { probes.count }

  /// No states.
  package init() {}

  /// Given states, in units of the stress scale.
  package init(probes: [Int], mean: [Double], deviation: [Double]) {
    (self.probes, self.mean, self.deviation) = (probes, mean, deviation)
  }

  init(_ states: WeakStates, beyond: Double) {
    self.beyond = beyond
    probes = states.indices
    mean = states.mean
    deviation = states.deviation
  }
}
