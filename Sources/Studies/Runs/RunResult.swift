/// The history of one probe.
public struct ProbeHistory: Sendable, Equatable {
  /// Name given in the case, and unit.
  public var name: String, unit: String
  /// One value per step or output time.
  public var values: [Double]

  /// From its parts.
  public init(name: String, unit: String, values: [Double]) {
    (self.name, self.unit, self.values) = (name, unit, values)
  }
}

/// What a run of a case of any kind leaves: what the command line prints, and what `verify` compares.
public protocol RunResult: Sendable {
  /// Whether everything that was asked for was reached, and every step of it settled.
  var converged: Bool { get }
  /// The probes.
  var probes: [ProbeHistory] { get }
  /// Linear systems (or iterations of the linear solver) of every accepted step.
  var stepIterations: [Int] { get }
  /// What a person should know although the run did its work; one line each.
  var warnings: [String] { get }
  /// Figures of `run --json`.
  var json: JSONValue { get }
  /// A few lines for people.
  var summary: String { get }
  /// Why it did not converge, in one line; nil where it did.
  var failure: String? { get }
  /// The values of a probe after steps 1, 2, …
  func stepValues(of probe: ProbeHistory) -> [Double]
}

extension RunResult {
  /// The values as they are.
  public func stepValues(of probe: ProbeHistory) -> [Double] { probe.values }
}
