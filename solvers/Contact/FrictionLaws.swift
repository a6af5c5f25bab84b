import Glibc

/// Friction that falls with slip: T ≤ N tan φ(s), tan φ(s) = tan φ_r + (tan φ_p − tan φ_r) e^(−s/L).
///
/// s is the slip so far, in m, of either sign; no tension. Source: the exponential law of joint weakening as in
/// Uenishi & Rice, J. Geophys. Res. 108 (2003), sec. 2, with L its length of decay.
public struct SlipWeakening: InterfaceLaw, Equatable {
  /// tan φ before slip, and after much of it.
  public let peak: Double, residual: Double
  /// L, m: after it, 1/e of the difference is left.
  public let length: Double

  /// - Parameters: φ_p and φ_r in radians, L in m.
  /// - Throws: `ContactError` unless 0 ≤ φ_r ≤ φ_p < 90° and L > 0.
  public init(peak: Double, residual: Double, length: Double) throws(ContactError) {
    try checkAngles("peak", peak, "residual", residual)
    try checkPositive("weakening length", length, "m")
    (self.peak, self.residual, self.length) = (tan(peak), tan(residual), length)
  }

  /// tan φ(s).
  public func friction(slip s: Double) -> Double {
    residual + (peak - residual) * exp(-abs(s) / length)
  }

  /// Friction alone: nothing breaks.
  public var hasBond: Bool { false }

  /// As the type says.
  public func strength(_ batch: inout InterfaceBatch) {
    for i in 0..<batch.count {
      batch.shearStrength[i] = max(batch.normal[i], 0) * friction(slip: batch.slip[i])
      batch.tensileStrength[i] = 0
    }
  }
}

/// Friction that falls with slip rate: tan φ(v) = tan φ_d + (tan φ_s − tan φ_d) / (1 + |v|/v_c).
///
/// v in m/s; half the fall is done at v_c. No tension. Source: Carlson & Langer, Phys. Rev. A 40 (1989), with
/// a residual friction added.
public struct VelocityWeakening: InterfaceLaw, Equatable {
  /// tan φ at rest, and at high rates.
  public let still: Double, fast: Double
  /// v_c, m/s.
  public let rate: Double

  /// - Parameters: φ_s and φ_d in radians, v_c in m/s.
  /// - Throws: `ContactError` unless 0 ≤ φ_d ≤ φ_s < 90° and v_c > 0.
  public init(still: Double, fast: Double, rate: Double) throws(ContactError) {
    try checkAngles("friction at rest", still, "friction at speed", fast)
    try checkPositive("characteristic slip rate", rate, "m/s")
    (self.still, self.fast, self.rate) = (tan(still), tan(fast), rate)
  }

  /// tan φ(v).
  public func friction(rate v: Double) -> Double { fast + (still - fast) / (1 + abs(v) / rate) }

  /// Friction alone: nothing breaks.
  public var hasBond: Bool { false }

  /// As the type says.
  public func strength(_ batch: inout InterfaceBatch) {
    for i in 0..<batch.count {
      batch.shearStrength[i] = max(batch.normal[i], 0) * friction(rate: batch.slipRate[i])
      batch.tensileStrength[i] = 0
    }
  }
}

/// Rough rock joints: τ = σ tan(JRC log₁₀(JCS/σ) + φ_b), σ the normal stress, compression positive, in Pa.
///
/// From σ = JCS on the roughness is sheared off and φ_b is left; at small stress the angle ends at
/// `largestAngle`. No tension. Source: Barton & Choubey, Rock Mechanics 10 (1977).
public struct BartonBandis: InterfaceLaw, Equatable {
  /// Joint roughness coefficient, 0 (smooth) to 20; degrees per decade of stress.
  public let roughness: Double
  /// Joint wall compressive strength JCS, Pa.
  public let wallStrength: Double
  /// φ_b, radians; largest total angle, radians.
  public let basicAngle: Double, largestAngle: Double

  /// - Parameter largestAngle: 70° unless given, as Barton & Choubey advise.
  /// - Throws: `ContactError` unless JRC is in 0…20, JCS > 0 and 0 ≤ φ_b ≤ largest angle < 90°.
  public init(
    roughness: Double, wallStrength: Double, basicAngle: Double,
    largestAngle: Double = 70 * .pi / 180
  ) throws(ContactError) {
    guard roughness >= 0, roughness <= 20 else {
      throw ContactError("joint roughness coefficient is \(roughness); give a number from 0 to 20")
    }
    try checkPositive("joint wall strength", wallStrength, "Pa")
    try checkAngles("largest angle", largestAngle, "basic friction", basicAngle)
    (self.roughness, self.wallStrength) = (roughness, wallStrength)
    (self.basicAngle, self.largestAngle) = (basicAngle, largestAngle)
  }

  /// tan of the angle at a normal stress in Pa (above zero).
  public func friction(stress: Double) -> Double {
    let decades = max(log10(wallStrength / stress), 0)
    return tan(min(basicAngle + roughness * decades * .pi / 180, largestAngle))
  }

  /// Friction alone: nothing breaks.
  public var hasBond: Bool { false }

  /// As the type says, the force spread over the contact's length at a thickness of 1 m.
  public func strength(_ batch: inout InterfaceBatch) {
    for i in 0..<batch.count {
      let N = batch.normal[i]
      batch.shearStrength[i] = N > 0 ? N * friction(stress: N / batch.length[i]) : 0
      batch.tensileStrength[i] = 0
    }
  }
}

func checkAngles(
  _ name: String, _ upper: Double, _ other: String, _ lower: Double
) throws(ContactError) {
  guard lower >= 0, upper >= lower, upper < .pi / 2 else {
    throw ContactError(
      "\(name) is \(upper) rad and \(other) \(lower) rad; give 0 ≤ \(other) ≤ \(name) < 90°")
  }
}

func checkPositive(_ name: String, _ value: Double, _ unit: String) throws(ContactError) {
  guard value > 0, value.isFinite else {
    throw ContactError("\(name) is \(value) \(unit); give a positive number")
  }
}
