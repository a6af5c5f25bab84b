import FixedPoint
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

  /// A group of constraints on derivatives of the energy along paths: factor · derivative ≥ margin.
  struct PathConstraint: Sendable {
    let constraint: Constraint
    /// First or second derivative.
    let order: Int
    let margin: Double
    let samples: [Sample]
  }

  static let root3 = 3.0.squareRoot()
  /// Least λ dP/dλ that the stability constraint asks for, in units of the stress scale, and what may be
  /// missing of it: half remains.
  static let margin = 0.05, marginTolerance = 0.025

  let data: FitData
  let architecture: StackedPotential.Architecture
  let featureScales: SIMD3<Double>
  let samples: [Sample]
  let rowWeights: [Double]
  /// Where simulated states are compared.
  let probes: [WeakStates.Probe], weakSamples: [Sample]
  /// Whether a probe lies where the data are.
  let isCovered: [Bool]
  /// Largest Ī1 − 3 of the data.
  let largestI1: Double
  let constraints: [PathConstraint]
  let unknowns: [StackedPotential.Unknown]
  /// Where the unknowns are without data, weights in units of the stress scale.
  let centre: [Double]
  /// Direction of J along which the gradient at rest gives the slope n.
  let restDirection: SIMD3<Double>

  package init(
    _ data: FitData, _ architecture: StackedPotential.Architecture, range: ClosedRange<Double>?,
    convexity: Bool = false, weighting: ConstitutiveFit.Weighting = .balanced
  ) {
    self.data = data
    self.architecture = architecture
    let scales = LearnedSetup.scales(data)
    featureScales = scales
    let unit = data.stressScale
    samples = data.observations.map { o in
      LearnedSetup.sample(o.path, scales, factor: o.factor, target: o.target / unit)
    }
    rowWeights = data.weights(weighting).map { $0 * unit }
    largestI1 = max(data.largestIsochoricI1, 1e-6)
    probes = WeakStates.probes(largest: largestI1)
    weakSamples = probes.map { LearnedSetup.sample($0.path, scales, factor: 1, target: 0) }
    let coverage = Coverage(of: data.tests)
    isCovered = probes.map { coverage.covers($0.path.rightCauchyGreen) }
    constraints = LearnedSetup.constraints(
      scales, range, convexAt: convexity && !architecture.polyconvex ? largestI1 : nil,
      count: architecture.polyconvex ? 12 : 40)
    unknowns = architecture.unknowns
    let typical = LearnedSetup.typicalWeights(architecture)
    // a and c share what a start gives to ‖F‖ and ‖cof F‖ outside the map alike.
    centre =
      unknowns.map { typical[$0.weight] } + [log(0.5), log(0.5)]
      + (data.hasVolume ? [log(data.estimatedBulk)] : [])
    restDirection = SIMD3(
      1 / (scales.x * LearnedSetup.root3), 2 / (scales.y * LearnedSetup.root3), 1 / scales.z)
  }

  /// Number of measured stresses.
  package var observationCount: Int { samples.count }

  /// Number of unknowns: weights, ln a, ln c and, where volume was measured, ln K.
  var unknownCount: Int { centre.count }

  /// The effective weights for unknowns x.
  func weights(_ x: [Double], into out: inout [Double]) {
    unknowns.place(x, into: &out)
  }

  /// a, c and K in units of the stress scale.
  func coefficients(_ x: [Double]) -> (growth: Double, cofactor: Double, bulk: Double) {
    let k = unknowns.count
    return (exp(x[k]), exp(x[k + 1]), data.hasVolume ? exp(x[k + 2]) : 0)
  }

  /// A row of the fit through a state, to be read as dW/dt.
  func sample(_ path: PathPoint) -> Sample {
    LearnedSetup.sample(path, featureScales, factor: 1, target: 0)
  }

  /// Rising nominal stress over the stability range in three modes; convexity in (‖F‖, ‖cof F‖) and
  /// monotony at the simulated states where that is asked of weights of any sign.
  private static func constraints(
    _ scales: SIMD3<Double>, _ range: ClosedRange<Double>?, convexAt largestI1: Double?, count: Int
  ) -> [PathConstraint] {
    let modes: [HomogeneousMode] = range == nil ? [] : [.uniaxial, .equibiaxial, .pureShear]
    let range = range ?? 1...1
    var out = modes.map { mode in
      let samples = (0..<count).map { i in
        let t = Double(i) / Double(count - 1)
        // A little beyond the range, so that its ends are inside.
        let stretch = range.lowerBound * 0.95 * pow(range.upperBound / range.lowerBound * 1.1, t)
        let path = PathPoint(mode, stretch)
        return sample(path, scales, factor: stretch / path.share, target: 0)
      }
      return PathConstraint(
        constraint: Constraint(
          "rising stress, \(mode.rawValue)", .inequality, count: count,
          tolerance: marginTolerance), order: 2, margin: margin, samples: samples)
    }
    guard let largestI1 else { return out }
    var (first, second): ([Sample], [Sample]) = ([], [])
    let states = WeakStates.probes(largest: largestI1).filter(\.isRadial)
    for (i, state) in states.enumerated() where i % 2 == 0 {
      let x = features(state.path)
      let u = SIMD3(x.x1.value - root3, x.x2.value - root3, 0) / scales
      for k in 0..<2 {
        first.append(straight(u, SIMD3(k == 0 ? 1 : 0, k == 1 ? 1 : 0, 0), x, scales))
      }
      for d in [SIMD3(1.0, 0, 0), SIMD3(0, 1, 0), SIMD3(1, 1, 0), SIMD3(1, -1, 0)] {
        second.append(straight(u, d, x, scales))
      }
    }
    out.append(
      PathConstraint(
        constraint: Constraint(
          "monotony in |F| and |cof F|", .inequality, count: first.count, tolerance: 1e-3),
        order: 1, margin: 0, samples: first))
    out.append(
      PathConstraint(
        constraint: Constraint(
          "convexity in |F| and |cof F|", .inequality, count: second.count, tolerance: 1e-3),
        order: 2, margin: 0, samples: second))
    return out
  }

  /// A straight line in the features themselves, at J = 1.
  private static func straight(
    _ u: SIMD3<Double>, _ d: SIMD3<Double>, _ x: (x1: Jet, x2: Jet, J: Jet), _ scales: SIMD3<Double>
  ) -> Sample {
    let v = d * scales
    let x1 = Jet(x.x1.value, v.x)
    let x2 = Jet(x.x2.value, v.y)
    return Sample(
      u: u, ud: d, udd: .zero, basic: 0.5 * (x1 * x1), cofactor: x2, J: Jet(1), bulk: Jet(0),
      factor: 1, target: 0)
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

  static func sample(
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
    // Where the isochoric part alone is stiffer than asked for, a little is added all the same.
    return try make(max(2 * bulkRatio * mu - trial.bulkModulusAtRest, 0.01 * bulkRatio * mu))
  }
}

extension LearnedSetup {
  /// Typical weights, logarithms where the sign is bound: what the unknowns are drawn towards, hardly,
  /// where nothing else speaks.
  private static func typicalWeights(_ architecture: StackedPotential.Architecture) -> [Double] {
    var typical = [Double](repeating: 0, count: architecture.weightCount)
    let signed = !architecture.polyconvex
    func set(_ i: Int, _ logarithm: Double) { typical[i] = signed ? 0 : logarithm }
    for (l, layer) in architecture.layers.enumerated() {
      for i in 0..<layer.width {
        set(layer.skip + 3 * i, l == 0 ? 0 : -1)
        set(layer.skip + 3 * i + 1, l == 0 ? 0 : -1)
        typical[layer.skip + 3 * i + 2] = 0
        for j in 0..<layer.below {
          set(layer.hidden + layer.below * i + j, -log(Double(max(layer.below, 1))))
        }
        typical[layer.bias + i] = l == 0 ? -1 : -2
      }
    }
    for i in 0..<architecture.widths.last! { set(architecture.layers.last!.end + i, -1) }
    return typical
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
