import Glibc
import Manifold
import Mechanics

/// A constitutive law as a manifold of states: n = m = 6, Mandel order.
///
/// Small strain: coordinates ε, responses σ. Finite strain (pair C & S): coordinates are the Hencky strain
/// H = ½ ln C, responses its conjugate T in Pa (see `HenckyFrame`); there a prescribed volume change is
/// tr H = ln J, zero lateral traction T_33 = 0 and a difference of Kirchhoff stresses T_11 − T_22: all
/// linear. The metric is ½ ε·C·ε + ½ σ·C⁻¹·σ with C the stiffness at rest, so that squared distances are
/// energy densities in J/m³. Laws without history only.
public struct LawManifold<L: ConstitutiveLaw>: Manifold {
  /// The law.
  public let law: L
  /// The region its data covered; nil where no data stand behind it.
  public let coverage: Coverage?
  /// ½ ε·C·ε + ½ σ·C⁻¹·σ.
  public let metric: StateMetric
  /// Whether W is promised to be convex in the coordinates.
  public let isConvex: Bool

  /// - Parameter isConvex: whether the energy is convex in ε, or in H (see `Law.isConvex`).
  /// - Throws: `ParameterError` for a law whose stiffness at rest is not positive definite.
  public init(_ law: L, coverage: Coverage? = nil, isConvex: Bool) throws(ParameterError) {
    precondition(law.stateCount == 0, "a law with history is not a manifold of states")
    self.law = law
    self.coverage = coverage
    self.isConvex = isConvex
    metric = try StateMetric(stiffness: law.stiffnessAtRest)
  }

  /// Six strain components.
  public var coordinateCount: Int { 6 }
  /// Six stress components.
  public var responseCount: Int { 6 }
  /// A hyperelastic stress is the gradient of an energy; that of a stress map is not.
  public var isPotential: Bool {
    if law is StackedStressLaw { return false }
    if let law = law as? Law, case .stressMap = law { return false }
    return true
  }

  /// Stress and tangent of every point in the measures of the manifold.
  public func evaluate(_ batch: inout ManifoldBatch) {
    let groups = batch.groups
    if batch.points.groups != groups { batch.points = PointBatch(groups: groups) }
    for k in 0..<6 * groups { batch.points.strain[k] = batch.coordinates[k] }
    if law.pair == .smallStrain {
      law.evaluate(&batch.points)
    } else {
      law.evaluateHencky(&batch.points, scratch: &batch.hencky)
    }
    for k in 0..<6 * groups { batch.responses[k] = batch.points.stress[k] }
    for g in 0..<groups {
      var q = 21 * g
      for i in 0..<6 {
        for j in i..<6 {
          let entry = batch.points.tangent[q]
          batch.tangents[36 * g + 6 * i + j] = entry
          batch.tangents[36 * g + 6 * j + i] = entry
          q += 1
        }
      }
    }
  }

  /// Distance from the covered region (see `Coverage`); 0 where the law has no data behind it, infinite
  /// where it has no value.
  public func distanceFromData(_ coordinates: [Double]) -> Double {
    guard coordinates.allSatisfy({ $0.isFinite }) else { return .infinity }
    guard let coverage else { return 0 }
    let C: [Double]
    if law.pair == .smallStrain {
      C = coordinates.enumerated().map { 2 * $1 + ($0 < 3 ? 1 : 0) }
    } else {
      C = Hencky.rightCauchyGreen(strain: coordinates)
    }
    return coverage.distance(to: C)
  }
}

extension LawManifold where L == Law {
  /// A law of any family, with what it promises about convexity.
  public init(_ law: Law, coverage: Coverage? = nil) throws(ParameterError) {
    try self.init(law, coverage: coverage, isConvex: law.isConvex)
  }
}

extension Law {
  /// Whether the energy is convex in the small strain, or in the Hencky strain, where volume is not nearly
  /// lost.
  ///
  /// In H an isotropic energy is convex where it rises with sums of exponentials of H: tr e^{2H} is convex
  /// even in its logarithm, ln J = tr H is linear (Neff, Ghiba & Lankeit, J. Elast. 121 (2015), on what
  /// convexity in H means). Learned: polyconvex and blind to volume, for J > n/K (some thousandths).
  public var isConvex: Bool {
    switch self {
    case .linearElastic: true
    case .neoHooke(let law): law.lambda >= 0
    case .mooneyRivlin(let law): law.c10 >= 0 && law.c01 >= 0
    case .yeoh(let law): law.c1 >= 0 && law.c2 >= 0 && law.c3 >= 0
    case .ogden(let law): law.terms.allSatisfy { $0.mu * $0.alpha >= 0 }
    case .gent(let law): law.mu > 0 && law.limit > 0
    case .carroll(let law): law.a >= 0 && law.b >= 0 && law.c >= 0
    case .learned(let law): law.isConvexInHenckyStrain
    case .stressMap: false
    case .learnedSmallStrain(let law): law.potential.architecture.convex
    // In H a stretch along a fixed direction is not convex.
    case .learnedAnisotropic, .holzapfelGasserOgden: false
    }
  }
}

extension LearnedLaw {
  /// Whether W is convex in H = ½ ln C for every J above `slope / bulk`: N convex and rising in ‖F‖ and
  /// ‖cof F‖, which are convex in H, and no other part than −n J concave in ln J.
  public var isConvexInHenckyStrain: Bool {
    potential.architecture.polyconvex && !potential.architecture.seesVolume
  }
}
