import Manifold
import Mechanics

/// Isotropic hyperelasticity with a learned potential of ‖F‖ = √I1, ‖cof F‖ = √I2 and J:
///
///     W = s (N(u) − N(0)) + a/2 (I1 − 3 − 2 ln J) + c (‖cof F‖ − √3) − n (J − 1) + K/4 (J² − 1 − 2 ln J)
///
/// N is a `StackedPotential`, s the stress scale. The undeformed state has no energy; n is computed so
/// that it has no stress, and being linear in J it leaves polyconvexity alone. The a-term (a > 0)
/// makes the energy grow without bound with stretch, the logarithms as J → 0. Pair C & S; stresses in
/// Pa; NaN where det C ≤ 0.
///
/// Points are evaluated eight at a time by kernels chosen for the processor at run time.
public struct LearnedLaw: ConstitutiveLaw, Equatable {
  /// The learned map N.
  public let potential: StackedPotential
  /// s: what one unit of N is worth, Pa.
  public let stressScale: Double
  /// Scales of ‖F‖ − √3, ‖cof F‖ − √3 and J − 1.
  public let featureScales: [Double]
  /// a and c, the learned share of I1 and of ‖cof F‖ (after Carroll) outside the map, Pa.
  public let growth, cofactor: Double
  /// K of the volumetric term, Pa; see `bulkModulusAtRest` for the bulk modulus of the whole.
  public let bulk: Double

  /// N(0), and the coefficient n of J − 1 in Pa: both follow from the weights.
  package let outputAtRest, slope: Double
  /// The instruction set that evaluates; the best one unless a test says otherwise.
  package var level: KernelLevel
  let packed: [Double]
  /// Set where the map is evaluated in single precision.
  var single: SingleMap?

  /// - Throws: `ParameterError` for scales, a or K that are not positive, and for a negative c where
  ///   polyconvexity is promised.
  public init(
    potential: StackedPotential, stressScale: Double, featureScales: [Double], growth: Double,
    cofactor: Double, bulk: Double
  ) throws(ParameterError) {
    guard potential.architecture.featureCount == 3 else {
      throw ParameterError(
        "features", Double(potential.architecture.featureCount), "must be 3 in an isotropic law")
    }
    try LearnedLaw.check(
      potential.architecture, stressScale: stressScale, featureScales: featureScales,
      growth: growth, cofactor: cofactor, bulk: bulk)
    self.potential = potential
    self.stressScale = stressScale
    self.featureScales = featureScales
    self.growth = growth
    self.cofactor = cofactor
    self.bulk = bulk
    let rest = potential.evaluate([0, 0, 0])
    outputAtRest = rest.value
    slope = LearnedLaw.slope(
      gradientAtRest: rest.gradient, stressScale: stressScale, featureScales: featureScales,
      cofactor: cofactor)
    packed = PackedWeights(potential).values
    level = .best
  }

  /// What the numbers of every learned law of finite strain must be.
  static func check(
    _ architecture: StackedPotential.Architecture, stressScale: Double, featureScales: [Double],
    growth: Double, cofactor: Double, bulk: Double
  ) throws(ParameterError) {
    func positive(_ name: String, _ value: Double, _ unit: String) throws(ParameterError) {
      guard value > 0, value.isFinite else {
        throw ParameterError(name, value, "must be positive" + unit)
      }
    }
    try positive("stress scale", stressScale, ", in Pa")
    let n = architecture.featureCount
    guard featureScales.count == n else {
      throw ParameterError("feature scales", Double(featureScales.count), "must be \(n) in number")
    }
    for scale in featureScales { try positive("feature scale", scale, "") }
    try positive("growth", growth, ", in Pa: without it the energy need not grow")
    try positive("bulk", bulk, ", in Pa")
    guard cofactor.isFinite, cofactor >= 0 || !architecture.convex else {
      throw ParameterError("cofactor", cofactor, "must not be negative in a polyconvex potential")
    }
  }

  /// Right Cauchy–Green tensor C and second Piola–Kirchhoff stress S.
  public var pair: WorkPair { .rightCauchyGreen }

  /// Energy, stress and tangent of the whole batch by the kernels of `level`.
  public func evaluate(_ batch: inout PointBatch) {
    if let single { evaluateInSingle(single, &batch) } else { evaluateWithKernel(&batch) }
  }

  /// n = ∂/∂J + (∂/∂‖F‖ + 2 ∂/∂‖cof F‖)/√3 at rest, so that S(1) = 0.
  static func slope(
    gradientAtRest g: [Double], stressScale s: Double, featureScales: [Double], cofactor: Double
  ) -> Double {
    let root3 = 3.0.squareRoot()
    return s * g[2] / featureScales[2]
      + (s * g[0] / featureScales[0] + 2 * (s * g[1] / featureScales[1] + cofactor)) / root3
  }

  /// Energy and derivatives with respect to the principal invariants at one point, written plainly:
  /// what the kernels are tested against.
  package func derivatives(I1: Double, I2: Double, I3: Double) -> InvariantDerivatives {
    let root3 = 3.0.squareRoot()
    let x = [I1.squareRoot(), I2.squareRoot(), I3.squareRoot()]
    let u = [
      (x[0] - root3) / featureScales[0], (x[1] - root3) / featureScales[1],
      (x[2] - 1) / featureScales[2],
    ]
    let N = potential.evaluate(u)
    var G = (0..<3).map { stressScale * N.gradient[$0] / featureScales[$0] }
    G[1] += cofactor
    G[2] -= slope
    let q = x.map { 0.5 / $0 }  // dx/dI
    func second(_ k: Int, _ i: Int, _ j: Int) -> Double {
      let mixed = stressScale * N.hessian[k] / (featureScales[i] * featureScales[j])
      return q[i] * q[j] * (i == j ? mixed - 2 * q[i] * G[i] : mixed)
    }
    let L = 0.25 * bulk + 0.5 * growth
    var d = InvariantDerivatives()
    func lanes(_ value: Double) -> Lanes { Lanes(repeating: value) }
    let learned = stressScale * (N.value - outputAtRest) + cofactor * (x[1] - root3)
    let volumetric = 0.25 * bulk * (I3 - 1) - L * lanes(I3).logarithm[0]
    d.W = lanes(learned - slope * (x[2] - 1) + 0.5 * growth * (I1 - 3) + volumetric)
    d.W1 = lanes(G[0] * q[0] + 0.5 * growth)
    d.W2 = lanes(G[1] * q[1])
    d.W3 = lanes(G[2] * q[2] + 0.25 * bulk - L / I3)
    d.W11 = lanes(second(0, 0, 0))
    d.W12 = lanes(second(1, 0, 1))
    d.W13 = lanes(second(2, 0, 2))
    d.W22 = lanes(second(3, 1, 1))
    d.W23 = lanes(second(4, 1, 2))
    d.W33 = lanes(second(5, 2, 2) + L / (I3 * I3))
    return d
  }
}
