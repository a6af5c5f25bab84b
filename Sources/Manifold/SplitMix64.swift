import Glibc

/// A small seeded generator: the same seed gives the same numbers on every machine.
///
/// Source: Steele, Lea & Flood, OOPSLA 2014 (SplitMix).
public struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// Starts the sequence of a seed.
  public init(seed: UInt64) { state = seed }

  /// The next 64 bits, all values equally likely.
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// Uniform in [a, b).
  public mutating func uniform(_ a: Double, _ b: Double) -> Double {
    a + (b - a) * (Double(next() >> 11) * 0x1p-53)
  }

  /// Normal with the given mean and standard deviation (Box and Muller).
  public mutating func normal(_ mean: Double, _ deviation: Double) -> Double {
    let radius = (-2 * log(1 - uniform(0, 1))).squareRoot()
    return mean + deviation * radius * cos(2 * .pi * uniform(0, 1))
  }
}
