import Glibc

/// Rate-and-state friction with the ageing law: T ≤ N μ,
/// μ = μ₀ + a ln(v/v₀) + b ln(v₀θ/D_c), dθ/dt = 1 − vθ/D_c.
///
/// v is the slip rate in m/s, θ the age of the contact in s. A batch's `variable` is ψ = ln(v₀θ/D_c), so that a
/// fresh contact (zero) is one that has long slid at v₀. In μ, v counts as no less than `restRate`: the
/// logarithm has no value at rest. No tension; μ is never negative.
/// Sources: Dieterich, J. Geophys. Res. 84 (1979); Ruina, J. Geophys. Res. 88 (1983).
public struct RateAndState: InterfaceLaw, Equatable {
  /// μ₀: steady friction at v₀.
  public let friction: Double
  /// a and b: growth of friction with rate, and with age.
  public let direct: Double, evolution: Double
  /// D_c, m; v₀ and the rate that stands for rest, m/s.
  public let length: Double, rate: Double, restRate: Double

  /// - Parameter restRate: v₀/1000 unless given.
  /// - Throws: `ContactError` unless μ₀, a, b ≥ 0 and D_c, v₀, rest rate > 0.
  public init(
    friction: Double, direct: Double, evolution: Double, length: Double, rate: Double,
    restRate: Double? = nil
  ) throws(ContactError) {
    for (name, value) in [("friction", friction), ("a", direct), ("b", evolution)] {
      guard value >= 0, value.isFinite else {
        throw ContactError("\(name) is \(value); give a number that is not negative")
      }
    }
    try checkPositive("D_c", length, "m")
    try checkPositive("reference slip rate", rate, "m/s")
    try checkPositive("slip rate at rest", restRate ?? rate, "m/s")
    (self.friction, self.direct, self.evolution) = (friction, direct, evolution)
    (self.length, self.rate, self.restRate) = (length, rate, restRate ?? 1e-3 * rate)
  }

  /// μ at a slip rate (m/s, either sign) and ψ.
  public func friction(rate v: Double, variable psi: Double) -> Double {
    max(friction + direct * log(max(abs(v), restRate) / rate) + evolution * psi, 0)
  }

  /// ψ after dt s at a constant slip rate v: exact, θ relaxes to D_c/v, or grows by dt at rest.
  public func advanced(_ psi: Double, rate v: Double, dt: Double) -> Double {
    let x = abs(v) * dt / length
    let gain = x > 0 ? -expm1(-x) / x : 1
    // With θ in units of D_c/v₀.
    return log(exp(psi - x) + rate * dt / length * gain)
  }

  /// Friction alone: nothing breaks.
  public var hasBond: Bool { false }

  /// As the type says.
  public func strength(_ batch: inout InterfaceBatch) {
    for i in 0..<batch.count {
      let mu = friction(rate: batch.slipRate[i], variable: batch.variable[i])
      batch.shearStrength[i] = max(batch.normal[i], 0) * mu
      batch.tensileStrength[i] = 0
    }
  }

  /// Ages the contacts over dt s, each at its own rate.
  public func advance(_ batch: inout InterfaceBatch, dt: Double) {
    for i in 0..<batch.count {
      batch.variable[i] = advanced(batch.variable[i], rate: batch.slipRate[i], dt: dt)
    }
  }
}
