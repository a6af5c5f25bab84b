/// Why two interfaces cannot be mapped, where, and what to do: one line.
public struct MappingError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The interfaces or the option that is wrong ("interfaces 'fluid' and 'solid'"), what is wrong, and
  /// the remedy.
  public let place: String, problem: String, remedy: String

  /// By its three parts.
  public init(_ place: String, _ problem: String, _ remedy: String) {
    self.place = place
    self.problem = problem
    self.remedy = remedy
  }

  /// Place, problem and remedy, one line.
  public var description: String { "\(place): \(problem); \(remedy)" }
}
