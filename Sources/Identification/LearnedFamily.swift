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
  public let stressScale: Double
  public private(set) var featureScales: [Double]
  /// Centre of ln (K/s): what the volumetric part is without evidence.
  public let bulkRatio: Double

  let unknowns: [StackedPotential.Unknown]
  /// Preferred directions in the undeformed body; none for isotropic laws.
  public let directions: [PreferredDirection]
  /// H of every preferred direction, Mandel order; number of features.
  let structures: [[Double]]
  let featureCount: Int

  /// - Parameter strains: right Cauchy–Green tensors (Mandel order, one after another) that the
  ///   specimens reach: they give the features their scales.
  public init(
    architecture: StackedPotential.Architecture, directions: [PreferredDirection] = [],
    stressScale: Double, bulkRatio: Double, strains: [Double]
  ) {
    precondition(
      architecture.featureCount == 3 + 2 * directions.count,
      "\(architecture.featureCount) features for \(directions.count) directions")
    self.directions = directions
    self.architecture = architecture
    self.stressScale = stressScale
    self.bulkRatio = bulkRatio
    structures = directions.map(\.mandel)
    let n = 3 + 2 * structures.count
    featureCount = n
    // Of J at least a tenth, so that small changes of volume are not magnified into steep learned ones.
    featureScales = (0..<n).map { $0 == 2 ? 0.1 : 0.05 }
    unknowns = architecture.unknowns
    var scales = featureScales
    var C = [Double](repeating: 0, count: 6)
    var x = [Double](repeating: 0, count: n)
    var tensors = [Double](repeating: 0, count: 6 * n)
    for p in stride(from: 0, to: strains.count, by: 6) {
      for i in 0..<6 { C[i] = strains[p + i] }
      kinematics(C, features: &x, directions: &tensors)
      for k in 0..<n { scales[k] = max(scales[k], abs(x[k] - LearnedFamily.rest(k))) }
    }
    featureScales = scales
  }

  /// Weights that may vary, then ln a, ln c and ln K in units of the stress scale.
  public var parameterCount: Int { unknowns.count + 3 }

  /// The law: weights, a, c and K from θ.
  public func law(_ theta: [Double]) throws(ParameterError) -> any ConstitutiveLaw {
    try identifiedLaw(theta)
  }

  /// As `law`, as one value of any family.
  public func identifiedLaw(_ theta: [Double]) throws(ParameterError) -> Law {
    let (s, k) = (stressScale, unknowns.count)
    let potential = try StackedPotential(architecture: architecture, weights: weights(theta))
    let (growth, cofactor, bulk) = (
      s * exp(theta[k]), s * exp(theta[k + 1]), s * exp(theta[k + 2])
    )
    guard !directions.isEmpty else {
      return .learned(
        try LearnedLaw(
          potential: potential, stressScale: s, featureScales: featureScales, growth: growth,
          cofactor: cofactor, bulk: bulk))
    }
    return .learnedAnisotropic(
      try AnisotropicLearnedLaw(
        potential: potential, directions: directions, stressScale: s,
        featureScales: featureScales, growth: growth, cofactor: cofactor, bulk: bulk))
  }

  /// All weights of the map.
  func weights(_ theta: [Double]) -> [Double] {
    var out = [Double](repeating: 0, count: architecture.weightCount)
    unknowns.place(theta, into: &out)
    return out
  }

  /// Exact, by reverse sweeps.
  public func sensitivity(_ theta: [Double]) -> any StressSensitivity {
    LearnedSensitivity(self, theta)
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

extension FieldIdentification {
  /// The family that these options describe, its features scaled to the strains.
  func family(
    stressScale: Double, bulkRatio: Double, strains: [Double]
  ) throws(ParameterError) -> LearnedFamily {
    let architecture =
      directions.isEmpty
      ? try StackedPotential.Architecture(
        widths: widths, polyconvex: polyconvex, seesVolume: true)
      : try AnisotropicLearnedLaw.architecture(
        widths: widths, directions: directions.count, polyconvex: polyconvex, seesVolume: true)
    return LearnedFamily(
      architecture: architecture, directions: directions, stressScale: stressScale,
      bulkRatio: bulkRatio, strains: strains)
  }
}

extension LearnedFamily {
  /// How deformations are placed among the data of this family.
  var placement: CoveragePlacement {
    directions.isEmpty
      ? .isotropic : .fibres(directions.map { SIMD3($0.vector[0], $0.vector[1], $0.vector[2]) })
  }

  /// The region that strains (right Cauchy–Green tensors, Mandel order) span: their farthest ones in many
  /// seeded directions of the features stand for all.
  func coverage(of strains: [Double]) -> Coverage {
    let count = strains.count / 6
    let width = placement.width
    let rows = (0..<count).map { placement.features(of: Array(strains[6 * $0..<6 * $0 + 6])) }
    var random = SplitMix64(seed: 1)
    var chosen: Set<Int> = []
    for _ in 0..<100 * width {
      let direction = (0..<width).map { _ in random.normal(0, 1) }
      var best = (index: 0, value: -Double.infinity)
      for (p, row) in rows.enumerated() {
        var value = 0.0
        for k in 0..<width { value += direction[k] * row[k] }
        if value > best.value { best = (p, value) }
      }
      if best.value.isFinite { chosen.insert(best.index) }
    }
    return Coverage(
      ofStates: chosen.sorted().flatMap { Array(strains[6 * $0..<6 * $0 + 6]) },
      placement: placement)
  }
}
