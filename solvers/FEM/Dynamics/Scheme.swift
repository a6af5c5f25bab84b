/// How a dynamic model goes from t to t + Δt: an implicit one-step scheme in the displacements.
///
/// Both work on Newmark's formulas (Newmark 1959)
///
///     u' = u + Δt v + Δt² ((½ − β) a + β a'),   v' = v + Δt ((1 − γ) a + γ a')
///
/// and on a balance in which inertia is taken at t' − α_m Δt and all other forces at t' − α_f Δt
/// (α_m = α_f = 0 for Newmark), as weighted means of the forces at both ends:
///
///     M ((1 − α_m) a' + α_m a) + (1 − α_f) q' + α_f q = f(t' − α_f Δt) + g,   q = f_int(u) + C v + R u
public enum Scheme: Sendable, Equatable {
  /// Newmark's scheme: β = ¼, γ = ½ is the trapezoidal rule, of order 2, without damping of its own.
  /// β must be positive and γ at least ½; 2β ≥ γ makes it stable for any Δt in linear problems.
  case newmark(beta: Double = 0.25, gamma: Double = 0.5)
  /// Generalised-α by the spectral radius ρ∞ at infinite frequency, 0…1: of order 2, with the least
  /// damping of low frequencies for the damping ρ∞ per step of what the mesh cannot resolve.
  /// Source: Chung & Hulbert, J. Appl. Mech. 60 (1993), eqs. (17), (18), (25).
  case generalisedAlpha(spectralRadius: Double)

  /// Share of the old state in the inertia of the balance.
  public var alphaM: Double {
    switch self {
    case .newmark: 0
    case .generalisedAlpha(let rho): (2 * rho - 1) / (rho + 1)
    }
  }

  /// Share of the old state in all other forces of the balance.
  public var alphaF: Double {
    switch self {
    case .newmark: 0
    case .generalisedAlpha(let rho): rho / (rho + 1)
    }
  }

  /// Newmark's β.
  public var beta: Double {
    switch self {
    case .newmark(let beta, _): beta
    case .generalisedAlpha:
      0.25 * (1 - alphaM + alphaF) * (1 - alphaM + alphaF)
    }
  }

  /// Newmark's γ.
  public var gamma: Double {
    switch self {
    case .newmark(_, let gamma): gamma
    case .generalisedAlpha: 0.5 - alphaM + alphaF
    }
  }

  func validate() throws(FEMError) {
    switch self {
    case .newmark(let beta, let gamma):
      guard beta > 0, gamma >= 0.5, beta.isFinite, gamma.isFinite else {
        throw FEMError(
          "scheme newmark", "has β = \(beta) and γ = \(gamma)", "give β > 0 and γ of at least 0.5")
      }
    case .generalisedAlpha(let rho):
      guard rho >= 0, rho <= 1 else {
        throw FEMError(
          "scheme generalised-alpha", "has the spectral radius \(rho)", "give one from 0 to 1")
      }
    }
  }
}
