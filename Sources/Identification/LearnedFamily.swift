import ConstitutiveManifold
import Glibc
import Manifold
import Mechanics

/// The learned laws of one architecture: θ holds the weights of the map and the coefficients a, c and K
/// outside it, as logarithms where they must be positive.
///
/// S = Σ G_k A_k with x = (‖F‖, ‖cof F‖, J), A_k = 2 ∂x_k/∂C and G_k = ∂W/∂x_k; the gradients of G_k come
/// from one reverse sweep through the map each.
public struct LearnedFamily: ParametricLaw {
  /// Widths and promises of the map.
  public let architecture: StackedPotential.Architecture
  /// What one unit of the map is worth, Pa, and the extents of the three features.
  public let stressScale: Double, featureScales: [Double]
  /// Centre of ln (K/s): what the volumetric part is without evidence.
  public let bulkRatio: Double

  /// An unknown: which weight it is, and whether it is that weight's logarithm.
  struct Unknown: Sendable {
    let weight: Int, isLogarithm: Bool
  }
  let unknowns: [Unknown]

  /// - Parameter strains: right Cauchy–Green tensors (Mandel order, one after another) that the
  ///   specimens reach: they give the features their scales.
  public init(
    architecture: StackedPotential.Architecture, stressScale: Double, bulkRatio: Double,
    strains: [Double]
  ) {
    self.architecture = architecture
    self.stressScale = stressScale
    self.bulkRatio = bulkRatio
    var scales = [0.05, 0.05, 0.1]
    var C = [Double](repeating: 0, count: 6)
    for p in stride(from: 0, to: strains.count, by: 6) {
      for i in 0..<6 { C[i] = strains[p + i] }
      let x = LearnedFamily.features(C)
      for k in 0..<3 { scales[k] = max(scales[k], abs(x[k] - LearnedFamily.rest[k])) }
    }
    featureScales = scales
    let kinds = architecture.kinds
    unknowns = kinds.indices.compactMap { i in
      switch kinds[i] {
      case .zero: nil
      case .nonNegative: Unknown(weight: i, isLogarithm: true)
      case .free: Unknown(weight: i, isLogarithm: false)
      }
    }
  }

  private static let root3 = 3.0.squareRoot()
  static let rest = [root3, root3, 1.0]

  /// ‖F‖, ‖cof F‖ and J.
  static func features(_ C: [Double]) -> SIMD4<Double> {
    let (cofactor, I3) = MandelTensor.cofactor(C)
    return SIMD4(
      (C[0] + C[1] + C[2]).squareRoot(), (cofactor[0] + cofactor[1] + cofactor[2]).squareRoot(),
      I3.squareRoot(), 0)
  }

  /// Weights that may vary, then ln a, ln c and ln K in units of the stress scale.
  public var parameterCount: Int { unknowns.count + 3 }

  /// The law: weights, a, c and K from θ.
  public func law(_ theta: [Double]) throws(ParameterError) -> any ConstitutiveLaw {
    try learnedLaw(theta)
  }

  /// As `law`, with its type.
  public func learnedLaw(_ theta: [Double]) throws(ParameterError) -> LearnedLaw {
    let k = unknowns.count
    return try LearnedLaw(
      potential: StackedPotential(architecture: architecture, weights: weights(theta)),
      stressScale: stressScale, featureScales: featureScales,
      growth: stressScale * exp(theta[k]), cofactor: stressScale * exp(theta[k + 1]),
      bulk: stressScale * exp(theta[k + 2]))
  }

  /// All weights of the map.
  func weights(_ theta: [Double]) -> [Double] {
    var out = [Double](repeating: 0, count: architecture.weightCount)
    for (k, unknown) in unknowns.enumerated() {
      out[unknown.weight] = unknown.isLogarithm ? exp(theta[k]) : theta[k]
    }
    return out
  }

  /// Exact, by reverse sweeps.
  public func sensitivity(_ theta: [Double]) -> any StressSensitivity {
    LearnedSensitivity(self, theta)
  }
}

/// ∂S/∂θ of a learned law at one θ.
struct LearnedSensitivity: StressSensitivity {
  private let family: LearnedFamily
  private let weights: [Double]
  private let growth: Double, cofactor: Double, bulk: Double
  private var map: StackedSensitivity
  private var gradient, restGradient: [Double]

  init(_ family: LearnedFamily, _ theta: [Double]) {
    self.family = family
    weights = family.weights(theta)
    let (s, k) = (family.stressScale, family.unknowns.count)
    growth = s * exp(theta[k])
    cofactor = s * exp(theta[k + 1])
    bulk = s * exp(theta[k + 2])
    map = StackedSensitivity(family.architecture)
    gradient = Array(repeating: 0, count: weights.count)
    restGradient = gradient
    // n, the slope of J that frees the rest state from stress, is a derivative of the map at rest.
    let scale = family.featureScales
    let root3 = 3.0.squareRoot()
    let direction = SIMD3(1 / (root3 * scale[0]), 2 / (root3 * scale[1]), 1 / scale[2])
    _ = map.forward(weights, .zero, direction, .zero)
    map.reverse(weights, order: 1, into: &restGradient)
  }

  var rank: Int { 3 }

  mutating func evaluate(
    strain C: [Double], directions: inout [Double], gradients: inout [Double]
  ) {
    let n = family.parameterCount
    let (s, scale) = (family.stressScale, family.featureScales)
    let x = LearnedFamily.features(C)
    let (cof, _) = MandelTensor.cofactor(C)
    let I1 = C[0] + C[1] + C[2]
    for i in 0..<6 {
      let unit = i < 3 ? 1.0 : 0
      directions[i] = unit / x[0]
      directions[6 + i] = (I1 * unit - C[i]) / x[1]
      directions[12 + i] = cof[i] / x[2]
    }
    let u = SIMD3(
      (x[0] - LearnedFamily.rest[0]) / scale[0], (x[1] - LearnedFamily.rest[1]) / scale[1],
      (x[2] - 1) / scale[2])
    for k in 0..<3 {
      var velocity = SIMD3<Double>.zero
      velocity[k] = 1
      let seen = k < 2 || family.architecture.seesVolume
      if seen {
        _ = map.forward(weights, u, velocity, .zero)
        map.reverse(weights, order: 1, into: &gradient)
      }
      for (j, unknown) in family.unknowns.enumerated() {
        var g = seen ? gradient[unknown.weight] / scale[k] : 0
        if k == 2 { g -= restGradient[unknown.weight] }
        gradients[n * k + j] = s * g * (unknown.isLogarithm ? weights[unknown.weight] : 1)
      }
    }
    let c = family.unknowns.count
    for k in 0..<3 { for j in c..<n { gradients[n * k + j] = 0 } }
    gradients[c] = growth * x[0]
    gradients[n + c + 1] = cofactor
    gradients[2 * n + c] = -growth / x[2]
    gradients[2 * n + c + 1] = -cofactor * 2 / 3.0.squareRoot()
    gradients[2 * n + c + 2] = 0.5 * bulk * (x[2] - 1 / x[2])
  }
}

extension LearnedFamily {
  /// Where the parameters are without evidence, in units of the stress scale.
  public var centre: [Double] {
    var centre = [Double](repeating: 0, count: architecture.weightCount)
    let free = !architecture.polyconvex
    for (l, layer) in architecture.layers.enumerated() {
      let fanIn = Double(max(layer.below, 1))
      for i in 0..<layer.width {
        let features = (layer.hidden - layer.skip) / layer.width
        for k in 0..<features {
          centre[layer.skip + features * i + k] = free || k == 2 ? 0 : l == 0 ? 0 : -1
        }
        for j in 0..<layer.below {
          centre[layer.hidden + layer.below * i + j] = free ? 0 : -0.1 - log(fanIn)
        }
        centre[layer.bias + i] = l == 0 ? -1 : -2
      }
    }
    let output = architecture.layers.last!.end
    for i in 0..<architecture.widths.last! { centre[output + i] = free ? 0 : -1 }
    return unknowns.map { centre[$0.weight] } + [-0.5, -1.5, log(bulkRatio)]
  }

  /// Equal for all but K, of which fields of thin sheets say little.
  public var stiffness: [Double] {
    Array(repeating: 1, count: unknowns.count + 2) + [1]
  }

  /// Logarithms from e⁻¹⁶, the rest from −200.
  public var lowerBounds: [Double] {
    unknowns.map { $0.isLogarithm ? -16 : -200 } + [-16, -16, log(bulkRatio) - 4]
  }

  /// Logarithms up to e⁷, the rest to 200.
  public var upperBounds: [Double] {
    unknowns.map { $0.isLogarithm ? 7 : 200 } + [7, 7, log(bulkRatio) + 4]
  }

  /// A seeded start: the prior's centre with scatter, kinks of the first layer spread over the data.
  func start(_ random: inout SplitMix64) -> [Double] {
    var theta = centre
    for (k, unknown) in unknowns.enumerated() {
      theta[k] += unknown.isLogarithm ? random.normal(0, 0.5) : random.normal(0, 1)
    }
    return theta
  }
}
