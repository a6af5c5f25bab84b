import Glibc

/// How a step goes from displacement to velocity and acceleration: Newmark's formulas with the equation of
/// motion taken between the ends of the step (generalised-α: Chung & Hulbert, J. Appl. Mech. 60 (1993)).
///
///     D = dt v₀ + dt² ((½ − β) a₀ + β a₁),   v₁ = v₀ + dt ((1 − γ) a₀ + γ a₁),
///     M ((1 − α_m) a₁ + α_m a₀) = (1 − α_f) F₁ + α_f F₀
public struct TimeScheme: Sendable, Equatable {
  /// Newmark's β and γ; α_m and α_f weight the beginning of the step.
  public let beta: Double, gamma: Double, alphaMass: Double, alphaForce: Double

  /// Shi's scheme, β = ½, γ = 1: exact for constant acceleration, damps w dt/4 of critical.
  public static let classical = TimeScheme(beta: 0.5, gamma: 1)
  /// β = ¼, γ = ½: keeps the energy of linear systems.
  public static let trapezoidal = TimeScheme(beta: 0.25, gamma: 0.5)

  /// Newmark's scheme.
  public init(beta: Double, gamma: Double) {
    (self.beta, self.gamma, alphaMass, alphaForce) = (beta, gamma, 0, 0)
  }

  /// Generalised-α of second order with the least damping of low frequencies for a given spectral radius ρ
  /// at infinite frequency, 0 (a contact that closes is quiet after a step) to 1 (nothing is damped).
  public init(spectralRadius rho: Double) {
    precondition(rho >= 0 && rho <= 1, "a spectral radius of \(rho) is not between 0 and 1")
    alphaMass = (2 * rho - 1) / (rho + 1)
    alphaForce = rho / (rho + 1)
    let a = 1 - alphaMass + alphaForce
    beta = 0.25 * a * a
    gamma = a - 0.5
  }

  /// What multiplies M in the matrix of the step, and force in it: A = mass M + force K.
  func weights(_ dt: Double) -> (mass: Double, force: Double) {
    ((1 - alphaMass) / (beta * dt * dt), 1 - alphaForce)
  }

  /// Inertia that the step begins with: M times these weights of velocity and acceleration, on the right side.
  @inline(__always)
  func carriedWeights(_ dt: Double) -> (velocity: Double, acceleration: Double) {
    (
      (1 - alphaMass) / (beta * dt), (1 - alphaMass) * (0.5 - beta) / beta - alphaMass
    )
  }

  /// Velocity and acceleration after a step of displacement D.
  @inline(__always)
  func advance(
    _ D: LanePair, _ v: LanePair, _ a: LanePair, _ dt: Double
  ) -> (velocity: LanePair, acceleration: LanePair) {
    let new = (1 / (beta * dt * dt)) * (D - dt * v - ((0.5 - beta) * dt * dt) * a)
    return (v + (dt * (1 - gamma)) * a + (dt * gamma) * new, new)
  }
}
