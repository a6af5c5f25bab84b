import Glibc
import Manifold
import Mechanics

/// Everything about the fit of an anisotropic learned law that does not change from start to start.
package struct AnisotropicSetup: Sendable {
  /// How a preferred direction of the law follows from the unknowns.
  package struct Direction: Sendable {
    /// Index of its angle among the learned angles, or nil where it is given.
    var angle: Int?
    /// What is added to the learned angle, or the angle itself, from axis 1 towards axis 2.
    var offset: Double
    /// Index of its dispersion among the learned dispersions, or nil where it is given.
    var dispersion: Int?
    /// The dispersion that is given.
    var given: Double

    package init(angle: Int?, offset: Double, dispersion: Int? = nil, given: Double = 0) {
      self.angle = angle
      self.offset = offset
      self.dispersion = dispersion
      self.given = given
    }
  }

  /// Least λ dP/dλ the hinge asks for, in units of the stress scale; and the weight of a shortfall.
  static let margin = 0.05
  static let hingeWeight = 0.5
  /// How firmly a learned angle is held where it began, per radian.
  static let angleWeight = 0.03

  let data: FitData
  let architecture: StackedPotential.Architecture
  let directions: [Direction]
  /// Numbers of learned angles and dispersions.
  let angleCount: Int, dispersionCount: Int
  /// Scales of all 3 + 2 d features.
  let scales: [Double]
  let samples: [AnisotropicSample], hinges: [AnisotropicSample]
  let rowWeights: [Double]
  let unknowns: [StackedPotential.Unknown]
  /// Centre and relative stiffness of the prior, one per unknown.
  let centre: [Double], stiffness: [Double]

  /// The reference stretches that are learned with the law.
  let references: References

  package init(
    _ data: FitData, _ architecture: StackedPotential.Architecture, directions: [Direction],
    range: ClosedRange<Double>, referenceDeviation: Double? = nil
  ) {
    self.data = data
    self.architecture = architecture
    self.directions = directions
    angleCount = (directions.compactMap(\.angle).max() ?? -1) + 1
    dispersionCount = (directions.compactMap(\.dispersion).max() ?? -1) + 1
    let unit = data.stressScale
    samples = data.observations.map { o in
      AnisotropicSetup.sample(data.tests[o.test], o, unit: unit)
    }
    scales = AnisotropicSetup.scales(samples, directions.count)
    rowWeights = AnisotropicSetup.rowWeights(data)
    hinges = AnisotropicSetup.hinges(range)
    unknowns = architecture.unknowns
    let prior = AnisotropicPrior(architecture)
    var centre = unknowns.map { prior.centre[$0.weight] }
    var stiffness = unknowns.map { prior.stiffness[$0.weight] }
    // ln a, ln c and, where volume was measured, ln K.
    centre += [AnisotropicPrior.growth, AnisotropicPrior.cofactor]
    if data.hasVolume { centre.append(log(data.estimatedBulk)) }
    stiffness += Array(repeating: 1, count: centre.count - unknowns.count)
    // Angles are free; a dispersion κ = 1/(3 (1 + e⁻ᵗ)) is held weakly at small values.
    centre += Array(repeating: 0, count: angleCount)
    stiffness += Array(repeating: 0, count: angleCount)
    centre += Array(repeating: -2, count: dispersionCount)
    stiffness += Array(repeating: 1, count: dispersionCount)
    references = References(data, start: centre.count, deviation: referenceDeviation)
    centre += Array(repeating: 0, count: references.count)
    stiffness += Array(repeating: 0, count: references.count)
    self.centre = centre
    self.stiffness = stiffness
  }

  var unknownCount: Int { centre.count }
  /// Where ln a, ln c (and ln K), the angles and the dispersions begin among the unknowns.
  var coefficientStart: Int { unknowns.count }
  var angleStart: Int { unknowns.count + (data.hasVolume ? 3 : 2) }
  var dispersionStart: Int { angleStart + angleCount }

  /// Angle and dispersion of every direction for unknowns x.
  func placed(_ x: [Double]) -> [(angle: Double, dispersion: Double)] {
    directions.map { d in
      let angle = d.offset + (d.angle.map { x[angleStart + $0] } ?? 0)
      let dispersion = d.dispersion.map { logistic(x[dispersionStart + $0]) / 3 } ?? d.given
      return (angle, dispersion)
    }
  }

  func logistic(_ t: Double) -> Double { 1 / (1 + exp(-t)) }

  private static func sample(
    _ test: HomogeneousTest, _ o: Observation, unit: Double
  ) -> AnisotropicSample {
    let target = o.target / unit
    if test.mode == .simpleShear {
      return AnisotropicSample(shear: test.stretches[o.point], factor: o.factor, target: target)
    }
    if o.component == .difference {
      // σ₁ − σ₂ has a path of its own, on which both stretches move.
      return AnisotropicSample(
        o.path.l1, o.path.l2, o.path.l3, factor: o.factor, target: target)
    }
    // One stretch moves at a time: equal stretches do not mean equal stresses here.
    let stretch = test.stretches[o.point]
    let second = test.mode == .equibiaxial ? stretch : test.secondStretch(o.point)
    let J = test.volumeRatios?[o.point]
    let path = PathPoint(
      .biaxial, stretch, second: second, volumeRatio: J, component: o.component)
    let own: Double =
      switch o.component {
      case .first, .difference: stretch
      case .second: second
      case .lateral: path.l3.value
      }
    return AnisotropicSample(
      path.l1, path.l2, path.l3, factor: test.measure == .true ? own / (J ?? 1) : 1, target: target)
  }

  /// The extent of every feature in the data, for fibres over all angles; of J at least a tenth.
  private static func scales(_ samples: [AnisotropicSample], _ directions: Int) -> [Double] {
    var (norm, cofactor, volume, x, y) = (0.05, 0.05, 0.1, 0.05, 0.05)
    let root3 = 3.0.squareRoot()
    for s in samples {
      norm = max(norm, s.x1.value - root3)
      cofactor = max(cofactor, s.x2.value - root3)
      volume = max(volume, abs(s.J.value - 1))
      for k in 0..<6 {
        let fibre = s.fibre(angle: .pi * Double(k) / 6, dispersion: 0)
        x = max(x, abs(fibre.x.value - 1))
        y = max(y, abs(fibre.y.value - 1))
      }
    }
    return [norm, cofactor, volume] + (0..<directions).flatMap { _ in [x, y] }
  }

  /// As `FitData.balancedWeights`, but for every curve: the two stresses of a biaxial test differ here.
  private static func rowWeights(_ data: FitData) -> [Double] {
    var curves: [[Int]: [Double]] = [:]
    func key(_ o: Observation) -> [Int] { [o.test, o.component == .second ? 1 : 0] }
    for o in data.observations { curves[key(o), default: []].append(o.target) }
    let spreads = curves.mapValues { FitData.spread($0) }
    let all = FitData.spread(data.observations.map(\.target))
    return data.observations.map { o in
      let curve = key(o)
      let spread = max(spreads[curve]!, 0.02 * all)
      let count = Double(curves[curve]!.count * curves.count)
      return (data.tests[o.test].weight / (spread * all * count)).squareRoot() * data.stressScale
    }
  }

  /// Strip stretches along both axes and equal stretches along both, over the range.
  private static func hinges(_ range: ClosedRange<Double>) -> [AnisotropicSample] {
    let count = 16
    return (0..<count).flatMap { i in
      let t = Double(i) / Double(count - 1)
      let stretch = range.lowerBound * 0.95 * pow(range.upperBound / range.lowerBound * 1.1, t)
      let (l, one) = (Jet(stretch, 1), Jet(1))
      return [
        AnisotropicSample(l, one, l.inverse, factor: stretch, target: 0),
        AnisotropicSample(one, l, l.inverse, factor: stretch, target: 0),
        AnisotropicSample(l, l, (l * l).inverse, factor: 0.5 * stretch, target: 0),
      ]
    }
  }
}

/// The prior on the unknowns of an anisotropic law, logarithms of weights in units of the stress scale.
///
/// What speaks of ‖cof F‖ and of areas across fibres is held firmly near a small share: tests in one plane
/// tell it badly from the norms of F, and left free it extrapolates wildly to protocols not seen. `firm` was
/// chosen by looking at how porcine skin's protocols are predicted when they are left out: on that
/// material such figures are no blind predictions.
struct AnisotropicPrior {
  let centre: [Double], stiffness: [Double]
  /// ln a and ln c.
  static let growth = -1.0, cofactor = -2.0
  /// How much firmer the shares of cof F are held than the rest.
  static let firm = 100.0

  init(_ architecture: StackedPotential.Architecture) {
    var centre = [Double](repeating: 0, count: architecture.weightCount)
    var stiffness = [Double](repeating: 1, count: architecture.weightCount)
    let n = architecture.featureCount
    func set(_ i: Int, _ logarithm: Double) { centre[i] = architecture.convex ? logarithm : 0 }
    for (l, layer) in architecture.layers.enumerated() {
      for i in 0..<layer.width {
        for k in 0..<n {
          // Norms of F pull, norms of cof F and areas come second.
          let first = k == 0 || (k > 2 && k % 2 == 1)
          set(layer.skip + n * i + k, (first ? 0 : -2) - (l == 0 ? 0 : 1))
          if !first { stiffness[layer.skip + n * i + k] = AnisotropicPrior.firm }
        }
        // J itself is as free as the rest.
        (centre[layer.skip + n * i + 2], stiffness[layer.skip + n * i + 2]) = (0, 1)
        for j in 0..<layer.below {
          set(layer.hidden + layer.below * i + j, -0.1 - log(Double(layer.below)))
        }
        centre[layer.bias + i] = -2
      }
    }
    for i in 0..<architecture.widths.last! { set(architecture.layers.last!.end + i, -1) }
    self.centre = centre
    self.stiffness = stiffness
  }
}
