import Contact

/// The balance of linear momentum of all free blocks in the last step, term by term as the equations had it.
///
/// With ṗ = Σ m a of the free blocks and F the sum of all forces from outside, at the beginning (0) and at the end (1) of
/// a step, the scheme's equation of motion is
///
///     (1 − α_m) ṗ₁ + α_m ṗ₀ = (1 − α_f) F₁ + α_f F₀,   F₁ = border + supports + outer,
///
/// and momentum itself goes by p₁ = p₀ + dt ((1 − γ) ṗ₀ + γ ṗ₁) (times the part of velocities that is carried). With the
/// default scheme, spectral radius 0, that is 2 ṗ₁ − ṗ₀ = F₁: forces of the end of the step alone enter. F₀ is what the step
/// before ended with; ṗ₀ what it left, where a blow counts as impulse if the length of steps has changed.
public struct MomentumBalance: Sendable, Equatable, Codable {
  /// ṗ₀ and ṗ₁, N.
  public internal(set) var rateAtStart = Point(), rateAtEnd = Point()
  /// F₀, N.
  public internal(set) var forceAtStart = Point()
  /// Forces of border points at the end of the step, N.
  public internal(set) var border = Point()
  /// Forces of contacts with fixed blocks, held points, bolts to the ground and viscous boundaries, N.
  public internal(set) var supports = Point()
  /// Weight, loads, water and the ground's acceleration, N.
  public internal(set) var outer = Point()
  /// α_m and α_f of the scheme.
  public internal(set) var alphaMass = 0.0, alphaForce = 0.0

  /// All zero.
  public init() {}

  /// All forces from outside at the end of the step, N.
  public var forceAtEnd: Point { border + supports + outer }

  /// What the equation leaves, N: rounding, and the residual that `accuracy` permits.
  public var residual: Point {
    let rate = (1 - alphaMass) * rateAtEnd + alphaMass * rateAtStart
    return rate - (1 - alphaForce) * forceAtEnd - alphaForce * forceAtStart
  }
}
