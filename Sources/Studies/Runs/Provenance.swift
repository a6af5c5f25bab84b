import Foundation

/// What every result file says about how it came to be.
public struct Provenance: Sendable, Equatable {
  /// Version of this program.
  public static let programVersion = "0.1.0"

  /// Version of the program that wrote the file.
  public var version = Provenance.programVersion
  /// Seed of whatever was drawn at random; 0 where nothing was.
  public var seed: Int = 0
  /// Wall time of the computation, s.
  public var seconds: Double
  /// Citation of the data behind the file, where there are any.
  public var citation: String

  /// From its parts.
  public init(seed: Int = 0, seconds: Double, citation: String = "") {
    self.seed = seed
    self.seconds = seconds
    self.citation = citation
  }
}

/// Wall time since it was made.
struct Stopwatch {
  private let start = ContinuousClock.now

  /// Seconds so far.
  var seconds: Double {
    let d = ContinuousClock.now - start
    return Double(d.components.seconds) + 1e-18 * Double(d.components.attoseconds)
  }
}

/// How far a computation has come: a fraction from 0 to 1 and a few words. Libraries never print;
/// they call this.
public typealias Progress = (_ fraction: Double, _ what: String) -> Void
