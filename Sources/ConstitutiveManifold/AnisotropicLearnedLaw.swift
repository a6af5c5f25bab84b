import CManifoldKernels
import Manifold
import Mechanics

/// Anisotropic hyperelasticity with a learned potential of norms of F and cof F and of J:
///
///     W = s (N(u) − N(0)) + a/2 (I1 − 3 − 2 ln J) + c (‖cof F‖ − √3) + Σ_i (p_i (x_i − 1) + q_i (y_i − 1))
///         − n (J − 1) + K/4 (J² − 1 − 2 ln J)
///     x_i = √(C : H_i),  y_i = √(cof C : H_i),  H_i = κ_i 1 + (1 − 3 κ_i) a_i⊗a_i
///
/// N is a `StackedPotential` of 3 + 2 d features ‖F‖, ‖cof F‖, J, x_1, y_1, … for d = 1 to 3 preferred
/// directions: x_i is the stretch of fibres along a_i, y_i the change of an area across them.
///
/// *Polyconvex* where the architecture is convex: H_i is positive semidefinite, so x_i and y_i are norms of
/// linear functions of F and of cof F, and all terms rise in them.
///
/// *Natural state, exactly*: at rest ∂x_i/∂C = H_i/2 and ∂y_i/∂C = (1 − H_i)/2, so a slope g of W in x_i
/// alone leaves a fibre stress g H_i, which no function of J removes; the same slope in y_i makes it
/// isotropic. Hence p_i, q_i ≥ 0, computed from the weights, fill up the smaller of the two slopes
/// (after the terms of Schröder & Neff, Int. J. Solids Struct. 40 (2003) 401–445), and n takes the rest.
/// Both are convex and rise in x_i and y_i: polyconvexity stays.
///
/// One direction: transversely isotropic. Several that are orthogonal: orthotropic. Two at any other
/// angle: monoclinic about their normal. Pair C & S; stresses in Pa; NaN where det C ≤ 0.
public struct AnisotropicLearnedLaw: ConstitutiveLaw, Equatable {
  /// The learned map N.
  public let potential: StackedPotential
  /// a_i and κ_i, one to three.
  public let directions: [PreferredDirection]
  /// s: what one unit of N is worth, Pa.
  public let stressScale: Double
  /// Scales of the features less their values at rest, 3 + 2 d.
  public let featureScales: [Double]
  /// a and c, the learned share of I1 and of ‖cof F‖ outside the map, Pa.
  public let growth, cofactor: Double
  /// K of the volumetric term, Pa; see `bulkModulusAtRest` for the bulk modulus of the whole.
  public let bulk: Double

  /// N(0), and the coefficients in Pa of the features outside of the map: 0, c, −n, p_1, q_1, …
  package let outputAtRest: Double, linear: [Double]
  /// The instruction set that evaluates; the best one unless a test says otherwise.
  package var level: KernelLevel
  let packed: [Double]

  /// - Throws: `ParameterError` for scales, a or K that are not positive, a negative c where
  ///   polyconvexity is promised, and numbers of directions, features and scales that do not go together.
  public init(
    potential: StackedPotential, directions: [PreferredDirection], stressScale: Double,
    featureScales: [Double], growth: Double, cofactor: Double, bulk: Double
  ) throws(ParameterError) {
    guard (1...3).contains(directions.count) else {
      throw ParameterError("directions", Double(directions.count), "must be 1, 2 or 3 in number")
    }
    let n = 3 + 2 * directions.count
    guard potential.architecture.featureCount == n else {
      throw ParameterError(
        "features", Double(potential.architecture.featureCount),
        "must be \(n) for \(directions.count) preferred directions")
    }
    try AnisotropicLearnedLaw.check(potential.architecture)
    try LearnedLaw.check(
      potential.architecture, stressScale: stressScale, featureScales: featureScales,
      growth: growth, cofactor: cofactor, bulk: bulk)
    self.potential = potential
    self.directions = directions
    self.stressScale = stressScale
    self.featureScales = featureScales
    self.growth = growth
    self.cofactor = cofactor
    self.bulk = bulk
    let rest = potential.evaluate(Array(repeating: 0, count: n))
    outputAtRest = rest.value
    linear = AnisotropicLearnedLaw.balance(
      zip(rest.gradient, featureScales).map { stressScale * $0 / $1 }, cofactor: cofactor,
      width: AnisotropicLearnedLaw.leastWidth * stressScale)
    packed = PackedWeights(potential).values
    level = .best
  }

  /// The architecture for d directions: columns of the norms non-negative where it is polyconvex, of J
  /// free or, without measured volumes, zero.
  /// - Throws: `ParameterError` outside the limits of the kernels.
  public static func architecture(
    widths: [Int], directions: Int, polyconvex: Bool = true, seesVolume: Bool = false
  ) throws(ParameterError) -> StackedPotential.Architecture {
    let bound: StackedPotential.Architecture.Kind = polyconvex ? .nonNegative : .free
    var columns = Array(repeating: bound, count: 3 + 2 * directions)
    columns[2] = seesVolume ? .free : .zero
    return try StackedPotential.Architecture(widths: widths, columns: columns, convex: polyconvex)
  }

  /// A convex map that falls in a norm is not polyconvex.
  private static func check(_ architecture: StackedPotential.Architecture) throws(ParameterError) {
    guard architecture.convex else { return }
    for (k, kind) in architecture.columns.enumerated() where k != 2 && kind == .free {
      throw ParameterError(
        "feature", Double(k), "must have non-negative weights in a polyconvex potential")
    }
  }

  /// How far the larger of two slopes is rounded, relative to both: with a corner a fit would stall on it.
  /// Relative, because the excess over the larger one is anisotropy in shear that no weight takes away.
  package static let roundness = 0.1
  /// The width that is left where both slopes vanish, as a part of the stress scale.
  package static let leastWidth = 1e-3

  /// The rounded larger one of two slopes, ½ (x + y + √((x − y)² + roundness² (x² + y²) + width²)), which is
  /// no less than either, and its derivatives with respect to both.
  package static func larger(
    _ x: Double, _ y: Double, width: Double
  ) -> (value: Double, first: Double, second: Double) {
    let (d, r) = (x - y, roundness * roundness)
    let root = (d * d + r * (x * x + y * y) + width * width).squareRoot()
    return (0.5 * (x + y + root), 0.5 * (1 + (d + r * x) / root), 0.5 * (1 + (r * y - d) / root))
  }

  /// The coefficients outside of the map that make the undeformed state free of stress, from the slopes
  /// of s N at rest in ‖F‖, ‖cof F‖, J, x_1, y_1, …, Pa: p_i and q_i lift both slopes of a direction to
  /// their rounded maximum.
  package static func balance(_ slopes: [Double], cofactor: Double, width: Double) -> [Double] {
    let root3 = 3.0.squareRoot()
    var linear = [Double](repeating: 0, count: slopes.count)
    linear[1] = cofactor
    linear[2] = -slopes[2] - (slopes[0] + 2 * (slopes[1] + cofactor)) / root3
    for i in stride(from: 3, to: slopes.count, by: 2) {
      let larger = larger(slopes[i], slopes[i + 1], width: width).value
      linear[i] = larger - slopes[i]
      linear[i + 1] = larger - slopes[i + 1]
      linear[2] -= larger
    }
    return linear
  }

  /// Right Cauchy–Green tensor C and second Piola–Kirchhoff stress S.
  public var pair: WorkPair { .rightCauchyGreen }

  /// Energy, stress and tangent of the whole batch by the kernels of `level`.
  public func evaluate(_ batch: inout PointBatch) {
    evaluateWithKernel(&batch)
  }

  /// The same law with other preferred directions: a body whose fibres run elsewhere.
  /// - Throws: `ParameterError` for another number of directions.
  public func turned(to directions: [PreferredDirection]) throws(ParameterError) -> Self {
    try Self(
      potential: potential, directions: directions, stressScale: stressScale,
      featureScales: featureScales, growth: growth, cofactor: cofactor, bulk: bulk)
  }

  /// The features of a right Cauchy–Green tensor (Mandel order) as N sees them: less their values at
  /// rest, each divided by its scale; NaN for a tensor that is no deformation.
  public func features(of C: [Double]) -> [Double] {
    let x = AnisotropicLearnedLaw.norms(C, directions)
    let rest = AnisotropicLearnedLaw.rest(directions.count)
    return x.indices.map { (x[$0] - rest[$0]) / featureScales[$0] }
  }

  /// The features of the undeformed state before they are normalised.
  package static func rest(_ directions: Int) -> [Double] {
    let root3 = 3.0.squareRoot()
    return [root3, root3] + Array(repeating: 1, count: 1 + 2 * directions)
  }

  /// ‖F‖, ‖cof F‖, J, x_1, y_1, … of C in Mandel order.
  package static func norms(_ C: [Double], _ directions: [PreferredDirection]) -> [Double] {
    let c = Mandel.matrix(C)
    let cof = [
      c[4] * c[8] - c[5] * c[5], c[0] * c[8] - c[2] * c[2], c[0] * c[4] - c[1] * c[1],
      c[2] * c[1] - c[0] * c[5], c[1] * c[5] - c[4] * c[2], c[5] * c[2] - c[1] * c[8],
    ]
    let I3 = c[0] * cof[0] + c[1] * cof[5] + c[2] * cof[4]
    var squares = [C[0] + C[1] + C[2], cof[0] + cof[1] + cof[2], I3 > 0 ? I3 : .nan]
    for direction in directions {
      let H = direction.structure
      let entries = [c[0], c[4], c[8], c[5], c[2], c[1]]
      func contract(_ t: [Double]) -> Double {
        (0..<6).reduce(0) { $0 + ($1 < 3 ? 1 : 2) * H[$1] * t[$1] }
      }
      squares += [contract(entries), contract(cof)]
    }
    return squares.map { $0.squareRoot() }
  }
}

extension AnisotropicLearnedLaw {
  /// The energy as a function of ‖F‖, ‖cof F‖, J, x_1, y_1, …, which need not belong to one F: the plain
  /// statement of what the kernels compute, and the function whose convexity is polyconvexity.
  package func energy(norms x: [Double]) -> Double {
    let rest = AnisotropicLearnedLaw.rest(directions.count)
    let N = potential.evaluate(x.indices.map { (x[$0] - rest[$0]) / featureScales[$0] })
    let I3 = x[2] * x[2]
    let outside = x.indices.reduce(0) { $0 + linear[$1] * (x[$1] - rest[$1]) }
    let logarithm = (0.25 * bulk + 0.5 * growth) * Lanes(repeating: I3).logarithm[0]
    return stressScale * (N.value - outputAtRest) + outside + 0.5 * growth * (x[0] * x[0] - 3)
      + 0.25 * bulk * (I3 - 1) - logarithm
  }
}
