import Glibc
import Manifold
import Mechanics

/// Everything about the fit of a learned law that does not change from start to start: samples in
/// normalised features, weights of residuals, unknowns and their prior.
package struct LearnedSetup: Sendable {
  /// A row of the fit: features along a path, and the parts of the energy outside the map.
  struct Sample: Sendable {
    var u, ud, udd: SIMD3<Double>
    /// ½ (I1 − 3 − 2 ln J), ‖cof F‖, J and ¼ (J² − 1 − 2 ln J) along the path.
    var basic, cofactor, J, bulk: Jet
    /// Stress = factor · power, and the measured stress; in units of the stress scale.
    var factor, target: Double
  }

  /// An unknown: which weight it is, and whether it is that weight's logarithm.
  struct Unknown: Sendable {
    let weight: Int, isLogarithm: Bool
  }

  static let root3 = 3.0.squareRoot()
  /// Least λ dP/dλ the hinge asks for, in units of the stress scale; and the weight of a shortfall.
  static let margin = 0.05
  static let hingeWeight = 0.5

  let data: FitData
  let architecture: StackedPotential.Architecture
  let featureScales: SIMD3<Double>
  let samples: [Sample]
  let rowWeights: [Double]
  let hinges: [Sample]
  let unknowns: [Unknown]
  /// Centre and relative stiffness of the prior, one per unknown.
  let centre: [Double], stiffness: [Double]
  /// Direction of J along which the gradient at rest gives the slope n.
  let restDirection: SIMD3<Double>

  package init(
    _ data: FitData, _ architecture: StackedPotential.Architecture, range: ClosedRange<Double>
  ) {
    self.data = data
    self.architecture = architecture
    let scales = LearnedSetup.scales(data)
    featureScales = scales
    let unit = data.stressScale
    samples = data.observations.map { o in
      LearnedSetup.sample(o.path, scales, factor: o.factor, target: o.target / unit)
    }
    rowWeights = data.balancedWeights().map { $0 * unit }
    var hinges: [Sample] = []
    for mode in [HomogeneousMode.uniaxial, .equibiaxial, .pureShear] {
      let count = 16
      for i in 0..<count {
        let t = Double(i) / Double(count - 1)
        // A little beyond the range, so that its ends are inside.
        let stretch = range.lowerBound * 0.95 * pow(range.upperBound / range.lowerBound * 1.1, t)
        let path = PathPoint(mode, stretch)
        hinges.append(
          LearnedSetup.sample(path, scales, factor: stretch / path.share, target: 0))
      }
    }
    self.hinges = hinges
    let kinds = architecture.kinds
    unknowns = kinds.indices.compactMap { i in
      switch kinds[i] {
      case .zero: nil
      case .nonNegative: Unknown(weight: i, isLogarithm: true)
      case .free: Unknown(weight: i, isLogarithm: false)
      }
    }
    let prior = LearnedPrior(architecture, bulk: data.hasVolume ? data.estimatedBulk : nil)
    centre = unknowns.map { prior.centre[$0.weight] } + prior.coefficients.map(\.centre)
    stiffness = unknowns.map { prior.stiffness[$0.weight] } + prior.coefficients.map(\.stiffness)
    restDirection = SIMD3(
      1 / (scales.x * LearnedSetup.root3), 2 / (scales.y * LearnedSetup.root3), 1 / scales.z)
  }

  /// Number of unknowns: weights, ln a, ln c and, where volume was measured, ln K.
  var unknownCount: Int { centre.count }

  /// The effective weights for unknowns x.
  func weights(_ x: [Double], into out: inout [Double]) {
    for (k, unknown) in unknowns.enumerated() {
      out[unknown.weight] = unknown.isLogarithm ? exp(x[k]) : x[k]
    }
  }

  /// a, c and K in units of the stress scale.
  func coefficients(_ x: [Double]) -> (growth: Double, cofactor: Double, bulk: Double) {
    let k = unknowns.count
    return (exp(x[k]), exp(x[k + 1]), data.hasVolume ? exp(x[k + 2]) : 0)
  }

  private static func features(_ path: PathPoint) -> (x1: Jet, x2: Jet, J: Jet) {
    let I = path.invariants
    return (I.I1.squareRoot, I.I2.squareRoot, I.J)
  }

  /// The extent of every feature in the data; of J at least a tenth, so that small measured changes of
  /// volume are not magnified into steep learned ones.
  private static func scales(_ data: FitData) -> SIMD3<Double> {
    var scales = SIMD3(0.05, 0.05, 0.1)
    for o in data.observations {
      let x = features(o.path)
      let extent = SIMD3(x.x1.value - root3, x.x2.value - root3, (x.J.value - 1).magnitude)
      scales = pointwiseMax(scales, extent)
    }
    return scales
  }

  private static func sample(
    _ path: PathPoint, _ scales: SIMD3<Double>, factor: Double, target: Double
  ) -> Sample {
    let x = features(path)
    let J = x.J
    let value = SIMD3(x.x1.value - root3, x.x2.value - root3, J.value - 1)
    let first = SIMD3(x.x1.first, x.x2.first, J.first)
    let second = SIMD3(x.x1.second, x.x2.second, J.second)
    let I1 = path.invariants.I1
    let rate = J.first / J.value
    let logJ = Jet(log(J.value), rate, J.second / J.value - rate * rate)
    let basic = 0.5 * I1 + -1 * logJ
    let bulk = 0.25 * (J * J) + -0.5 * logJ
    return Sample(
      u: value / scales, ud: first / scales, udd: second / scales, basic: basic, cofactor: x.x2,
      J: J, bulk: bulk, factor: factor, target: target)
  }

  /// The law for unknowns x; without measured volume K is `bulkRatio` times the shear modulus at rest.
  func law(_ x: [Double], bulkRatio: Double) throws(ParameterError) -> LearnedLaw {
    var weights = [Double](repeating: 0, count: architecture.weightCount)
    self.weights(x, into: &weights)
    let (growth, cofactor, bulk) = coefficients(x)
    let unit = data.stressScale
    let potential = try StackedPotential(architecture: architecture, weights: weights)
    func make(_ K: Double) throws(ParameterError) -> LearnedLaw {
      try LearnedLaw(
        potential: potential, stressScale: unit,
        featureScales: [featureScales.x, featureScales.y, featureScales.z], growth: unit * growth,
        cofactor: unit * cofactor, bulk: K)
    }
    if data.hasVolume { return try make(unit * bulk) }
    // The isochoric part is not free of volume stiffness: subtract what it has.
    let mu = try make(unit).shearModulusAtRest
    let trial = try make(bulkRatio * mu)
    return try make(2 * bulkRatio * mu - trial.bulkModulusAtRest)
  }
}

/// The prior on the unknowns: where they are without data, and how firmly.
///
/// Centres are logarithms (weights in units of the stress scale). Whatever speaks of ‖cof F‖ is held
/// firmly near a share that Carroll's law has in rubber, about 15 % of the shear modulus at rest,
/// because tests of one mode alone cannot tell I1 from I2; other modes overrule it.
///
/// That share and `firm` were adjusted while looking at how a fit to Treloar's uniaxial test alone meets
/// his equibiaxial and pure-shear tests. So figures of that kind on Treloar are no blind predictions: they
/// show that a prior exists that serves this rubber, not how well the law foretells an unseen material.
struct LearnedPrior {
  /// Per weight of the map.
  let centre: [Double], stiffness: [Double]
  /// For ln a, ln c and, with volume, ln K.
  let coefficients: [(centre: Double, stiffness: Double)]

  /// How much firmer the ‖cof F‖ share is held than the rest.
  static let firm = 300.0

  init(_ architecture: StackedPotential.Architecture, bulk: Double?) {
    var centre = [Double](repeating: 0, count: architecture.weightCount)
    var stiffness = [Double](repeating: 1, count: architecture.weightCount)
    let signed = !architecture.polyconvex
    /// A free weight is centred at zero.
    func set(_ i: Int, _ logarithm: Double, _ firm: Double = 1) {
      centre[i] = signed ? 0 : logarithm
      stiffness[i] = firm
    }
    for (l, layer) in architecture.layers.enumerated() {
      let fanIn = Double(max(layer.below, 1))
      for i in 0..<layer.width {
        set(layer.skip + 3 * i, l == 0 ? 0 : -1)
        set(layer.skip + 3 * i + 1, -5, LearnedPrior.firm)
        centre[layer.skip + 3 * i + 2] = 0
        for j in 0..<layer.below { set(layer.hidden + layer.below * i + j, -0.1 - log(fanIn)) }
        centre[layer.bias + i] = l == 0 ? -1 : -2
      }
    }
    for i in 0..<architecture.widths.last! { set(architecture.layers.last!.end + i, -1) }
    self.centre = centre
    self.stiffness = stiffness
    coefficients =
      [(centre: -0.2, stiffness: 1), (centre: -1.45, stiffness: LearnedPrior.firm)]
      + (bulk.map { [(centre: log($0), stiffness: 1)] } ?? [])
  }
}

extension LearnedSetup {
  /// A seeded start: kinks of the first layer spread over the data, small outputs.
  package func start(_ random: inout SplitMix64) -> [Double] {
    var w = [Double](repeating: 0, count: architecture.weightCount)
    let free = !architecture.polyconvex
    func raw(_ mean: Double, _ deviation: Double) -> Double { exp(random.normal(mean, deviation)) }
    var below: [[Double]] = samples.map { _ in [] }
    for (l, layer) in architecture.layers.enumerated() {
      let fanIn = Double(max(layer.below, 1))
      for i in 0..<layer.width {
        w[layer.skip + 3 * i] = raw(l == 0 ? 1 : 0, 0.5)
        w[layer.skip + 3 * i + 1] = raw(-2, 0.5)
        if architecture.seesVolume { w[layer.skip + 3 * i + 2] = random.normal(0, 0.3) }
        for j in 0..<layer.below {
          w[layer.hidden + layer.below * i + j] = raw(-0.5, 0.5) * 4 / max(fanIn, 4)
        }
        // The kink of the neuron at one of the samples.
        let at = Int(random.next() % UInt64(samples.count))
        w[layer.bias + i] = -sum(w, layer, i, samples[at].u, below[at])
      }
      below = samples.indices.map { s in
        (0..<layer.width).map { i in
          Softplus(sum(w, layer, i, samples[s].u, below[s]) + w[layer.bias + i]).value
        }
      }
    }
    let output = architecture.layers.last!.end
    let width = Double(architecture.widths.last!)
    for i in 0..<architecture.widths.last! { w[output + i] = raw(-0.3, 0.5) * 4 / max(width, 4) }
    var x = unknowns.map { u in
      u.isLogarithm ? log(w[u.weight]) : w[u.weight] * (free ? 0.5 : 1)
    }
    x += centre.suffix(centre.count - unknowns.count)
    return x
  }

  private func sum(
    _ w: [Double], _ layer: StackedPotential.Layer, _ i: Int, _ u: SIMD3<Double>, _ h: [Double]
  ) -> Double {
    var z = 0.0
    for k in 0..<3 { z += w[layer.skip + 3 * i + k] * u[k] }
    for j in 0..<layer.below { z += w[layer.hidden + layer.below * i + j] * h[j] }
    return z
  }
}
