import FixedPoint

/// What happened in one window.
public struct WindowRecord: Sendable, Equatable, Codable {
  /// Beginning and length, s.
  public var start: Double, length: Double
  /// Sweeps, and how the worst measure fell; one sweep in an explicit scheme.
  public var convergence: ConvergenceRecord
  /// Why earlier tries with longer windows were refused.
  public var rejections: [String] = []
  /// What a participant said that could not go on.
  public var failure: String?
  /// Quasi-Newton steps that were not taken, dropped differences.
  public var refusals = 0, dropped = 0

  /// Of a window.
  public init(start: Double, length: Double, convergence: ConvergenceRecord) {
    (self.start, self.length, self.convergence) = (start, length, convergence)
  }

  /// Whether the window was done.
  public var converged: Bool { convergence.converged && failure == nil }
  /// Sweeps.
  public var iterations: Int { convergence.iterations }
}

/// Work done on the two ends of an interface, J: ∫ f · du by the trapezoidal rule over each end's own steps, with the forces
/// that it says it had.
public struct InterfaceWork: Sendable, Equatable, Codable {
  /// Of the interface.
  public var name: String
  /// On the first and the second participant.
  public var first = 0.0, second = 0.0
  /// Sum of the magnitudes of work over all windows, for comparison.
  public var exchanged = 0.0

  /// Nothing yet.
  public init(name: String) { self.name = name }

  /// What the interface gave to both together: energy that it did not conserve.
  public var created: Double { first + second }
}

extension Interface {
  /// Whether displacement and force at its ends make work.
  var hasWork: Bool {
    switch exchange {
    case .dirichletNeumann, .robin: true
    case .overlapping, .globalLocal: false
    case .fields(let flows): flows.contains { $0.field == .force || $0.field == .displacement }
    }
  }
}
