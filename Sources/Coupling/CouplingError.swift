/// What is wrong with a coupling, where, and what to do: one line.
public struct CouplingError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The part that is wrong ("interface 1"), what is wrong with it, and the remedy.
  public let place: String, problem: String, remedy: String

  /// By its three parts.
  public init(_ place: String, _ problem: String, _ remedy: String) {
    (self.place, self.problem, self.remedy) = (place, problem, remedy)
  }

  /// Place, problem and remedy, one line.
  public var description: String { "\(place): \(problem); \(remedy)" }
}
