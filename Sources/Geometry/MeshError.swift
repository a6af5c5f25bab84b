/// What is wrong with a mesh, a mesh file or the numbers given to a mesh generator.
public struct MeshError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Where: `plate.msh:41`, `cell 12 of block 'body'`, `box`.
  public let place: String
  /// What is wrong, with the value found.
  public let what: String
  /// What to do about it.
  public let remedy: String

  /// From its parts.
  public init(_ place: String, _ what: String, _ remedy: String) {
    self.place = place
    self.what = what
    self.remedy = remedy
  }

  /// `place: what; remedy`, on one line.
  public var description: String {
    String("\(place): \(what); \(remedy)".map { $0.isNewline ? " " : $0 })
  }
}
