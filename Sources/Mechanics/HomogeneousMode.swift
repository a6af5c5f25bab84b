/// The homogeneous deformations of material tests, with directions 1, 2, 3 along the specimen.
public enum HomogeneousMode: String, Sendable, CaseIterable {
  /// Stretch λ along 1; 2 and 3 free and equal.
  case uniaxial
  /// Stretch λ along 1 and 2; 3 free.
  case equibiaxial
  /// Stretch λ along 1, none along 2; 3 free.
  case pureShear = "pure-shear"
  /// Shear γ: x = X + γ Y; nothing is free, and volume does not change.
  case simpleShear = "simple-shear"
  /// Stretches λ along 1 and λ₂ along 2; 3 free.
  case biaxial

  /// Directions (0, 1, 2) whose traction vanishes; they share one stretch.
  public var freeDirections: [Int] {
    switch self {
    case .uniaxial: [1, 2]
    case .equibiaxial, .pureShear, .biaxial: [2]
    case .simpleShear: []
    }
  }

  /// F at stretch λ (for simple shear: at shear γ) with a given stretch of the free directions.
  ///
  /// `second` is λ₂ and only counts in `biaxial`.
  public func deformation(
    _ stretch: Double, second: Double = 1, lateral: Double
  ) -> DeformationGradient {
    switch self {
    case .uniaxial: DeformationGradient(diagonal: stretch, lateral, lateral)
    case .equibiaxial: DeformationGradient(diagonal: stretch, stretch, lateral)
    case .pureShear: DeformationGradient(diagonal: stretch, 1, lateral)
    case .biaxial: DeformationGradient(diagonal: stretch, second, lateral)
    case .simpleShear: DeformationGradient([1, stretch, 0, 0, 1, 0, 0, 0, 1])
    }
  }

  /// The stretch of the free directions that gives the volume ratio J; 1 in simple shear.
  public func lateralStretch(_ stretch: Double, second: Double = 1, volumeRatio J: Double = 1)
    -> Double
  {
    switch self {
    case .uniaxial: (J / stretch).squareRoot()
    case .equibiaxial: J / (stretch * stretch)
    case .pureShear: J / stretch
    case .biaxial: J / (stretch * second)
    case .simpleShear: 1
    }
  }
}

/// What a law answers to a homogeneous deformation.
public struct HomogeneousResponse: Sendable, Equatable {
  /// The deformation.
  public let deformation: DeformationGradient
  /// Energy density, J/m³ of the undeformed body.
  public let energy: Double
  /// Nominal stresses in Pa: P_11 and P_22 (in simple shear P_12 and P_22).
  public let nominal: Double, secondNominal: Double
  /// True stresses in Pa: σ_11 and σ_22 (in simple shear σ_12 and σ_22).
  public let `true`: Double, secondTrue: Double
  /// J.
  public let volumeRatio: Double

  init(_ F: DeformationGradient, _ mode: HomogeneousMode, energy: Double, stress S: [Double]) {
    let P = F.nominalStress(from: S)
    let cauchy = F.cauchyStress(from: S)
    let shear = mode == .simpleShear
    deformation = F
    self.energy = energy
    nominal = shear ? P[1] : P[0]
    secondNominal = P[4]
    `true` = shear ? cauchy[5] * Mandel.halfRoot2 : cauchy[0]
    secondTrue = cauchy[1]
    volumeRatio = F.determinant
  }
}

/// The lateral stretch of a homogeneous deformation was not found.
public struct HomogeneousFailure: Error, Sendable, Equatable, CustomStringConvertible {
  /// The mode, and the stretch at which lateral equilibrium failed.
  public let mode: HomogeneousMode, stretch: Double
  /// Lateral stress left over, Pa.
  public let lateralStress: Double

  /// Mode, stretch and what is left of the lateral stress, one line.
  public var description: String {
    "no lateral equilibrium in \(mode.rawValue) at stretch \(stretch) "
      + "(lateral stress \(lateralStress) Pa left): the law may be unstable there"
  }
}

extension ConstitutiveLaw {
  /// The response of the incompressible material: J = 1 exactly, the pressure follows from the zero
  /// traction on the free direction (in simple shear: on direction 3).
  ///
  /// For a law of the pair C & S; stretches positive (a shear may have any sign).
  public func incompressibleResponse(
    _ mode: HomogeneousMode, _ stretch: Double, second: Double = 1
  ) -> HomogeneousResponse {
    precondition(pair == .rightCauchyGreen, "homogeneous modes need a law of C & S")
    let lateral = mode.lateralStretch(stretch, second: second)
    let F = mode.deformation(stretch, second: second, lateral: lateral)
    let C = F.rightCauchyGreen
    let point = evaluate(strain: C)
    // S − p C⁻¹ with p from S_33 = p C⁻¹_33.
    let inverse = F.inverseRightCauchyGreen
    let p = point.stress[2] / inverse[2]
    let S = (0..<6).map { point.stress[$0] - p * inverse[$0] }
    return HomogeneousResponse(F, mode, energy: point.energy, stress: S)
  }

  /// The response to a given deformation of `mode`, whatever stress it leaves on the free faces.
  public func response(
    _ mode: HomogeneousMode, _ deformation: DeformationGradient
  ) -> HomogeneousResponse {
    precondition(pair == .rightCauchyGreen, "homogeneous modes need a law of C & S")
    let point = evaluate(strain: deformation.rightCauchyGreen)
    return HomogeneousResponse(deformation, mode, energy: point.energy, stress: point.stress)
  }

  /// The response of the compressible law: the stretch of the free directions is found by Newton so
  /// that their traction vanishes to rounding.
  ///
  /// - Throws: `HomogeneousFailure` where there is no such stretch near the incompressible one.
  public func compressibleResponse(
    _ mode: HomogeneousMode, _ stretch: Double, second: Double = 1
  ) throws(HomogeneousFailure) -> HomogeneousResponse {
    precondition(pair == .rightCauchyGreen, "homogeneous modes need a law of C & S")
    let free = mode.freeDirections
    // The unknown is the square of the lateral stretch, in which C is linear.
    var c = mode.lateralStretch(stretch, second: second)
    c *= c
    var correction = Double.infinity
    for _ in 0..<60 {
      let F = mode.deformation(stretch, second: second, lateral: c.squareRoot())
      let point = evaluate(strain: F.rightCauchyGreen)
      guard !free.isEmpty else {
        return HomogeneousResponse(F, mode, energy: point.energy, stress: point.stress)
      }
      let i = free[0]
      let slope = 0.5 * free.reduce(0) { $0 + point.tangent[6 * i + $1] }
      let step = -point.stress[i] / slope
      // Converged when the correction is at rounding, or no longer shrinks once it is tiny.
      let size = (step / c).magnitude
      if size <= 4e-16 || (size < 1e-12 && size >= correction) {
        return HomogeneousResponse(F, mode, energy: point.energy, stress: point.stress)
      }
      guard size.isFinite else { break }
      correction = size
      c = min(max(c + step, 0.25 * c), 4 * c)
    }
    let F = mode.deformation(stretch, second: second, lateral: c.squareRoot())
    let left = evaluate(strain: F.rightCauchyGreen).stress[2]
    throw HomogeneousFailure(mode: mode, stretch: stretch, lateralStress: left)
  }
}

extension DeformationGradient {
  /// C⁻¹ in Mandel order.
  public var inverseRightCauchyGreen: [Double] {
    let c = Mandel.matrix(rightCauchyGreen)
    let cof = [
      c[4] * c[8] - c[5] * c[5], c[0] * c[8] - c[2] * c[2], c[0] * c[4] - c[1] * c[1],
      c[2] * c[1] - c[0] * c[5], c[1] * c[5] - c[4] * c[2], c[5] * c[2] - c[1] * c[8],
    ]
    let det = c[0] * cof[0] + c[1] * cof[5] + c[2] * cof[4]
    let s = Mandel.root2
    return (0..<6).map { ($0 < 3 ? cof[$0] : s * cof[$0]) / det }
  }
}
